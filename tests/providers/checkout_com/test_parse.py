"""Reading a check of Checkout.com: status, lists, ids, times."""

from datetime import UTC, datetime
from typing import Any

import pytest

from providers import (
    Kind,
    Outcome,
    ReferenceMismatch,
    Subject,
    UnreadableAnswer,
)
from providers.checkout_com.mapping import assess
from providers.checkout_com.parse import in_order, moment, parse
from tests.providers.checkout_com.samples import (
    TABLE,
    built,
    documented,
    read_built,
)


@pytest.mark.parametrize(
    "status", [None, "", "  ", 0, 10000, 1.5, True, [], ["approved"], {"value": "approved"}, "x" * 256]
)
def test_what_is_no_word_in_place_of_the_status_is_unreadable(status: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        read_built(Kind.IDENTITY, status)


@pytest.mark.parametrize("key", ["response_codes", "risk_labels"])
@pytest.mark.parametrize("value", [{}, "62304", 62304, True])
def test_codes_and_labels_that_are_no_list_are_unreadable(key: str, value: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        read_built(Kind.IDENTITY, "approved", **{key: value})


@pytest.mark.parametrize("key", ["response_codes", "risk_labels"])
def test_codes_and_labels_may_be_null(key: str) -> None:
    _, assessment = read_built(Kind.FACE, "approved", **{key: None})
    assert assessment.outcome is Outcome.APPROVED


def test_attempts_come_oldest_first_and_their_unknown_statuses_are_marked() -> None:
    entries = documented("identity_declined_two_classes").payload["attempts"]
    assert [entry["status"] for entry in in_order(list(entries))] == ["expired", "completed"]
    report, assessment = read_built(Kind.IDENTITY, "pending", attempts=[("approved", []), ("COMPLETED", [])])
    assert all("not in Checkout.com's documentation" in attempt.summary for attempt in report.attempts)
    assert assessment.outcome is Outcome.PENDING


@pytest.mark.parametrize("reference", ["idv_01k9rbuilt0000000000000002", "IDV_01K9RBUILT0000000000000001", "idv"])
def test_an_answer_about_another_check_is_refused(reference: str) -> None:
    with pytest.raises(ReferenceMismatch):
        parse(built(Kind.IDENTITY, "approved"), Subject(kind=Kind.IDENTITY, reference=reference))


@pytest.mark.parametrize("kind", list(Kind)[:2])
@pytest.mark.parametrize("answer_id", [None, ""])
def test_an_answer_without_its_id_is_a_mismatch(kind: Kind, answer_id: str | None) -> None:
    payload = built(kind, "approved")
    reference = payload["check"]["id"]
    payload["check"]["id"] = answer_id
    with pytest.raises(ReferenceMismatch):
        parse(payload, Subject(kind=kind, reference=reference))
    del payload["check"]["id"]
    with pytest.raises(ReferenceMismatch):
        parse(payload, Subject(kind=kind, reference=reference))


@pytest.mark.parametrize("kind", [Kind.IDENTITY, Kind.FACE, Kind.DOCUMENT, Kind.AML])
def test_the_same_id_without_its_prefix_is_the_same_check(kind: Kind) -> None:
    payload = built(kind, "approved")
    full = payload["check"]["id"]
    bare = full.partition("_")[2]
    for reference, answered in ((full, bare), (bare, full), (bare, bare), (full, full)):
        payload["check"]["id"] = answered
        report = parse(payload, Subject(kind=kind, reference=reference))
        assert (report.reference, assess(report, TABLE).outcome) == (reference, Outcome.APPROVED)


@pytest.mark.parametrize("answered", ["fav_01k9rbuilt0000000000000001", "idv_idv_01k9rbuilt0000000000000001", "idv_"])
def test_an_id_with_the_prefix_of_another_kind_is_another_check(answered: str) -> None:
    payload = built(Kind.IDENTITY, "approved")
    reference = payload["check"]["id"]
    payload["check"]["id"] = answered
    with pytest.raises(ReferenceMismatch):
        parse(payload, Subject(kind=Kind.IDENTITY, reference=reference))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T08:21:47Z", datetime(2026, 3, 2, 8, 21, 47, tzinfo=UTC)),
        ("2026-03-02T08:21:47.39415Z", datetime(2026, 3, 2, 8, 21, 47, 394150, tzinfo=UTC)),
        ("2026-03-02T08:21:47.123456Z", datetime(2026, 3, 2, 8, 21, 47, 123456, tzinfo=UTC)),
        ("2026-03-02T10:21:47+02:00", datetime(2026, 3, 2, 8, 21, 47, tzinfo=UTC)),
        ("2026-03-02T08:21:47", datetime(2026, 3, 2, 8, 21, 47, tzinfo=UTC)),
        ("9999-12-31T23:59:59-14:00", None),
        ("1969-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (1772439707, None),
        (None, None),
    ],
)
def test_times_are_utc_or_nothing(text: Any, expected: datetime | None) -> None:
    assert moment(text) == expected
