"""Placement of a case by its checks: every branch, against expectations written by hand."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from compliance.enums import CaseStatus, Environment, Priority, Queue, SyncState
from compliance.facts import conflicts
from compliance.models import Applicant, Case, Check, DeskPolicy, User
from compliance.routing import placement
from providers import Verdict
from tests.compliance.unsaved import NOW, POLICY, case, check, findings, reason


def placed(subject: Case, *checks: Check, policy: DeskPolicy = POLICY) -> placement.Placement:
    known = placement.Known(policy=policy, findings=findings(subject, checks))
    return placement.place_case(subject, checks, known, now=NOW)


def where(found: placement.Placement) -> tuple[str, str | None, int, bool]:
    return found.status, found.queue, found.priority, found.close


WORST = ["declined", "manual_review", "retry_required", "incomplete", "in_progress", "pending", "approved"]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("declined", ("in_review", "declined", 0, False)),
        ("manual_review", ("in_review", "manual_review", 0, False)),
        ("retry_required", ("in_review", "retry_required", 0, False)),
        ("incomplete", ("in_review", "incomplete", 0, False)),
        ("in_progress", ("waiting", None, 0, False)),
        ("pending", ("waiting", None, 0, False)),
        ("approved", ("waiting", None, 0, True)),
    ],
)
def test_the_outcome_of_an_open_case_places_it(outcome: str, expected: tuple[Any, ...]) -> None:
    for status in (CaseStatus.WAITING, CaseStatus.IN_REVIEW):
        found = placed(case(status), check(outcome))
        assert where(found) == expected
        assert found.outcome == outcome


def test_a_case_without_checks_waits() -> None:
    assert where(placed(case())) == ("waiting", None, 0, False)


def test_a_blocked_check_places_its_case_in_sync_error() -> None:
    found = placed(case(), check("pending", sync=SyncState.BLOCKED, seq=0))
    assert where(found) == ("in_review", "unreadable", 0, False)
    assert found.why == ("Checkout.com sync error", "nobody knows it there.")


def test_another_outcome_has_precedence_over_a_blocked_check() -> None:
    found = placed(case(), check("pending", sync=SyncState.BLOCKED, seq=0), check("declined"))
    assert where(found)[1] == Queue.DECLINED


def test_a_pass_does_not_close_while_another_check_is_blocked() -> None:
    found = placed(case(), check("approved"), check("approved", sync=SyncState.BLOCKED))
    assert where(found) == ("in_review", "unreadable", 0, False)


@pytest.mark.parametrize("failing", [SyncState.FAILING, SyncState.LEASED, SyncState.FINAL])
def test_only_a_blocked_check_counts_as_a_sync_error(failing: str) -> None:
    assert where(placed(case(), check("in_progress", sync=failing))) == ("waiting", None, 0, False)


@pytest.mark.parametrize(
    ("provider", "code", "priority"),
    [
        ("checkout_com", "62304", Priority.SEVERE),
        ("checkout_com", "62403", Priority.SEVERE),
        ("advance_ai", "Holder's Death", Priority.SEVERE),
        ("advance_ai", "LIVENESS_ATTACK", Priority.SEVERE),
        ("advance_ai", "NUMBER_DECEASED", Priority.SEVERE),
        ("advance_ai", "RISK_STRATEGY_HIT", Priority.SEVERE),
        ("checkout_com", "62201", Priority.NORMAL),
        ("bank131", "62403", Priority.NORMAL),
        ("a former provider", "62403", Priority.NORMAL),
    ],
)
def test_fraud_and_deceased_have_severe_priority(provider: str, code: str, priority: int) -> None:
    declined = check("declined", provider=provider, reasons=[reason(code)])
    assert placed(case(), declined).priority == priority


def test_a_severe_reason_of_a_passed_check_does_not_raise_priority() -> None:
    severe = check("approved", reasons=[reason("62304")])
    assert placed(case(), severe, check("incomplete")).priority == Priority.NORMAL


# --- closing by the system --------------------------------------------------------------------------------------------


def facts(name: str, born: str = "") -> dict[str, str]:
    return {"full_name": name, "birth_date": born}


DANA = User(first_name="Dana", last_name="Whitfield")
REVIEW_NEEDED = "All checks passed, but a review is needed"
CLEAN = facts("EXAMPLE ADA", "03.02.1990")


@pytest.mark.parametrize(
    ("changed", "policy", "closes"),
    [
        ({}, {}, True),
        ({"environment": Environment.LIVE}, {}, True),
        ({"environment": Environment.SANDBOX}, {}, False),
        ({}, {"auto_close": False}, False),
        ({}, {"required_kinds": ["identity"]}, True),
    ],
)
def test_automatic_approval_closes_a_clean_pass_only(
    changed: dict[str, Any], policy: dict[str, Any], closes: bool
) -> None:
    rules_now = DeskPolicy(**({"auto_close": True, "required_kinds": []} | policy))
    found = placed(case(**changed), check("approved", facts=CLEAN), policy=rules_now)
    assert found.close == closes
    assert found.queue == (None if closes else Queue.READY)


@pytest.mark.parametrize(
    ("kind", "closes"), [("identity", True), ("document", True), ("database", True), ("face", False)]
)
def test_a_pass_without_an_identity_kind_needs_a_person(kind: str, closes: bool) -> None:
    found = placed(case(), check("approved", kind=kind))
    assert where(found) == (("waiting", None, 0, True) if closes else ("in_review", Queue.MANUAL_REVIEW, 0, False))
    missing = ("All checks passed, but no identity, document or database check", "add one or confirm")
    assert closes or found.why == missing


def test_automatic_approval_needs_every_required_kind() -> None:
    strict = DeskPolicy(auto_close=True, required_kinds=["identity", "aml"])
    assert not placed(case(), check("approved"), policy=strict).close
    assert placed(case(), check("approved"), check("approved", kind="aml"), policy=strict).close


@pytest.mark.promise("P24")
@pytest.mark.parametrize(
    ("read", "why"),
    [
        (facts("Ada Example", "04.02.1990"), "the sources disagree on the birth date"),
        (facts("Eve Example", "03.02.1990"), "the sources disagree on the name"),
        (facts("Eve Example", "04.02.1990"), "the sources disagree on the name and birth date"),
        (
            facts("Eve Example", "1 January"),
            "the sources disagree on the name, and the birth date has to be compared by eye",
        ),
        (facts("عادة", "03.02.1990"), "the name has to be compared by eye"),
        (facts("عادة", "1 January"), "the name and birth date have to be compared by eye"),
    ],
)
def test_a_conflict_of_declared_and_read_data_needs_a_person_and_repeats_no_value(
    read: dict[str, str], why: str
) -> None:
    found = placed(case(), check("approved", facts=read))
    assert where(found) == ("in_review", "manual_review", 0, False)
    assert found.why == (REVIEW_NEEDED, why)


def disagreeing(subject: Case, checks: list[Check]) -> list[str]:
    return [conflict.about for conflict in conflicts.found(subject, checks, today=NOW.date())]


def test_two_checks_that_read_different_people_are_a_conflict() -> None:
    undeclared = case(applicant=Applicant(full_name="Ada Example", birth_date=""))
    pair = [check("approved", facts=facts("", "1990-02-03")), check("approved", facts=facts("", "1980-02-03"))]
    assert disagreeing(undeclared, pair) == ["birth_date"]
    assert not placed(undeclared, *pair).close


def test_a_masked_name_hides_no_conflict_between_two_others() -> None:
    undeclared = case(applicant=Applicant(full_name="", birth_date=""))
    masked = check("approved", provider="bank131", facts=facts("A*** Example"))
    pair = [check("approved", facts=facts("Ada Example")), check("approved", facts=facts("Aaron Example"))]
    assert disagreeing(undeclared, [masked, pair[0]]) == disagreeing(undeclared, [masked, pair[1]]) == []
    assert disagreeing(undeclared, [masked, *pair]) == ["full_name"]


@pytest.mark.promise("P24")
@pytest.mark.parametrize(
    ("expiry", "closes"),
    [
        ("2026-02-28", False),
        ("2026-03-01", True),
        ("28.02.2026", False),
        ("02/2026", False),
        ("03/2026", True),
        ("01/02/2026", False),
        ("permanent", True),
    ],
)
def test_a_document_that_expired_before_today_needs_a_person(expiry: str, closes: bool) -> None:
    found = placed(case(), check("approved", facts=CLEAN | {"document_expiry": expiry}))
    assert found.close == closes
    assert found.why == (("", "") if closes else (REVIEW_NEEDED, "the document has expired"))


@pytest.mark.parametrize("expiry", ["02/03/2026", "not read", "2569-03-01", "20**-03-01"])
def test_a_document_that_may_have_expired_needs_a_person(expiry: str) -> None:
    found = placed(case(), check("approved", facts=CLEAN | {"document_expiry": expiry}))
    assert not found.close
    assert found.why == (REVIEW_NEEDED, "the document may have expired")


@pytest.mark.parametrize(("zone", "closes"), [("Pacific/Auckland", False), ("America/New_York", True)])
def test_today_is_the_date_in_the_configured_time_zone(zone: str, closes: bool, settings: LazySettings) -> None:
    settings.TIME_ZONE = zone  # at noon UTC the next day has begun in Auckland
    found = placed(case(), check("approved", facts=CLEAN | {"document_expiry": "2026-03-01"}))
    assert found.close == closes


def test_several_conflicts_are_explained_in_one_sentence() -> None:
    reported = facts("Eve Example", "04.02.1990") | {"document_expiry": "2020-01-31"}
    found = placed(case(), check("approved", facts=reported))
    expected = "the sources disagree on the name and birth date, and the document has expired"
    assert found.why == (REVIEW_NEEDED, expected)


def test_a_disagreement_of_providers_is_never_cut_off() -> None:
    mismatch = check("declined", reasons=[reason("62304", summary="s" * 500)])
    matching = check("approved", provider="preventor", reference="t1")
    found = placed(case(), mismatch, matching)
    assert found.why.detail.endswith("; providers disagree about the face")
    assert len(found.why.detail) <= 400
    assert not found.close


# --- decided, proposed, escalated, retried ----------------------------------------------------------------------------


@pytest.mark.promise("P28")
@pytest.mark.parametrize(
    ("ruled", "outcome", "seq", "back"),
    [
        ("approve", "declined", 2, True),
        ("approve", "manual_review", 2, True),
        ("approve", "retry_required", 2, True),
        ("approve", "incomplete", 2, True),
        ("approve", "in_progress", 2, False),
        ("approve", "pending", 2, False),
        ("approve", "approved", 2, False),
        ("approve", "declined", 1, False),
        ("reject", "approved", 2, True),
        ("reject", "declined", 2, False),
        ("reject", "in_progress", 2, False),
        ("reject", "approved", 1, False),
        ("void", "declined", 2, False),
        ("void", "approved", 2, False),
    ],
)
def test_a_decided_case_reopens_only_for_a_later_contradicting_report(
    ruled: str, outcome: str, seq: int, back: bool
) -> None:
    subject = case(CaseStatus.DECIDED, ruled=ruled, handled_report_seq=1, report_seq=2)
    found = placed(subject, check(outcome, seq=seq))
    assert where(found) == (("in_review", "recheck", 1, False) if back else ("decided", None, 0, False))


def test_a_rejection_holds_while_any_check_is_still_negative() -> None:
    subject = case(CaseStatus.DECIDED, ruled="reject", handled_report_seq=1, report_seq=2)
    assert placed(subject, check("declined", seq=1), check("approved", seq=2)).status == CaseStatus.DECIDED


@pytest.mark.parametrize(("ruled", "tail"), [("approve", "after the approval"), ("reject", "after the rejection")])
def test_a_recheck_stays_a_recheck_after_any_report(ruled: str, tail: str) -> None:
    subject = case(CaseStatus.IN_REVIEW, ruled=ruled, queue=Queue.RECHECK)
    for outcome in WORST:
        found = placed(subject, check(outcome))
        assert where(found) == ("in_review", "recheck", 1, False)
        assert found.why.head == f"Checkout.com {outcome} {tail}"


def test_fraud_makes_a_recheck_severe() -> None:
    subject = case(CaseStatus.IN_REVIEW, ruled="approve", queue=Queue.RECHECK)
    assert placed(subject, check("declined", reasons=[reason("62304")])).priority == Priority.SEVERE


@pytest.mark.parametrize("outcome", WORST)
def test_a_case_with_a_proposal_is_not_moved_by_reports(outcome: str) -> None:
    subject = case(
        CaseStatus.AWAITING_APPROVAL, queue=Queue.DECLINED, priority=2, why_head="Override proposed by Dana", why="x"
    )
    found = placed(subject, check(outcome, seq=9))
    assert where(found) == ("awaiting_approval", "declined", 2, False)
    assert (found.why, found.outcome) == (("Override proposed by Dana", "x"), outcome)


@pytest.mark.parametrize(
    ("outcome", "queue"),
    [
        ("declined", "declined"),
        ("incomplete", "incomplete"),
        ("approved", "manual_review"),
        ("in_progress", "manual_review"),
    ],
)
def test_an_escalated_case_stays_in_review_with_the_highest_priority(outcome: str, queue: str) -> None:
    subject = case(CaseStatus.IN_REVIEW, question=True, queue="declined", escalated_by=DANA)
    found = placed(subject, check(outcome))
    assert where(found) == ("in_review", queue, 3, False)
    assert found.why.head.endswith(", escalated by Dana Whitfield")


def test_an_escalated_recheck_stays_a_recheck() -> None:
    subject = case(CaseStatus.IN_REVIEW, question=True, ruled="approve", queue=Queue.RECHECK)
    assert where(placed(subject, check("declined"))) == ("in_review", "recheck", 3, False)


def test_an_escalated_sync_error_stays_a_sync_error() -> None:
    subject = case(CaseStatus.IN_REVIEW, question=True, queue=Queue.UNREADABLE)
    found = placed(subject, check("pending", sync=SyncState.BLOCKED, seq=0))
    assert where(found) == ("in_review", "unreadable", 3, False)


LATER, EARLIER = NOW + timedelta(days=1), NOW - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("checks", "until", "expected"),
    [
        ([("retry_required", 1)], LATER, ("waiting", None)),
        ([("in_progress", 2)], LATER, ("waiting", None)),
        ([("retry_required", 2)], LATER, ("in_review", "retry_required")),
        ([("declined", 2)], LATER, ("in_review", "declined")),
        ([("retry_required", 1), ("approved", 2)], LATER, ("waiting", None)),
        ([("retry_required", 1)], EARLIER, ("in_review", "retry_required")),
        ([("in_progress", 2)], EARLIER, ("waiting", None)),
    ],
)
def test_after_a_requested_retry_the_case_waits_for_a_later_report_or_the_deadline(
    checks: list[tuple[str, int]], until: datetime, expected: tuple[str, str | None]
) -> None:
    subject = case(CaseStatus.WAITING, retry_until=until, handled_report_seq=1, report_seq=2)
    found = placed(subject, *(check(outcome, seq=seq) for outcome, seq in checks))
    assert (found.status, found.queue) == expected


def test_a_retry_that_passed_closes_the_case() -> None:
    subject = case(CaseStatus.WAITING, retry_until=LATER, handled_report_seq=1, report_seq=2)
    assert placed(subject, check("approved", seq=2)).close


def test_a_case_that_waits_for_a_retry_shows_a_sync_error() -> None:
    subject = case(CaseStatus.WAITING, retry_until=LATER, handled_report_seq=1, report_seq=1)
    assert placed(subject, check("retry_required", sync=SyncState.BLOCKED)).queue == Queue.UNREADABLE


@given(
    st.sampled_from([CaseStatus.WAITING, CaseStatus.IN_REVIEW]),
    st.lists(st.tuples(st.sampled_from(WORST), st.sampled_from(list(Verdict)), st.booleans()), max_size=4),
    st.booleans(),
    st.booleans(),
)
def test_unknown_and_negative_never_close(
    status: str, reported: list[tuple[str, str, bool]], question: bool, retried: bool
) -> None:
    checks = [
        check(outcome, said, sync=SyncState.BLOCKED if blocked else SyncState.FINAL)
        for outcome, said, blocked in reported
    ]
    subject = case(
        status, question=question, retry_until=LATER if retried else None, handled_report_seq=0, report_seq=1
    )
    found = placed(subject, *checks)
    if found.close:
        assert {(one.outcome, one.provider_verdict) for one in checks} == {("approved", "positive")}
        assert not question
        assert not any(blocked for _, _, blocked in reported)
    assert (found.queue is None) == (found.status in (CaseStatus.WAITING, CaseStatus.DECIDED))


@pytest.mark.parametrize(
    ("queue", "hours"),
    [
        ("declined", 24),
        ("manual_review", 8),
        ("retry_required", 72),
        ("incomplete", 72),
        ("recheck", 4),
        ("unreadable", 24),
    ],
)
def test_every_queue_has_its_deadline(queue: str, hours: int) -> None:
    assert placement.due_after(Queue(queue), {}) == timedelta(hours=hours)
    assert placement.due_after(Queue(queue), {queue: 5}) == timedelta(hours=5)


# --- why, facets, marks -----------------------------------------------------------------------------------------------


def test_explanations_fit_their_columns() -> None:
    long = check("declined", status_word="w" * 200, reasons=[reason("c" * 120, summary="s" * 900)] * 3)
    for subject in (
        case(),
        case(CaseStatus.IN_REVIEW, question=True, escalated_by=User(first_name="n" * 26)),
    ):
        found = placed(subject, long)
        assert len(found.why.head) <= 160
        assert len(found.why.detail) <= 400
