"""Rulings, against a table that was written by hand."""

import itertools
from typing import Any
from uuid import uuid4

import pytest

from compliance.actions import policy_admin
from compliance.enums import CaseStatus, DecisionVerdict, Queue, Ruling
from compliance.models import PolicyRule
from compliance.routing import rulings
from compliance.routing.history import PastCheck, Rejection
from providers import Outcome, Verdict
from tests.compliance.unsaved import case, check, history

# Outcome, then approve / reject for each of the provider's verdicts: f free, n needs a second person.
RULINGS = """
                 positive  negative  none  unknown
pending          n/n       n/f       n/f   n/f
in_progress      n/n       n/f       n/f   n/f
approved         f/n       n/f       n/f   n/f
declined         n/n       n/f       n/f   n/f
manual_review    n/n       n/f       f/f   n/f
retry_required   n/n       n/f       n/f   n/f
incomplete       n/n       n/f       n/f   n/f
"""
MEANS = {"f": Ruling.FREE, "n": Ruling.NEEDS_APPROVAL}


def _cells() -> list[tuple[str, str, str, Ruling]]:
    header, *lines = [line.split() for line in RULINGS.strip("\n").splitlines()]
    return [
        (line[0], said, verdict, MEANS[letter])
        for line in lines
        for said, pair in zip(header, line[1:], strict=True)
        for verdict, letter in zip(("approve", "reject"), pair.split("/"), strict=True)
    ]


CELLS = _cells()
ALL = list(itertools.product(Outcome, Verdict, DecisionVerdict))


def test_the_table_of_rulings_has_a_cell_for_every_outcome_and_verdict() -> None:
    assert {cell[:3] for cell in CELLS} == set(itertools.product(Outcome, Verdict, ("approve", "reject")))


@pytest.mark.parametrize(("outcome", "said", "verdict", "ruling"), CELLS)
def test_a_verdict_is_free_or_needs_a_second_person_as_the_table_says(
    outcome: str, said: str, verdict: str, ruling: Ruling
) -> None:
    assert rulings.default_ruling(outcome, said, verdict) == ruling
    assert rulings.case_ruling(case(), history(check(outcome, said)), verdict, {}) == ruling


@pytest.mark.parametrize("verdict", ["request_retry", "escalate", "void"])
@pytest.mark.parametrize("said", Verdict)
@pytest.mark.parametrize("outcome", Outcome)
def test_retry_escalation_and_void_are_free(outcome: str, said: str, verdict: str) -> None:
    assert rulings.default_ruling(outcome, said, verdict) == Ruling.FREE


@pytest.mark.parametrize(("outcome", "said", "verdict"), ALL)
def test_a_policy_rule_counts_only_where_it_is_stricter(outcome: str, said: str, verdict: str) -> None:
    default = rulings.default_ruling(outcome, said, verdict)
    order = [Ruling.FREE, Ruling.NEEDS_APPROVAL, Ruling.FORBIDDEN]
    for chosen in order:
        table = {(outcome, said, verdict): chosen}
        stricter = order.index(chosen) > order.index(default)
        assert rulings.check_ruling(history(check(outcome, said)).own[0], verdict, table) == (
            chosen if stricter else default
        )
        row = PolicyRule(outcome=outcome, provider_verdict=said, verdict=verdict, ruling=chosen)
        assert (policy_admin.laxer(row) is None) == stricter


@pytest.mark.parametrize(
    ("checks", "approve", "reject"),
    [
        ([], "needs_approval", "free"),
        ([("approved", "positive"), ("approved", "positive")], "free", "needs_approval"),
        ([("approved", "positive"), ("manual_review", "none")], "free", "free"),
        ([("approved", "positive"), ("declined", "negative")], "needs_approval", "free"),
        ([("manual_review", "none"), ("manual_review", "unknown")], "needs_approval", "free"),
        ([("approved", "positive"), ("in_progress", "none")], "needs_approval", "free"),
    ],
)
def test_approval_takes_the_strictest_ruling_and_rejection_the_laxest(
    checks: list[tuple[str, str]], approve: str, reject: str
) -> None:
    made = history(*(check(*pair) for pair in checks))
    assert rulings.case_ruling(case(), made, "approve", {}) == approve
    assert rulings.case_ruling(case(), made, "reject", {}) == reject


@pytest.mark.parametrize(
    ("outcome", "said", "expected"),
    [
        ("declined", "negative", Ruling.NEEDS_APPROVAL),
        ("manual_review", "unknown", Ruling.NEEDS_APPROVAL),
        ("retry_required", "none", Ruling.FREE),
        ("in_progress", "none", Ruling.FREE),
    ],
)
def test_a_replaced_check_counts_only_with_a_result_against_the_person(
    outcome: str, said: str, expected: Ruling
) -> None:
    old = check(outcome, said, superseded_by_id=check().pk)
    assert rulings.case_ruling(case(), history(old, check("approved")), "approve", {}) == expected


def test_a_policy_rule_holds_as_soon_as_one_check_meets_it() -> None:
    table = {("declined", "negative", "reject"): Ruling.NEEDS_APPROVAL}
    pair = history(check("declined"), check("manual_review"))
    assert rulings.case_ruling(case(), pair, "reject", table) == Ruling.NEEDS_APPROVAL
    assert rulings.case_ruling(case(), pair, "reject", {}) == Ruling.FREE


