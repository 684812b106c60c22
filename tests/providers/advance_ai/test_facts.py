"""Facts of ADVANCE.AI: what the register returned or confirmed, and what is only our own input."""

from typing import Any

import pytest

from providers import Facts
from providers.advance_ai.parse import parse
from tests.providers.advance_ai.samples import SUBJECT, answered, payload_of

SITI = {"numberValue": "3171000000000001", "fullName": "SITI CONTOH", "birthday": "1992/05/09"}


def facts_of(register: str, detail: dict[str, Any], **more: Any) -> Facts:
    typed = {"numberType": register, "region": "IDN"}
    answer = answered(
        overallResult="PASS", errorCode="SUCCESS", docDatabaseDetail={"numberTypeInfo": typed, **detail}, **more
    )
    return parse(answer, SUBJECT).facts


@pytest.mark.parametrize(
    ("register", "entries", "is_echo"),
    [
        ("ID_NIK", None, True), ("ID_NIK", {"fullName": None}, True), ("ID_NIK", {"fullName": "fail"}, True),
        ("ID_NIK", {"fullName": "pass"}, False), ("ID_NIK", {"face": "pass"}, True), ("BR_CPF", None, False),
        ("AR_DNI", None, False), ("ZA_SAID", None, True), ("ZA_SAID", {"fullName": "pass"}, False),
        ("US_NATIONALID", None, True),
    ],
)  # fmt: skip
def test_a_name_is_an_echo_unless_the_register_returns_or_confirms_it(
    register: str, entries: Any, is_echo: bool
) -> None:
    facts = facts_of(register, {**SITI, "verification": entries})
    assert facts.full_name == ("" if is_echo else "SITI CONTOH")
    assert [(one.name, one.is_echo, one.facts.full_name) for one in facts.also] == (
        [("input", True, "SITI CONTOH")] if is_echo else []
    )
    assert facts.birth_date == "1992/05/09"


def test_names_in_parts_come_from_the_register() -> None:
    facts = facts_of("NG_NIN", {"firstName": "ADA", "middleName": "O", "lastName": "EZE", "numberValue": "44********2"})
    assert (facts.full_name, facts.also) == ("ADA O EZE", ())


def test_the_input_is_a_source_where_it_differs() -> None:
    inputs = {"fullName": "PETRA SOMMER", "numberValue": "3171000000000002", "gender": "FEMALE"}
    facts = facts_of("BR_CPF", SITI, inputParameters=inputs)
    assert [(one.name, one.is_echo) for one in facts.also] == [("input", True)]
    assert (facts.also[0].facts.full_name, facts.also[0].facts.document_number) == ("PETRA SOMMER", "3171000000000002")


def test_other_records_inside_the_answer_are_sources() -> None:
    facts = parse(payload_of("pass-number-type-of-another-market"), SUBJECT).facts
    assert [(one.name, one.facts.full_name, one.facts.document_number) for one in facts.also] == [
        ("aadhaar record", "RAVI EXAMPLE", "XXXXXXXX0001")
    ]
    document = {"fullName": "PETRA SOMMER", "expiryDate": "2019/01/31", "idNumber": "B1"}
    found = facts_of("BR_CPF", SITI, docDetail=document).also[0]
    assert (found.name, found.facts.document_expiry, found.is_other_document) == ("document", "2019/01/31", True)


def test_another_number_under_the_registers_own_name_is_a_source() -> None:
    facts = facts_of("NG_BVN", {"numberValue": "22********7", "bvn": "33********7"})
    assert [(one.name, one.facts.document_number) for one in facts.also] == [("BVN entry", "33********7")]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"faceDetail": {"faceResult": "FAIL"}}, [("face detail face result", "FAIL")]),
        ({"faceDetail": {"faceResult": "PASS", "livenessAttackType": 2}}, [("attack type", "2")]),
        ({"faceDetail": {"faceLivenessScore": 12}}, [("liveness score", "12")]),
        ({"faceDetail": {"faceSimilarityScore": 31.5}}, [("similarity score", "31.5")]),
        ({"faceDetail": {"eventDetails": [{"event": "A", "result": "FAIL"}]}}, [("steps result", "FAIL")]),
        ({"faceDetail": {"eventDetails": [{"event": "A", "result": "FAIL"}, {"event": "A", "result": "PASS"}]}}, []),
        ({"docDetail": {"authenticity": "FAKE"}}, [("doc detail authenticity", "FAKE")]),
        ({"faceDetail": {"faceResult": "PASS", "faceLivenessScore": 99, "faceVideoUrl": "ERROR"}}, []),
    ],
)  # fmt: skip
def test_negative_words_of_a_passed_verification_are_named(more: dict[str, Any], expected: list[Any]) -> None:
    assert list(facts_of("BR_CPF", SITI, **more).negatives) == expected


def test_the_text_of_an_exception_contradicts_a_pass() -> None:
    answer = answered(overallResult="PASS", errorCode="SUCCESS")
    found = [parse({**answer, "extra": extra}, SUBJECT).facts.negatives for extra in (None, "", "register timed out")]
    assert found == [(), (), (("exception", "stated"),)]
