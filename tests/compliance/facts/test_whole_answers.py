"""Answers in which a provider accepts and something contradicts itself, and harmless ones beside them.

A row is a title with its source, what is declared beside the usual person, and the answers of the case. Nothing in
``CONTRADICTIONS`` may be approved automatically, and all of ``HARMLESS`` has to be.
"""

from collections.abc import Sequence

import pytest

from tests.compliance.facts.accepted_answers import (
    NAME,
    Answer,
    advance_ai,
    bank131,
    blocked_by,
    btc_direct,
    checkout,
    preventor,
)

Row = tuple[str, dict[str, str], Sequence[Answer]]
"""Source, what is declared beside the usual person, and the answers."""
ID = {"document_type": "ID", "document_number": "IE4455667"}
LICENCE = {"document_type": "Driving licence", "document_number": "D7788990"}
PESEL, PESEL_OF_A_MAN, PESEL_OF_1985 = "90030412342", "90030412359", "85081512349"
USUAL_STATES = {"code": "P<", "state": "SVN", "nationality": "SVN"}
ERROR = {"process": "PHOTO_MATCHING", "code": None, "message": "The face was not compared."}


def zone(
    name: str = "NOVAK<<EVA", birth: str = "9003048", sex: str = "F", expiry: str = "3305016", **states: str
) -> dict[str, str]:
    """The machine-readable lines of the usual passport, with right check digits."""
    code, state, nationality = (states.get(key, usual) for key, usual in USUAL_STATES.items())
    first = f"{code}{state}{name}".ljust(44, "<")
    second = f"PB12345676{nationality}{birth}{sex}{expiry}".ljust(42, "<") + "0"
    signs = (int(sign, 36) if sign != "<" else 0 for sign in second[:10] + second[13:20] + second[21:])
    composite = sum(sign * (7, 3, 1)[at % 3] for at, sign in enumerate(signs)) % 10
    return {"document_mrz": f"{first}\n{second}{composite}"}