def test_one_forbidden_check_forbids_the_verdict_for_the_case() -> None:
    table = {("declined", "negative", "approve"): Ruling.FORBIDDEN}
    pair = history(check("approved"), check("declined"))
    assert rulings.case_ruling(case(), pair, "approve", table) == Ruling.FORBIDDEN


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        ("request_retry", Ruling.NEEDS_APPROVAL),
        ("void", Ruling.NEEDS_APPROVAL),
        ("escalate", Ruling.FORBIDDEN),
    ],
)
def test_a_verdict_that_needs_two_people_and_cannot_be_proposed_is_forbidden(verdict: str, expected: Ruling) -> None:
    table = {("declined", "negative", verdict): Ruling.NEEDS_APPROVAL}
    assert rulings.case_ruling(case(), history(check("declined")), verdict, table) == expected


@pytest.mark.parametrize(
    ("ruled", "outcome", "expected"),
    [
        ("approve", "declined", Ruling.NEEDS_APPROVAL),
        ("approve", "manual_review", Ruling.FREE),
        ("reject", "approved", Ruling.NEEDS_APPROVAL),
        ("reject", "declined", Ruling.FREE),
    ],
)
def test_confirming_has_the_ruling_of_the_confirmed_verdict(ruled: str, outcome: str, expected: Ruling) -> None:
    subject = case(CaseStatus.IN_REVIEW, ruled=ruled, queue=Queue.RECHECK)
    assert rulings.case_ruling(subject, history(check(outcome)), "confirm", {}) == expected


# --- everything that was said about the person ------------------------------------------------------------------------

PASSED, FAILED = check("approved"), check("declined")
ELSEWHERE = PastCheck(id=uuid4(), case_id=7, is_own=False, outcome="declined", provider_verdict="negative")
REJECTED = Rejection(id=uuid4(), case_id=7, is_own=False, is_same_applicant=True)


@pytest.mark.parametrize(
    "more", [{"elsewhere": (ELSEWHERE,)}, {"rejections": (REJECTED,)}, {"has_weighing_finding": True}]
)
def test_an_approval_takes_all_cases_of_the_person_and_its_findings(more: dict[str, Any]) -> None:
    known = history(PASSED, **more)
    assert rulings.case_ruling(case(), known, "approve", {}) == Ruling.NEEDS_APPROVAL
    assert rulings.case_ruling(case(), known, "reject", {}) == Ruling.NEEDS_APPROVAL
    assert rulings.case_ruling(case(), history(FAILED, **more), "reject", {}) == Ruling.FREE


def test_a_weighing_finding_needs_two_people_and_another_none() -> None:
    weighing, other = (history(PASSED, has_weighing_finding=weighs) for weighs in (True, False))
    assert rulings.case_ruling(case(), weighing, "approve", {}) == Ruling.NEEDS_APPROVAL
    assert rulings.case_ruling(case(), other, "approve", {}) == Ruling.FREE


UNREAD: dict[str, Any] = {"seq": 0}


@pytest.mark.parametrize(
    ("others", "mine", "approve", "reject"),
    [
        ([("approved", {})], ("pending", UNREAD), "needs_approval", "needs_approval"),
        ([("approved", {})], ("declined", {}), "needs_approval", "needs_approval"),
        ([("approved", {})], ("approved", {}), "needs_approval", "needs_approval"),
        ([("declined", {})], ("approved", {}), "needs_approval", "free"),
        ([("pending", UNREAD)], ("declined", {}), "needs_approval", "free"),
        ([], ("declined", {}), "needs_approval", "free"),
        ([], ("approved", {}), "needs_approval", "needs_approval"),
    ],
)
def test_a_check_that_a_person_entered_frees_nothing_for_that_person(
    others: list[tuple[str, dict[str, Any]]], mine: tuple[str, dict[str, Any]], approve: str, reject: str
) -> None:
    checks = [check(outcome, **more) for outcome, more in others]
    known = history(*checks, check(mine[0], entered_by_id=5, **mine[1]))
    assert rulings.case_ruling(case(), known, "approve", {}, person_id=5) == approve
    assert rulings.case_ruling(case(), known, "reject", {}, person_id=5) == reject


@pytest.mark.parametrize(
    ("outcome", "more", "void"),
    [
        ("pending", UNREAD, Ruling.FREE),
        ("in_progress", {}, Ruling.FREE),
        ("manual_review", {}, Ruling.NEEDS_APPROVAL),
        ("approved", {}, Ruling.NEEDS_APPROVAL),
    ],
)
def test_closing_over_a_result_needs_two_people(outcome: str, more: dict[str, Any], void: Ruling) -> None:
    assert rulings.case_ruling(case(), history(check(outcome, **more)), "void", {}) == void


def test_a_second_retry_over_passed_checks_needs_two_people() -> None:
    for retries, outcome, expected in (
        (0, "approved", Ruling.FREE),
        (1, "approved", Ruling.NEEDS_APPROVAL),
        (1, "declined", Ruling.FREE),
    ):
        assert rulings.case_ruling(case(), history(check(outcome), retries=retries), "request_retry", {}) == expected
