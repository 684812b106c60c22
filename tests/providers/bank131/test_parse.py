"""Reading an answer of Bank131: shape, pairing, facts."""

from typing import Any

import pytest

from providers import (
    Outcome,
    ReferenceMismatch,
    UnreadableAnswer,
)
from providers.bank131.parse import parse
from tests.providers.bank131.samples import SEVEN, assessed, payload


def test_details_of_an_answer_are_facts_and_the_banks_text_is_beside_the_code() -> None:
    report = parse(payload("ok"), SEVEN)
    assert report.facts.other == (("The bank's remark", "valid"), ("Recipient", "123"))
    failed = parse(payload("inn-validation-failure"), SEVEN)
    assert assessed(failed).reasons[0].words == "ИНН не относится к этому паспорту"
    assert failed.codes == ("inn_validation_failure",)


@pytest.mark.parametrize("empty", [None, [], {}])
def test_an_empty_member_counts_as_absent(empty: Any) -> None:
    assert assessed(parse({"status": "ok", "data": empty, "error": empty}, SEVEN)).outcome is Outcome.APPROVED


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        "ok",
        7,
        [{"status": "ok"}],
        {"Status": "ok"},
        {"status": None},
        {"status": 1},
        {"status": True},
        {"status": ""},
        {"status": ["ok"]},
        {"status": "ok", "data": "7"},
        {"status": "ok", "data": [7]},
        {"status": "ok", "data": {"id": True}},
        {"status": "ok", "data": {"id": 7.0}},
        {"status": "ok", "data": {"id": ["7"]}},
        {"status": "ok", "error": "none"},
        {"status": "error"},
        {"status": "error", "error": None},
        {"status": "error", "error": {}},
        {"status": "error", "error": {"code": None}},
        {"status": "error", "error": {"code": 5}},
        {"status": "error", "error": {"code": " "}},
        {"status": "error", "error": [{"code": "inn_validation_failure"}]},
    ],
)
def test_another_shape_than_the_documented_one_cannot_be_read(body: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        parse(body, SEVEN)


@pytest.mark.parametrize("name", ["ok", "pending", "inn-validation-failure", "unknown-code", "unknown-status-success"])
@pytest.mark.parametrize("other", ["8", 8, "07", "7 ", "abc"])
def test_an_answer_about_another_check_is_never_taken(name: str, other: Any) -> None:
    body = payload(name)
    body["data"]["id"] = other
    with pytest.raises(ReferenceMismatch):
        parse(body, SEVEN)