CONTRADICTIONS: dict[str, Row] = {
    # --- Checkout.com
    "a last name of another person in the second document": (
        "object of documents: last_name",
        {},
        [checkout({}, {**ID, "first_names": "Eva", "last_name": "Kovač"})],
    ),
    "first names of another person beside the full name": (
        "object of verified_identity: first_names",
        {},
        [checkout(identity={"first_names": "Ivana Maria"})],
    ),
    "a personal number of a man in a document of a woman": (
        "PESEL: the tenth digit of a man is odd",
        {},
        [checkout({**ID, "document_issuing_country": "PL", "gender": "F", "personal_number": PESEL_OF_A_MAN})],
    ),
    "a tax number with another birth year": (
        "codice fiscale: characters 7 to 11",
        {},
        [checkout({**ID, "document_issuing_country": "IT", "tax_identification_number": "NVKVEA85C44Z150Q"})],
    ),
    "another personal number in the other document": (
        "object of documents: personal_number; one of a country for life",
        {},
        [
            checkout(
                {"document_issuing_country": "HR", "personal_number": "33392005961"},
                {**ID, "document_issuing_country": "HR", "personal_number": "33392005962"},
            )
        ],
    ),
    "another tax number in the other document": (
        "object of documents: tax_identification_number",
        {},
        [
            checkout(
                {"document_issuing_country": "ES", "tax_identification_number": "54362315K"},
                {**ID, "document_issuing_country": "ES", "tax_identification_number": "X2482300W"},
            )
        ],
    ),
    "an expiry in the machine-readable lines other than the printed one": (
        "ICAO Doc 9303 part 4: both state the expiry",
        {},
        [checkout(zone(expiry="3105010"))],
    ),
    "machine-readable lines that have expired": (
        "ICAO Doc 9303 part 4: both state the expiry",
        {},
        [checkout(zone(expiry="2505015"))],
    ),
    "machine-readable lines of a man in a passport of a woman": (
        "ICAO Doc 9303 part 4: both state the sex",
        {},
        [checkout({"gender": "F"} | zone(sex="M"))],
    ),
    "a passport that is reported as stolen": (
        "field outside the schema; Interpol SLTD",
        {},
        [checkout({"document_status": "reported_stolen"})],
    ),
    "a right to work that has expired": (
        "certifications of the certified verification",
        {},
        [checkout(certifications=[{"type": "diatf", "data": {"right_to_work": "expired"}}])],
    ),
    "a face that is not live": ("object face with a field outside the schema", {}, [checkout(face={"is_live": False})]),
    "two risk labels": ("risk_labels: risky_document_format", {}, [checkout(risk_labels=["risky_document_format"])]),
    "seventeen years old": (
        "Convention on the Rights of the Child, article 1",
        {"birth_date": "2009-03-04"},
        [checkout({"birth_date": "2009-03-04"}, identity={"birth_date": "2009-03-04"})],
    ),
    "a driving licence for a child of nine": (
        "Directive 2006/126/EC: not below 14 anywhere",
        {},
        [checkout({**LICENCE, "document_issue_date": "1999-06-01"})],
    ),
    "a permit obtained before the birth": (
        "permit_obtaining_date",
        {},
        [checkout({**ID, "permit_obtaining_date": "1988-02-02"})],
    ),
    "declared data of another birth date": (
        "declared_data: birth_date",
        {},
        [checkout(declared_data={"name": NAME, "birth_date": "1980-03-04"})],
    ),
    "two birth places": (
        "object of documents: birth_place",
        {},
        [checkout({"birth_place": "Maribor"}, {**ID, "birth_place": "Karachi"})],
    ),
    # --- Preventor
    "a second surname of another person": (
        "fields surname and second_surname",
        {"full_name": "Eva Novak Lima"},
        [preventor({"fullname": "EVA NOVAK LIMA", "surname": "NOVAK", "second_surname": "SOTO"})],
    ),
    "two given names under two keys": (
        "fields given_names and first_name",
        {},
        [preventor({"given_names": "EVA", "first_name": "IVANA"})],
    ),
    "two surnames under two keys": (
        "fields surnames and last_name",
        {},
        [preventor({"surnames": "NOVAK", "last_name": "KOVAC"})],
    ),
    "two full names under two keys": ("fields fullname and full_name", {}, [preventor({"full_name": "IVANA KOVAC"})]),
    "an age of seventeen in the machine-readable reading": (
        "lexical analysis: one field in several readings",
        {},
        [preventor({"age": "36"}, lexical_information={"age": {"visual": "36", "mrz": "17"}})],
    ),
    "an error without a code": ("object error: message", {}, [preventor(error=ERROR)]),
    "a list of errors": ("object error as a list", {}, [preventor(errors=[{"code": "PVT_E0004"}])]),
    "a high risk": ("field risk_code: values unknown", {}, [preventor(risk_code="HIGH")]),
    "an id number of a man beside the card's number": (
        "CURP: character 11",
        {"full_name": NAME},
        [
            preventor(
                {
                    "document_issuing_country": "MX",
                    "gender": "F",
                    "document_number": "IDMEX1234567",
                    "id_number": "NOEE900304HDFVVV01",
                }
            )
        ],
    ),
    "two issuing countries of one card": (
        "field document_issuing_country in two sections",
        {},
        [preventor(document_information={"document_number": "Z9912345", "document_issuing_country": "CO"})],
    ),
    "two expiry dates of one card": (
        "field document_expiration_date in two sections",
        {},
        [preventor(document_information={"document_number": "Z9912345", "document_expiration_date": "2029-01-31"})],
    ),
    # --- ADVANCE.AI
    "parts of a name that are not those of the full name": (
        "docDatabaseDetail of AR_DNI: fullName, firstName, lastName",
        {},
        [advance_ai({"firstName": "IVANA", "lastName": "NOVAK"})],
    ),
    "another number typed than the register returned": (
        "inputParameters: numberValue",
        {},
        [advance_ai(inputParameters={"region": "ARG", "numberType": "DNI", "numberValue": "27654322"})],
    ),
    "a number of a man for a woman": (
        "South African identity number: digits 7 to 10",
        {},
        [advance_ai({"numberValue": "9003045234080", "gender": "FEMALE"}, "ZA_SAID", "ZAF")],
    ),
    "two birth dates under two keys": (
        "birthday, and dateOfBirth of the sibling",
        {},
        [advance_ai({"dateOfBirth": "1980-03-04"})],
    ),
    "a hidden number that cannot be the same": (
        "DocDatabaseDetail: bvn, masked",
        {},
        [advance_ai({"numberValue": "22*******07", "bvn": "22*******08"}, "NG_BVN", "NGA")],
    ),
    "a tax number of another document number": (
        "CUIL: digits 3 to 10 are the DNI",
        {},
        [advance_ai({"taxId": "27-28111222-3", "taxIdType": "CUIL"})],
    ),
    "a register of another country": (
        "countryCodeIso3 and numberTypeInfo.region",
        {},
        [advance_ai(countryCodeIso3="CHL")],
    ),
    "an older result that failed": ("idvResult: deprecated alias of overallResult", {}, [advance_ai(idvResult="FAIL")]),
    "a pass before the submission was complete": ("submissionCompleted", {}, [advance_ai(submissionCompleted=False)]),
    "a number that the register did not confirm": (
        "verification: numberValue",
        {},
        [advance_ai({"verification": {"fullName": "pass", "numberValue": "fail"}})],
    ),
    # --- Bank131 and BTC Direct beside an answer that confirms the person
    "a document that the bank calls invalid in Russian": (
        "data.description: free text, English or Russian",
        {},
        [checkout(), bank131({"description": "Паспорт недействителен"})],
    ),
    "a remark of the bank that nothing was found": (
        "data.description: free text, English or Russian",
        {},
        [checkout(), bank131({"description": "не найден"})],
    ),
    "a warning of the bank": (
        "field outside the schema",
        {},
        [checkout(), bank131(warnings=["document on the list of lost ones"])],
    ),
    "a red answer of the reviewer": (
        "object data; Sumsub: reviewAnswer",
        {},
        [checkout(), btc_direct(data={"reviewAnswer": "RED"})],
    ),
    "labels of a rejection": (
        "object data; Sumsub: rejectLabels",
        {},
        [checkout(), btc_direct(data={"rejectLabels": ["SELFIE_MISMATCH_2"]})],
    ),
    "an error of the liveness step": (
        "object data with a field outside the schema",
        {},
        [checkout(), btc_direct(data={"error": "camera blocked"})],
    ),
    # --- two answers
    "the same passport with another expiry at another provider": (
        "one number has one expiry",
        {},
        [checkout({"document_issuing_country": "PE"}), preventor({"document_number": "PB1234567", "type": "PASSPORT"})],
    ),
    "a personal number other than the register's": (
        "South African identity number, printed and in the register",
        {},
        [
            checkout({**ID, "document_issuing_country": "ZA", "personal_number": "9003041234092"}),
            advance_ai({"numberValue": "9003041234084"}, "ZA_SAID", "ZAF"),
        ],
    ),
    "another sex at another provider": (
        "gender of both",
        {},
        [checkout({"gender": "F"}), advance_ai({"gender": "MALE"})],
    ),
    # --- found in a second round
    "a second reviewer who overturned the result": (
        "field outside the schema",
        {},
        [checkout(audit={"result": "overturned"})],
    ),
    "hits on a watchlist": ("field outside the schema", {}, [checkout(watchlist={"hits": 2})]),
    "a copy of a document": ("field outside the schema", {}, [checkout({"is_copy": True})]),
    "an age of seventeen in a document": ("field outside the schema", {}, [checkout({"age": 17})]),
    "a flag for a minor": ("field outside the schema", {}, [preventor(is_minor=True)]),
    "no adult": ("field outside the schema", {}, [preventor(is_adult=False)]),
    "a politically exposed person": (
        "list with entries that name themselves",
        {},
        [preventor(lists=[{"list": "PEP", "match": True}])],
    ),
    "a match on a watchlist": ("a match is bad there", {}, [preventor(watchlist={"match": "yes"})]),
    "another birth date in the local script": (
        "native_fields: date_of_birth",
        {},
        [preventor({"native_fields": {"fullname": "EVA NOVAK", "date_of_birth": "1980-03-04"}})],
    ),
    "another sex in the local script": (
        "native_fields: gender",
        {},
        [preventor({"gender": "F", "native_fields": {"gender": "M"}})],
    ),
    "two readings of the second surname": (
        "lexical analysis: one field in several readings",
        {"full_name": "Eva Novak Lima"},
        [
            preventor(
                {"fullname": "EVA NOVAK LIMA"},
                lexical=[{"fieldName": "second_surname", "visual": "LIMA", "mrz": "SOTO"}],
            )
        ],
    ),
    "another register typed than asked": (
        "inputParameters: region and numberType",
        {},
        [advance_ai(inputParameters={"region": "NGA", "numberType": "BVN"})],
    ),
    "another region typed than asked": (
        "inputParameters: region",
        {},
        [advance_ai(inputParameters={"region": "CHL", "numberType": "DNI"})],
    ),
    "another name at the bank": (
        "member outside the schema",
        {},
        [checkout(), bank131({"last_name": "Kovac", "first_name": "Ivan"})],
    ),
    "another birth date at the bank": (
        "member outside the schema",
        {},
        [checkout(), bank131({"participant": {"date_of_birth": "1970-01-02"}})],
    ),
    "a failed status inside the bank's data": (
        "member outside the schema",
        {},
        [checkout(), bank131({"status": "failed"})],
    ),
    "another name in the data of the liveness step": (
        "member outside the schema",
        {},
        [checkout(), btc_direct(data={"person": {"fullName": "Ivan Kovac"}})],
    ),
    "one passport number of two countries": (
        "two countries hardly ever give one number",
        {},
        [checkout(), preventor({"document_number": "PB1234567", "type": "PASSPORT"})],
    ),
    # --- machine-readable zones
    "another issuing state in the machine-readable lines": (
        "ICAO Doc 9303 part 4: positions 3 to 5 of the first line",
        {},
        [checkout(zone(state="D<<"))],
    ),
    "another nationality in the machine-readable lines": (
        "ICAO Doc 9303 part 4: positions 11 to 13 of the second line",
        {},
        [checkout({"nationality": "SI"} | zone(nationality="SYR"))],
    ),
    "another nationality in the machine-readable lines than verified": (
        "ICAO Doc 9303 part 4: positions 11 to 13 of the second line",
        {},
        [checkout(zone(nationality="SYR"), identity={"nationality": "SI"})],
    ),
    "a nationality in the machine-readable lines that is not the issuer's": (
        "a passport is issued by the state of nationality",
        {},
        [checkout(zone(nationality="SYR"))],
    ),
    "the lines of a visa in a passport": ("ICAO Doc 9303 part 7: code V", {}, [checkout(zone(code="V<"))]),
    "the lines of a card in a passport": ("ICAO Doc 9303 part 5: codes A, C, I", {}, [checkout(zone(code="ID"))]),
    "a wrong check digit of the birth date in the lines": (
        "ICAO Doc 9303 part 3 section 4.9",
        {},
        [checkout(zone(birth="9003047"))],
    ),
    "the first of two lines alone": (
        "ICAO Doc 9303 part 4: two lines",
        {},
        [checkout({"document_mrz": zone()["document_mrz"][:44]})],
    ),
    "the lines of a ticket with a wrong check digit": (
        "ICAO Doc 9303 part 3 section 4.9; field of any name",
        {},
        [preventor({"mrz_lines": zone(birth="9003047")["document_mrz"]})],
    ),
    # --- numbers
    "a bank verification number of nine digits": (
        "Nigeria: eleven digits",
        {},
        [advance_ai({"numberValue": "222000123"}, "NG_BVN", "NGA")],
    ),
    "a register number with a wrong check digit": (
        "CPF: the last two digits",
        {},
        [advance_ai({"numberValue": "529.982.247-26", "cpfStatus": "Regular"}, "BR_CPF", "BRA")],
    ),
    "a register number of one digit repeated": (
        "CPF: such numbers are not given",
        {},
        [advance_ai({"numberValue": "111.111.111-11", "cpfStatus": "Regular"}, "BR_CPF", "BRA")],
    ),
    "a register number with a month 19": (
        "NIK: digits 9 and 10",
        {},
        [advance_ai({"numberValue": "3174015319900001"}, "ID_NIK", "IDN")],
    ),
    "a Vietnamese number of another year": (
        "circular 59/2021/TT-BCA: digits 4 to 6",
        {},
        [checkout({**ID, "document_issuing_country": "VN", "personal_number": "001185000001"})],
    ),
    "a Vietnamese number of a man": (
        "circular 59/2021/TT-BCA: digit 4",
        {},
        [checkout({**ID, "document_issuing_country": "VN", "personal_number": "001090000001", "gender": "F"})],
    ),
    "a Sri Lankan number of another day": (
        "digits 3 to 5, plus 500 for women",
        {},
        [checkout({**ID, "document_issuing_country": "LK", "personal_number": "905720001V"})],
    ),
    # --- nationality, names at birth, sex
    "a passport of another state than the nationality": (
        "a passport is issued by the state of nationality",
        {},
        [checkout({"nationality": "IR"})],
    ),
    "an identity card of another state than the nationality": (
        "an identity card is issued by the state of nationality",
        {},
        [checkout({**ID, "document_issuing_country": "PL", "nationality": "MD"})],
    ),
    "two names at birth": (
        "last_name_at_birth of verified_identity and of a document",
        {},
        [checkout({"last_name_at_birth": "Strand"}, identity={"last_name_at_birth": "Berg"})],
    ),
    "another sex in a Russian section": (
        "native_fields: gender",
        {},
        [preventor({"gender": "F", "native_fields": {"gender": "Мужской"}})],
    ),
    "a sex in a language that is not known": (
        "native_fields: gender",
        {},
        [preventor({"gender": "F", "native_fields": {"gender": "xyz"}})],
    ),
    "a suffix of another generation": (
        "II and III",
        {"full_name": "Charles Howard III"},
        [checkout({"full_name": "HOWARD CHARLES II"}, identity={"full_name": "Charles Howard III"})],
    ),
    "another Korean given name": (
        "Ji-hyun and Ji-hoon",
        {"full_name": "Park Ji-hoon"},
        [checkout({"full_name": "박지현"}, identity={"full_name": "Park Ji-hoon"})],
    ),
    "a personal number with a wrong check digit": (
        "PESEL: the last digit; the number is wrong, or was not read well",
        {},
        [checkout({**ID, "document_issuing_country": "PL", "personal_number": "85081512348"})],
    ),
}
HARMLESS: dict[str, Row] = {
    # --- machine-readable zones
    "machine-readable lines with the states in three letters": (
        "ICAO Doc 9303 part 3 section 5",
        {},
        [checkout({"nationality": "SI"} | zone(), identity={"nationality": "SI"})],
    ),
    "machine-readable lines of a person without nationality": (
        "ICAO Doc 9303 part 3 section 5: XXA, XXB",
        {},
        [checkout({"document_type": "Travel Document"} | zone(nationality="XXB"))],
    ),
    "machine-readable lines of a residence permit": (
        "Regulation (EC) 1030/2002: nationality of the holder",
        {},
        [checkout({"document_type": "Residence Permit", "nationality": "SYR"} | zone(code="IR", nationality="SYR"))],
    ),
    # --- numbers
    "a Kazakh number of the person": (
        "order of the minister of justice no. 67 of 2015",
        {},
        [checkout({**ID, "document_issuing_country": "KZ", "personal_number": "900304400007", "gender": "F"})],
    ),
    "a Vietnamese number of the person": (
        "circular 59/2021/TT-BCA: digits 4 to 6",
        {},
        [checkout({**ID, "document_issuing_country": "VN", "personal_number": "001190000001", "gender": "F"})],
    ),
    "a number of a foreigner": (
        "NIE: X, Y or Z",
        {},
        [checkout({**ID, "document_issuing_country": "ES", "personal_number": "X2482300W"})],
    ),
    "a masked number": (
        "hidden digits are not judged",
        {},
        [checkout({**ID, "document_issuing_country": "PL", "personal_number": "9003*******"})],
    ),
    # --- nationality, names at birth, sex
    "a residence permit of another state": (
        "issued to foreigners",
        {},
        [checkout({"document_type": "Residence Permit", "nationality": "IR"})],
    ),
    "an identity card of a state that gives them to foreigners": (
        "Federal Decree-Law no. 9 of 2006, United Arab Emirates",
        {},
        [checkout({**ID, "document_issuing_country": "AE", "nationality": "IN"})],
    ),
    "one name at birth, with given names in one of two places": (
        "last_name_at_birth",
        {},
        [checkout({"last_name_at_birth": "EVA BERG"}, identity={"last_name_at_birth": "Berg"})],
    ),
    "the sex in a Russian section": (
        "native_fields: gender",
        {},
        [preventor({"gender": "F", "native_fields": {"gender": "Женский"}})],
    ),
    "a suffix after the given name": (
        "family name first",
        {"full_name": "Charles Howard III"},
        [checkout({"full_name": "HOWARD CHARLES III"}, identity={"full_name": "Charles Howard III"})],
    ),
    "a Korean name in both scripts": (
        "Revised Romanisation and spelling of the passport",
        {"full_name": "Park Ji-hoon"},
        [checkout({"full_name": "박지훈"}, identity={"full_name": "PARK JIHOON"})],
    ),
    "a Chinese name in both scripts": (
        "pinyin",
        {"full_name": "Zhang Wei"},
        [checkout({"full_name": "张伟"}, identity={"full_name": "Wei Zhang"})],
    ),
    "first names with a middle name": (
        "first_names is a plural",
        {"full_name": "Eva Maria Novak"},
        [
            checkout(
                {"full_name": "Eva Maria Novak"},
                identity={"full_name": "Eva Maria Novak", "first_names": "Eva Maria", "last_name": "Novak"},
            )
        ],
    ),
    "parts without the middle name": (
        "a part is never the whole, and no contradiction",
        {"full_name": "Eva Maria Novak"},
        [
            checkout(
                {"full_name": "Eva Maria Novak"},
                identity={"full_name": "Eva Maria Novak", "first_names": "Eva", "last_name": "Novak"},
            )
        ],
    ),
    "parts in capitals and the family first": (
        "ICAO Doc 9303 part 3: order of the visual zone",
        {},
        [checkout({"full_name": "NOVAK EVA", "first_names": "EVA", "last_name": "NOVAK"})],
    ),
    "a double family name in one part": (
        "hyphen as a blank",
        {"full_name": "Eva Novak-Krall"},
        [
            checkout(
                {"full_name": "EVA NOVAK KRALL", "first_names": "EVA", "last_name": "NOVAK-KRALL"},
                identity={"full_name": "Eva Novak-Krall"},
            )
        ],
    ),
    "a family name with a preposition": (
        "Dutch tussenvoegsel",
        {"full_name": "Eva van der Berg"},
        [
            checkout(
                {"full_name": "EVA VAN DER BERG", "first_names": "EVA", "last_name": "VAN DER BERG"},
                identity={"full_name": "Eva van der Berg"},
            )
        ],
    ),
    "another family name at birth": (
        "last_name_at_birth may differ",
        {},
        [checkout(identity={"last_name": "Novak", "last_name_at_birth": "Kovač"})],
    ),
    "Chinese parts without a blank in the full name": (
        "GB 11643: family name first",
        {"full_name": "李伟"},
        [checkout({"full_name": "李伟", "first_names": "伟", "last_name": "李"}, identity={"full_name": "李伟"})],
    ),
    "Korean parts": (
        "family name first",
        {"full_name": "김민준"},
        [checkout({"full_name": "김민준", "first_names": "민준", "last_name": "김"}, identity={"full_name": "김민준"})],
    ),
    "parts that are null": (
        "engine schema: each except nationality may be null",
        {},
        [
            checkout(
                {"first_names": None, "last_name": None, "gender": ""}, identity={"first_names": None, "gender": ""}
            )
        ],
    ),
    "a personal number of this woman": (
        "PESEL",
        {},
        [checkout({**ID, "document_issuing_country": "PL", "gender": "F", "personal_number": PESEL})],
    ),
    "a tax number of this woman": (
        "codice fiscale",
        {},
        [
            checkout(
                {**ID, "document_issuing_country": "IT", "gender": "F", "tax_identification_number": "NVKVEA90C44Z150N"}
            )
        ],
    ),
    "the same personal number in both documents, with blanks": (
        "one number",
        {},
        [
            checkout(
                {"document_issuing_country": "HR", "personal_number": "33392005961"},
                {**ID, "document_issuing_country": "HR", "personal_number": "333 9200 5961"},
            )
        ],
    ),
    "personal numbers of two countries": (
        "a person with two nationalities has two",
        {},
        [
            checkout(
                {"document_issuing_country": "HR", "personal_number": "33392005961"},
                {**ID, "document_issuing_country": "SI", "personal_number": "0403990505001"},
            )
        ],
    ),
    "a passport and a card with numbers of their own": ("two documents", {}, [checkout({}, ID)]),
    "a birth place with its country": (
        "documents print more or less of a place",
        {},
        [checkout({"birth_place": "Ljubljana"}, {**ID, "birth_place": "LJUBLJANA, SLOVENIJA"})],
    ),
    "a birth place with and without an umlaut": (
        "ICAO Doc 9303 part 3 section 6",
        {},
        [checkout({"birth_place": "Köln"}, {**ID, "birth_place": "KOELN"})],
    ),
    "machine-readable lines of this passport": ("ICAO Doc 9303 part 4", {}, [checkout({"gender": "F"} | zone())]),
    "eighteen years old today": (
        "Convention on the Rights of the Child, article 1",
        {"birth_date": "2008-11-28"},
        [checkout({"birth_date": "2008-11-28"}, identity={"birth_date": "2008-11-28"})],
    ),
    "a driving licence at seventeen": (
        "Directive 2006/126/EC",
        {},
        [checkout({**LICENCE, "document_issue_date": "2007-06-01"})],
    ),
    "no response codes and no labels": ("both may be empty", {}, [checkout(response_codes=[], risk_labels=None)]),
    "a certified verification": (
        "certifications",
        {},
        [
            checkout(
                certifications=[
                    {"type": "diatf", "data": {"level_of_confidence": "medium", "right_to_work": "unlimited"}}
                ]
            )
        ],
    ),
    "both surnames in two keys": (
        "fields surname and second_surname",
        {"full_name": "Eva Novak Lima"},
        [preventor({"fullname": "EVA NOVAK LIMA", "given_names": "EVA", "surname": "NOVAK", "second_surname": "LIMA"})],
    ),
    "a surname that has both, beside the second one": (
        "fields surnames and second_surname",
        {"full_name": "Eva Novak Lima"},
        [
            preventor(
                {"fullname": "NOVAK LIMA EVA", "surnames": "NOVAK LIMA", "second_surname": "LIMA", "first_name": "EVA"}
            )
        ],
    ),
    "an age on the day of the ticket": (
        "field age; the report is older than today",
        {},
        [preventor({"age": "35"}, processed=1740787200000)],
    ),
    "a number of the person beside the number of the card": (
        "fields id_number and document_number",
        {},
        [
            preventor(
                {"document_issuing_country": "PL", "document_number": "ABC123456", "id_number": PESEL, "gender": "F"}
            )
        ],
    ),
    "an empty error": ("object error: all null", {}, [preventor(error={"process": None, "code": None, "message": ""})]),
    "a low risk": ("field risk_code", {}, [preventor(risk_code="LOW", id_proofing_state="OK")]),
    "sections that repeat the card": (
        "two sections about one card",
        {},
        [
            preventor(
                document_information={
                    "document_number": "Z9912345",
                    "document_expiration_date": "2033-01-31",
                    "document_issuing_country": "PER",
                }
            )
        ],
    ),
    "the parts of the full name at the register": (
        "docDatabaseDetail of AR_DNI",
        {},
        [advance_ai({"firstName": "EVA", "lastName": "NOVAK"})],
    ),
    "a tax number of this document number": (
        "CUIL",
        {},
        [advance_ai({"taxId": "27-27654321-6", "taxIdType": "CUIL", "gender": "FEMALE"})],
    ),
    "the number as it was typed": (
        "inputParameters: numberValue",
        {},
        [advance_ai(inputParameters={"region": "ARG", "numberType": "DNI", "numberValue": "27.654.321"})],
    ),
    "a number of the register of banks beside the national one": (
        "DocDatabaseDetail: nin and bvn are two registers",
        {},
        [advance_ai({"numberValue": "22345678907", "nin": "51234567801"}, "NG_BVN", "NGA")],
    ),
    "a number of this woman at the register": (
        "South African identity number",
        {},
        [advance_ai({"numberValue": "9003041234084", "gender": "FEMALE"}, "ZA_SAID", "ZAF")],
    ),
    "a sparse pass": (
        "given examples: keys are missing",
        {},
        [advance_ai(inputParameters=None, submissionCompleted=None)],
    ),
    "a bank that says valid in Russian": (
        "data.description",
        {},
        [checkout(), bank131({"description": "Паспорт действителен"})],
    ),
    "a bank that found nothing among invalid documents": (
        "phrase of the list of the ministry of internal affairs",
        {},
        [checkout(), bank131({"description": "Среди недействительных не значится"})],
    ),
    "an empty error of the bank": ("error: [] counts as absent", {}, [checkout(), bank131(error=[])]),
    "a green answer of the reviewer": (
        "object data; Sumsub: reviewAnswer",
        {},
        [checkout(), btc_direct(data={"reviewAnswer": "GREEN", "rejectLabels": []})],
    ),
    "a passport here and a card there": ("two documents with two expiry dates", {}, [checkout(), preventor()]),
    "a personal number that the register has": (
        "South African identity number",
        {},
        [
            checkout({**ID, "document_issuing_country": "ZA", "personal_number": "900304 1234 084"}),
            advance_ai({"numberValue": "9003041234084"}, "ZA_SAID", "ZAF"),
        ],
    ),
    # --- found in a second round
    "no hits on a watchlist": ("field outside the schema", {}, [checkout(watchlist={"hits": 0, "match": "no match"})]),
    "no copy": ("field outside the schema", {}, [checkout({"is_copy": False})]),
    "a card before the passport": ("two documents in another order", {}, [checkout(ID, {})]),
    "a nationality in two codes": ("ISO 3166", {}, [checkout({"nationality": "SVN"}, identity={"nationality": "SI"})]),
    "an adult": ("field outside the schema", {}, [preventor(is_adult=True, is_minor=False)]),
    "no match on a watchlist": ("a match is bad there", {}, [preventor(watchlist={"match": "no"})]),
    "equal readings of the surname": (
        "lexical analysis: one field in several readings",
        {},
        [
            preventor(
                {"surnames": "NOVAK", "given_names": "EVA"},
                lexical=[{"fieldName": "surnames", "visual": "NOVAK", "mrz": "NOVAK", "status": "OK"}],
            )
        ],
    ),
    "equal readings of the second surname": (
        "lexical analysis: one field in several readings",
        {"full_name": "Eva Novak Lima"},
        [
            preventor(
                {"fullname": "EVA NOVAK LIMA"},
                lexical=[{"fieldName": "second_surname", "visual": "LIMA", "mrz": "LIMA"}],
            )
        ],
    ),
    "a birth date of another calendar in the local script": (
        "native_fields: Buddhist years",
        {},
        [preventor({"native_fields": {"date_of_birth": "2533-03-04", "gender": "หญิง"}})],
    ),
    "a register that leaves out what it does not have": (
        "DocDatabaseDetail: conditional fields",
        {},
        [advance_ai({"phoneNumber": None, "taxId": None, "verification": {"fullName": "pass", "dob": None}})],
    ),
    "a video that was not made": (
        "faceVideoUrl: off by default, and no result",
        {},
        [
            advance_ai(
                faceDetail={
                    "faceResult": "PASS",
                    "faceLivenessScore": 97,
                    "faceSimilarityScore": 93,
                    "faceVideoUrl": "ERROR",
                }
            )
        ],
    ),
    "a Brazilian number with punctuation": (
        "DocDatabaseDetail of BR_CPF",
        {},
        [advance_ai({"numberValue": "529.982.247-25", "cpfStatus": "Regular"}, "BR_CPF", "BRA")],
    ),
    "the same name at the bank": (
        "member outside the schema",
        {},
        [checkout(), bank131({"participant": {"reference": "x", "last_name": "NOVAK", "first_name": "EVA"}})],
    ),
    "a token in the data of the liveness step": (
        "data.accessToken",
        {},
        [checkout(), btc_direct(data={"accessToken": "a"})],
    ),
}


@pytest.mark.parametrize("title", CONTRADICTIONS)
def test_a_contradiction_is_never_approved_automatically(title: str) -> None:
    _, declared, answers = CONTRADICTIONS[title]
    assert blocked_by(declared, answers) != []


@pytest.mark.parametrize("title", HARMLESS)
def test_a_harmless_answer_is_approved_automatically(title: str) -> None:
    _, declared, answers = HARMLESS[title]
    assert blocked_by(declared, answers) == []


def test_the_tables_are_large_enough_and_every_row_has_a_source() -> None:
    assert (len(CONTRADICTIONS) >= 65, len(HARMLESS) >= 54) == (True, True)
    assert all(source for source, _, _ in (*CONTRADICTIONS.values(), *HARMLESS.values()))
