"""The parts of a Preventor ticket by the names of its keys, how they read, and which values are masked.

The page that announces the ticket names six parts in words only ("summary details, personal information, document
information, lexical information, tracked device, process flow details") and then shows no content. So names are data
here: when a first real answer has other ones, a line in a table below is all that has to change.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

TITLES = {
    "summary": "Summary",
    "personal": "Personal information",
    "document": "Document information",
    "lexical": "Lexical information",
    "device": "Tracked device",
    "process": "Process flow",
}
_FIELDS = {
    "summary": (
        "ticket", "flow_status", "transaction_status", "status", "disposition", "confidence_score", "risk_code",
        "attempts", "remaining_attempts", "cifcod", "cifcode", "flow_type", "flow_id", "created", "processed",
    ),
    "personal": (
        "fullname", "full_name", "given_names", "first_name", "middle_name", "surnames", "surname", "last_name",
        "second_surname", "date_of_birth", "age", "gender", "nationality", "marital_status", "address", "city", "state",
        "zipcode", "address_country", "height", "email", "phone", "phone_number",
    ),
    "document": (
        "document_type", "category", "document_number", "id_number", "document_issuing_country",
        "document_issuing_state", "document_issuing_state_name", "document_place_of_issue", "document_issuing_date",
        "document_expiration_date",
    ),
    "lexical": ("id_proofing_state",),
    "device": ("ip", "ip_address", "user_agent", "device_model", "device_id"),
    "process": ("error", "info_message_error_code", "error_code"),
}  # fmt: skip
PART_OF_FIELD = {name: part for part, names in _FIELDS.items() for name in names}
ORDER = {"type": -1, **{name: position for names in _FIELDS.values() for position, name in enumerate(names)}}
LAST = 99
PART_OF_CONTAINER = {
    name: part
    for part, names in {
        "summary": "summary summary_details ticket_summary",
        "personal": "personal personal_information personal_info personal_data user user_information native_fields",
        "document": "document document_information document_info document_data",
        "lexical": "lexical lexical_information lexical_info lexical_analysis id_proofing_results ocr_validations",
        "device": "device tracked_device device_information device_info tracking",
        "process": "process_flow process_flow_details processes process steps flow_details workflow error errors",
    }.items()
    for name in names.split()
}
# Containers whose name says no more than the title of their part.
NAMELESS = frozenset((*PART_OF_CONTAINER, "flow_steps", "results")) - {
    "native_fields", "ocr_validations", "error", "errors",
}  # fmt: skip
STEPS = frozenset((
    "liveness_detection", "facial_analysis", "photo_matching", "document_detection", "id_proofing", "terms",
    "selfies_biometrics", "selfies_authentication", "document_photos", "otp_email", "otp_phone", "user_confirmation",
    "kyc_onboarding", "signature", "document_viewer", "video", "voice",
))  # fmt: skip
"""Processes and steps of a person, where they are the keys of a process flow."""
ENTRY_NAMES = ("process", "step", "name", "process_name", "step_name", "user_step", "field_name", "type")
DOCUMENT_MARKS = frozenset((
    "id_number", "document_number", "document_issuing_country", "document_expiration_date", "document_issuing_date",
))  # fmt: skip
"""Keys that only an object about a document has."""
ENTRY_STATES = ("disposition", "status", "state", "result", "flow_status", "required")
_LABELS = {
    "flow_status": "Flow",
    "transaction_status": "Result",
    "disposition": "Last step",
    "confidence_score": "Score",
    "remaining_attempts": "Attempts left",
    "cifcod": "Customer key",
    "cifcode": "Customer key",
    "fullname": "Full name",
    "date_of_birth": "Birth date",
    "zipcode": "Postcode",
    "address_country": "Country of residence",
    "document_type": "Type",
    "document_number": "Number",
    "id_number": "Id number",
    "document_issuing_country": "Issuing country",
    "document_issuing_state": "Issuing state",
    "document_issuing_state_name": "Issuing state, name",
    "document_place_of_issue": "Place of issue",
    "document_issuing_date": "Issued",
    "document_expiration_date": "Expires",
    "native_fields": "Local script",
    "general_status": "General",
    "mrz": "Machine-readable lines",
    "id_proofing_state": "Document check",
    "ocr_validations": "Read fields",
    "actual_age_out_of_range": "Age out of range",
    "id_proofing": "ID proofing",
    "info_message_error_code": "Code for the applicant",
    "error": "Failure",
    "errors": "Failure",
    "ip": "IP address",
    "ip_address": "IP address",
    "os": "System",
    "otp_email": "Code by e-mail",
    "otp_phone": "Code by phone",
}


@lru_cache(maxsize=4096)
def snake(key: str) -> str:
    """A key in the tables' spelling: ``ocrValidations`` and ``OCR-Validations`` become ``ocr_validations``."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key.strip())
    return re.sub(r"[\s-]+", "_", spaced).lower()


