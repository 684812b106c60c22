"""Values of an answer that no other part of its report shows."""

import pytest

from providers import Attempt, Evidence, EvidenceKind, Facts, Kind, Reason, Report, Source
from providers.contract.further_values import add_further_values, label_of
from providers.contract.list_caps import LONGEST_TEXT, MOST

FACTS = Facts(
    full_name="Ada Maria Example",
    nationality="SE",
    address="Main Street 4, 27100 Ystad",
    other=(("Remark", "seen by a person"),),
    private=(("document_number", "PN-771122"),),
    also=(Source(name="second document", facts=Facts(document_number="RP000007")),),
)
REPORT = Report(
    provider="checkout_com",
    kind=Kind.IDENTITY,
    reference="idv_12345",
    status="approved",
    codes=("61301",),
    facts=FACTS,
    attempts=(Attempt(id="iatp_1", status="completed"),),
    evidence=(Evidence(kind=EvidenceKind.SELFIE, label="face", url="https://files.example/a.png?sig=1"),),
    request_id="request-9",
)
REASONS = (Reason(code="62304", summary="Face mismatch."),)


@pytest.mark.parametrize(
    ("payload", "lines"),
    [
        ({"id": "idv_12345", "status": "approved", "request": "request-9"}, []),
        ({"name": "ADA  Maria", "state": "SE", "zip": "27100", "number": "RP000007", "code": 62304}, []),
        ({"face": "https://files.example/a.png", "attempt": {"id": "iatp_1", "was": "completed"}}, []),
        ({"gone": None, "empty": "  ", "list": [], "object": {}, "cut": "[removed]"}, []),
        ({"image": "[picture, 12 bytes, sha256 00]", "known": "xyz"}, []),
        # Short texts and parts of words are not taken for another value.
        ({"zone": "4"}, [("Zone", "4")]),
        ({"level": "Mar"}, [("Level", "Mar")]),
        ({"level": "Maria Ex"}, [("Level", "Maria Ex")]),
        # A private value that is shown nowhere, and a code that no reason explains.
        ({"personal_number": "PN-771122"}, [("Personal number", "PN-771122")]),
        ({"code": 61301}, [("Code", "61301")]),
        ({"monitored": True, "hit": False, "score": 0.5}, [("Monitored", "yes"), ("Hit", "no"), ("Score", "0.5")]),
        (
            {"check": {"steps": [{"clientIp": "203.0.113.9"}, "other step"]}},
            [("Steps 1, client IP", "203.0.113.9"), ("Steps 2", "other step")],
        ),
    ],
)
def test_values_that_are_shown_nowhere_become_lines(payload: dict[str, object], lines: list[tuple[str, str]]) -> None:
    report, more = add_further_values(REPORT, REASONS, payload, shown_elsewhere=("known",))
    assert (list(report.facts.further), more) == (lines, 0)
    assert report.facts.other == FACTS.other


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("errors.ER124.message", "Errors, ER124, message"),
        (
            "attempts[1].client_information.pre_selected_language",
            "Attempts 2, client information, pre selected language",
        ),
        ("data.docDatabaseDetail.taxIdType", "Doc database detail, tax ID type"),
        ("data[0]", "Data 1"),
        ("check", "Check"),
        ('"a.b".selfie', "A b, selfie"),
    ],
)
def test_a_label_is_the_keys_in_words(path: str, label: str) -> None:
    assert label_of(path) == label


def test_numbers_phones_and_addresses_are_private_by_their_keys() -> None:
    payload = {"account_number": "408178100999", "contact": {"mobile": "600700800"}, "home_address": "Elm 5", "age": 41}
    report, _ = add_further_values(REPORT, (), payload, shown_elsewhere=())
    assert report.facts.private == (
        *FACTS.private,
        ("document_number", "408178100999"),
        ("phone", "600700800"),
        ("address", "Elm 5"),
    )


def test_values_above_the_cap_are_a_number_and_long_texts_are_cut() -> None:
    payload = {"notes": [f"note number {number}" for number in range(MOST["further"] + 7)], "text": "x " * LONGEST_TEXT}
    report, more = add_further_values(REPORT, (), payload, shown_elsewhere=())
    assert (len(report.facts.further), more) == (MOST["further"], 8)
    report, _ = add_further_values(REPORT, (), {"text": "x " * LONGEST_TEXT}, shown_elsewhere=())
    assert len(report.facts.further[0][1]) == LONGEST_TEXT + 1
