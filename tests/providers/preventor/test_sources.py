"""Further sources and negative words of a ticket, in structures that the documentation leaves open."""

from typing import Any

import pytest

from tests.providers.preventor.samples import payload, read, ticket_of

LENA = {"fullname": "LENA HARTWIG", "date_of_birth": "1991-04-17"}
PETRA = {"fullname": "PETRA SOMMER", "date_of_birth": "1975-02-03"}
CARD = {"document_number": "X1234567", "document_expiration_date": "2033-05-01", "document_issuing_country": "PE"}
MRZ = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"


@pytest.mark.parametrize(
    ("ticket", "expected"),
    [
        ({"data": {**LENA, **CARD}}, {}),
        ({"personal": LENA, "document": {**LENA, **CARD}}, {}),
        ({"personalInformation": LENA, "documentInformation": {**PETRA, **CARD}},
         {"document information": {"full_name": "PETRA SOMMER", "birth_date": "1975-02-03"}}),
        ({"personal": LENA, "document": {**CARD, "back": {**CARD, "document_number": "Y7654321"}}},
         {"back": {"document_number": "Y7654321"}}),
        ({"personal": LENA, "sides": [{"side": "FRONT", **CARD}, {"side": "BACK", **CARD, **PETRA}]},
         {"back sides 2": {"full_name": "PETRA SOMMER"}}),
        ({"personal": LENA, "documents": [CARD, {"type": "VISA", "document_expiration_date": "2024-02-01"}]},
         {"documents 2": {"document_expiry": "2024-02-01", "document_type": "VISA"}}),
        ({"data": LENA, "lexical_information": {"date_of_birth": {"visual": "1991-04-17", "mrz": "1975-02-03"}}},
         {"mrz reading": {"birth_date": "1975-02-03"}}),
        ({"data": LENA, "lexicalInformation": [
            {"fieldName": "date_of_birth", "visual": "1991-04-17", "mrz": "1975-02-03", "status": "OK"},
            {"fieldName": "fullname", "visual": "LENA HARTWIG", "barcode": "PETRA SOMMER", "confidence": 99}]},
         {"mrz reading": {"birth_date": "1975-02-03"}, "barcode reading": {"full_name": "PETRA SOMMER"}}),
        ({"data": LENA, "lexical": {"fields": [{"name": "date_of_birth", "source": "CHIP", "value": "1975-02-03"}]}},
         {"chip reading": {"birth_date": "1975-02-03"}}),
        ({"data": {**LENA, "mrz": MRZ}}, {"mrz": {"full_name": "ANNA MARIA ERIKSSON", "document_number": "L898902C3"}}),
        ({"data": {**LENA, "native_fields": {"fullname": "Петра Зоммер", "gender": "ЖЕН"}}},
         {"local script": {"full_name": "Петра Зоммер", "sex": "F"}}),
        ({"data": {**LENA, "native_fields": {"fullname": "李明"}}}, {}),
        ({"data": LENA, "trackedDevice": {"phone": "Pixel"}}, {}),
    ],
)  # fmt: skip
def test_every_object_that_states_facts_is_a_source(ticket: dict[str, Any], expected: dict[str, Any]) -> None:
    facts = read(ticket_of("ACCEPTED", "PASSED", **ticket))[0].facts
    found = {source.name: source.facts for source in facts.also}
    assert list(found) == list(expected)
    for name, stated in expected.items():
        assert {fact: getattr(found[name], fact) for fact in stated} == stated
    assert facts.negatives == ()


def test_only_a_further_element_of_a_list_of_documents_is_another_document() -> None:
    both = {"documents": [CARD, {**CARD, "document_number": "Z1"}], "document": {"back": {"document_number": "Y1"}}}
    found = {one.name: one.is_other_document for one in read(ticket_of("ACCEPTED", **both))[0].facts.also}
    assert found == {"documents 2": True, "back": False}


@pytest.mark.parametrize(
    ("ticket", "expected"),
    [
        ({"id_proofing_state": "WARNING"}, [("id proofing state", "WARNING")]),
        ({"lexical_information": {"id_proofing_results": {"authenticity": "FAILED"}}},
         [("id proofing results authenticity", "FAILED")]),
        ({"id_proofing_results": {"authenticity": 0}}, [("id proofing results authenticity", "0")]),
        ({"idProofingResults": {"permittedIssuingCountry": "NO"}},
         [("id proofing results permitted issuing country", "NO")]),
        ({"id_proofing_results": {"actual_age_out_of_range": "YES"}},
         [("id proofing results actual age out of range", "YES")]),
        ({"documentInformation": {"document_number": "X1", "authentic": False}},
         [("document information authentic", "false")]),
        ({"documentInformation": {"document_number": "X1", "checks": [{"name": "HOLOGRAM", "result": "FAILED"}]}},
         [("hologram result", "FAILED")]),
        ({"documentSection": {"deep": [{"verdict": "TAMPERED"}]}}, [("deep verdict", "TAMPERED")]),
        ({"processFlow": [{"process": "ID_PROOFING", "state": "FAILED"}]}, [("id proofing state", "FAILED")]),
        ({"error": {"process": "PHOTO_MATCHING", "code": "PVT_PM_E001"}}, [("error code", "PVT_PM_E001")]),
        ({"error": {"process": "ID_PROOFING", "code": "PVT_E0001"}}, [("error code", "PVT_E0001")]),
        ({"personal": {"surname": "LOST", "city": "FAKE"}, "ocrValidations": [{"fieldName": "mrz", "required": False}]},
         []),
        ({"trackedDevice": {"rooted": False, "status": "ERROR"}}, []),
    ],
)  # fmt: skip
def test_negative_words_of_an_accepted_ticket_are_named(ticket: dict[str, Any], expected: list[Any]) -> None:
    assert list(read(ticket_of("ACCEPTED", "PASSED", **ticket))[0].facts.negatives) == expected


def test_the_composed_accepted_ticket_has_no_negative_word_and_one_source() -> None:
    facts = read(payload("ticket-accepted-passed"))[0].facts
    assert (facts.negatives, facts.also) == ((), ())


def test_the_date_of_issue_is_a_fact() -> None:
    assert read(payload("ticket-sections"))[0].facts.document_issue == "2021-05-06"