def label_of(name: str) -> str:
    """A key in words: from the table, else with spaces and a capital."""
    words = _LABELS.get(name) or name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


# --- values that are masked until somebody asks to see them -----------------------------------------------------------

DOCUMENT_NUMBER, PHONE, ADDRESS = "document_number", "phone", "address"
_PHONES = frozenset((
    "phone", "phones", "telephone", "telephones", "mobile", "mobiles", "cell", "cellphone", "cellular", "msisdn",
    "whatsapp", "tel", "telefono", "celular", "movil", "handy", "gsm", "phonenumber", "phoneno", "telephonenumber",
    "mobilenumber", "mobileno", "mobilephone", "contactnumber", "telefon", "telefone",
))  # fmt: skip
_ADDRESSES = frozenset((
    "address", "addresses", "addr", "street", "streets", "zipcode", "zip", "postcode", "postal", "residence",
    "domicile", "dwelling", "direccion", "domicilio", "calle", "fulladdress", "streetaddress", "homeaddress",
    "postaladdress", "postalcode", "addressline", "addressline1", "addressline2", "streetname", "housenumber", "plz",
    "cep", "pincode", "adresse", "strasse", "straat", "endereco", "indirizzo",
))  # fmt: skip
_NOT_OF_A_PLACE = frozenset((
    "ip", "mac", "email", "mail", "web", "wallet", "server", "country", "nationality", "permit",
))  # fmt: skip
"""Beside one of these words an address, a residence is none where somebody lives, or says no more than a country."""
_NOT_A_NUMBER = frozenset(("device", "app", "sdk", "network", "platform", "operator", "version", "os", "model"))
_PARTS_OF_PLACES = frozenset((
    "city", "town", "state", "region", "province", "district", "county", "municipality", "neighborhood", "ciudad",
))  # fmt: skip
_REGISTERS = frozenset((
    "mrz", "mrz1", "mrz2", "mrz3", "barcode", "pdf417", "curp", "dni", "cpf", "rfc", "ssn", "sin", "nin", "bvn",
    "nik", "nif", "nie", "cuit", "cuil", "rut", "cedula", "passport_no", "aadhaar", "nric", "tin", "mrzline",
    "mrzlines", "mrzcode", "mrzdata", "mrztext", "mrzraw", "documentnumber", "documentno", "docnumber", "docno",
    "idnumber", "idno", "idcardnumber", "identitynumber", "passportnumber", "passportno", "personalnumber",
    "personalno", "licencenumber", "licensenumber", "licenceno", "licenseno", "nationalid", "taxid", "personalid",
    "pesel", "bsn",
))  # fmt: skip
_NUMBERS = frozenset((
    "number", "numbers", "no", "nr", "num", "numero", "nummer",
))  # fmt: skip
_DOCUMENTS = frozenset((
    "document", "documents", "doc", "docs", "identity", "identification", "passport", "licence", "license", "card",
    "national", "personal", "tax", "permit", "visa", "driver", "drivers", "driving", "documento", "identidad",
    "pasaporte",
))  # fmt: skip
_PAPERS = frozenset((
    "passport", "id_card", "idcard", "identity_card", "driving_licence", "driving_license", "driver_license",
    "drivers_license", "pasaporte",
))  # fmt: skip
"""Names of papers that stand for their number where a plain value follows."""
_NUMBERED = {"house": ADDRESS, "apartment": ADDRESS, "flat": ADDRESS, "contact": PHONE}
"""Words beside which a number is of this kind."""
_ANY_DOCUMENT = frozenset(("document", "documents", "doc", "docs"))
_LONGEST_NAME = 80
_ABOUT_IT = frozenset((
    "status", "state", "result", "type", "category", "confidence", "score", "required", "valid", "validity", "check",
    "match", "quality", "country", "present", "read", "matched", "similarity",
))  # fmt: skip
"""The label of a masked number or address."""

_NAMES_A_VALUE = frozenset((
    *ENTRY_NAMES, "key", "label", "field", "title", "attribute", "nombre", "campo",
))  # fmt: skip
_HOLDS_A_VALUE = frozenset((
    "value", "values", "text", "content", "contents", "data", "answer", "input", "extracted", "raw", "ocr", "valor",
))  # fmt: skip


def called_beside(name: str, item: Mapping[str, Any]) -> str:
    """What an entry that names its value in a key beside it (``{"name": "phone", "value": ...}``) calls it, in the
    tables' spelling; empty where ``name`` is no key of such a value."""
    if name in _NAMES_A_VALUE or not _words(name) & _HOLDS_A_VALUE:
        return ""
    said = {snake(str(key)): text for key, text in item.items() if isinstance(text, str) and len(text) <= _LONGEST_NAME}
    return snake(next((said[key] for key in said if key in _NAMES_A_VALUE), ""))


@lru_cache(maxsize=4096)
def _words(name: str) -> frozenset[str]:
    if len(name) > _LONGEST_NAME:
        return frozenset()
    return frozenset(re.split(r"[\W_]+", re.sub(r"([a-z])([0-9])", r"\1_\2", name))) | {name}


def private_kind(keys: Sequence[str], beside: Collection[str] = ()) -> str:
    """Which kind of masked value the keys that lead to it name, the outermost first: one of the three, or empty.

    ``keys`` are in the tables' spelling, and so is ``beside``: the names in the object in which the value stands.
    """
    if not keys:
        return ""
    last = keys[-1]
    if last in _PARTS_OF_PLACES:
        near = frozenset().union(*(_words(name) for name in beside))
        if near & _ADDRESSES and "ip" not in near:
            return ADDRESS
    if _words(last) & _ABOUT_IT and not _of_words(_words(last), frozenset()):
        return ""
    if last in _PAPERS:
        return DOCUMENT_NUMBER
    found, above = "", frozenset[str]()
    for name in keys:
        found = _of_words(_words(name), above) or found
        above = _words(name)
    return found


def _of_words(words: frozenset[str], above: frozenset[str]) -> str:
    if words & _PHONES and not words & _NOT_A_NUMBER:
        return PHONE
    if words & _NUMBERS and (numbered := next((kind for word, kind in _NUMBERED.items() if word in words), "")):
        return numbered
    if words & _ADDRESSES and not words & _NOT_OF_A_PLACE:
        return ADDRESS
    # "id" alone is any key of a database; "passport_id" or "national_id" is the number of a person's paper.
    papers = (words | above) & _DOCUMENTS
    is_number = bool(words & _NUMBERS) and bool(papers or "id" in words)
    is_paper = "id" in words and bool(papers - _ANY_DOCUMENT)
    return DOCUMENT_NUMBER if words & _REGISTERS or is_number or is_paper else ""
