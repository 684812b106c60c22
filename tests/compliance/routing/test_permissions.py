"""The desk's rules as pure answers, each against a table that was written by hand."""

import itertools
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from compliance.actions import policy_admin
from compliance.enums import CaseStatus, DecisionVerdict, Queue, Ruling
from compliance.models import Case, Check, Document, Event, PolicyRule
from compliance.routing import placement
from providers import Outcome, Verdict
from tests.compliance.unsaved import NOW, case, check, reason

# --- what a verdict needs ---------------------------------------------------------------------------------------------

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
    assert placement.default_ruling(outcome, said, verdict) == ruling
    assert placement.case_ruling(case(), [check(outcome, said)], verdict, {}) == ruling


@pytest.mark.parametrize("verdict", ["request_retry", "escalate", "void"])
@pytest.mark.parametrize("said", Verdict)
@pytest.mark.parametrize("outcome", Outcome)
def test_asking_for_more_and_closing_a_mistake_go_against_nobody(outcome: str, said: str, verdict: str) -> None:
    assert placement.default_ruling(outcome, said, verdict) == Ruling.FREE


@pytest.mark.parametrize(("outcome", "said", "verdict"), ALL)
def test_an_admins_rule_counts_only_where_it_is_stricter(outcome: str, said: str, verdict: str) -> None:
    default = placement.default_ruling(outcome, said, verdict)
    order = [Ruling.FREE, Ruling.NEEDS_APPROVAL, Ruling.FORBIDDEN]
    for chosen in order:
        table = {(outcome, said, verdict): chosen}
        stricter = order.index(chosen) > order.index(default)
        assert placement.check_ruling(check(outcome, said), verdict, table) == (chosen if stricter else default)
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
def test_approving_takes_the_strictest_check_and_rejecting_needs_one_that_is_not_positive(
    checks: list[tuple[str, str]], approve: str, reject: str
) -> None:
    made = [check(*pair) for pair in checks]
    assert placement.case_ruling(case(), made, "approve", {}) == approve
    assert placement.case_ruling(case(), made, "reject", {}) == reject


def test_a_superseded_check_binds_nobody() -> None:
    old = check("declined", superseded_by_id=check().pk)
    assert placement.case_ruling(case(), [old, check("approved")], "approve", {}) == Ruling.FREE


def test_an_admins_rule_holds_as_soon_as_one_check_meets_it() -> None:
    table = {("declined", "negative", "reject"): Ruling.NEEDS_APPROVAL}
    pair = [check("declined"), check("manual_review")]
    assert placement.case_ruling(case(), pair, "reject", table) == Ruling.NEEDS_APPROVAL
    assert placement.case_ruling(case(), pair, "reject", {}) == Ruling.FREE


def test_one_forbidden_check_forbids_the_verdict_for_the_case() -> None:
    table = {("declined", "negative", "approve"): Ruling.FORBIDDEN}
    assert placement.case_ruling(case(), [check("approved"), check("declined")], "approve", table) == Ruling.FORBIDDEN


@pytest.mark.parametrize("verdict", ["request_retry", "escalate"])
def test_what_cannot_be_proposed_is_forbidden_where_a_second_person_would_be_needed(verdict: str) -> None:
    table = {("declined", "negative", verdict): Ruling.NEEDS_APPROVAL}
    assert placement.case_ruling(case(), [check("declined")], verdict, table) == Ruling.FORBIDDEN


@pytest.mark.parametrize(
    ("ruled", "outcome", "expected"),
    [
        ("approve", "declined", Ruling.NEEDS_APPROVAL),
        ("approve", "manual_review", Ruling.FREE),
        ("reject", "approved", Ruling.NEEDS_APPROVAL),
        ("reject", "declined", Ruling.FREE),
    ],
)
def test_confirming_is_ruling_the_same_again(ruled: str, outcome: str, expected: Ruling) -> None:
    subject = case(CaseStatus.IN_REVIEW, ruled=ruled, queue=Queue.RECHECK)
    assert placement.case_ruling(subject, [check(outcome)], "confirm", {}) == expected


# --- evidence ---------------------------------------------------------------------------------------------------------


def test_evidence_names_current_checks_and_copied_pictures_in_words() -> None:
    seen = check("declined", reasons=[reason("62301"), reason("62304")])
    pictures = [
        Document(kind="selfie", label="face.jpg", state="copied"),
        Document(kind="selfie", label="late.jpg", state="wanted"),
    ]
    assert placement.evidence(case(), [seen, check("approved", superseded_by_id=seen.pk)], pictures) == [
        ["Checkout.com identity idv_1", "declined, negative, report 1 (62301, 62304)"],
        ["Selfie “face.jpg”", "copied"],
    ]


def test_the_digest_binds_every_word_and_no_order() -> None:
    rows = [["a", "1"], ["b", "2"]]
    assert placement.evidence_digest(rows) == placement.evidence_digest(rows[::-1])
    others = [[["a", "1"], ["b", "3"]], [["a", "1"]], [["a", "1"], ["b", "2"], ["b", "2"]], [["a1", ""], ["b", "2"]]]
    assert len({placement.evidence_digest(each) for each in [rows, *others]}) == 5


def test_each_difference_is_one_sentence() -> None:
    before, after = [["A", "x"], ["B", "y"], ["C", "z"]], [["A", "x"], ["B", "q"], ["D", "n"]]
    assert placement.evidence_changes(before, after) == (
        "B was y; it is now q.",
        "C is no longer part of the case.",
        "D is new: n.",
    )
    assert placement.evidence_changes(after, after) == ()


def test_evidence_of_an_earlier_moment_is_told_from_reports_copies_and_replacements() -> None:
    def at(minutes: int) -> datetime:
        return NOW + timedelta(minutes=minutes)

    def reported(subject: Check, minutes: int, outcome: str, verdict: str, number: int) -> Event:
        data = {"check": str(subject.pk), "outcome": outcome, "verdict": verdict, "report": number, "codes": ["K"]}
        return Event(type="reported", at=at(minutes), data=data)

    new = check("approved", reference="idv_new", seq=0, created_at=at(30))
    old = check("declined", created_at=at(0), report_count=2, superseded_by_id=new.pk)
    pictures = [Document(kind="selfie", label="f", state="copied", copied_at=at(20))]
    events = [reported(old, 5, "in_progress", "none", 1), reported(old, 10, "declined", "negative", 2)]

    def told(minutes: int) -> list[list[str]]:
        return placement.evidence_before(at(minutes), [new, old], pictures, events)

    name = "Checkout.com identity idv_1"
    assert told(0) == []
    assert told(5) == [[name, "pending, none, report 0 ()"]]
    assert told(10) == [[name, "in_progress, none, report 1 (K)"]]
    assert told(20) == [[name, "declined, negative, report 2 (C-1)"]]
    assert told(30) == [[name, "declined, negative, report 2 (C-1)"], ["Selfie “f”", "copied"]]
    assert told(31) == [
        ["Checkout.com identity idv_new", "pending, none, report 0 ()"],
        ["Selfie “f”", "copied"],
    ]


# --- who may ----------------------------------------------------------------------------------------------------------


def someone(person: int = 1, *permissions: str, pk: int | None = None, active: bool = True) -> Any:
    allowed = {f"compliance.{name}" for name in permissions}
    return SimpleNamespace(
        pk=pk or person, person_id=person, is_active=active, has_perm=allowed.__contains__, label="P"
    )


def claimed(person: int, minutes: int) -> Any:
    holder = SimpleNamespace(label="Kwabena Osei")
    return SimpleNamespace(person_id=person, until=NOW + timedelta(minutes=minutes), user=holder)


@pytest.mark.parametrize(
    ("by", "claim", "refusal"),
    [
        (someone(1, "review_case"), None, None),
        (someone(1), None, "Your role does not include reviewing cases."),
        (someone(1, "review_case", active=False), None, "Your role does not include reviewing cases."),
        (someone(1, "review_case"), claimed(2, 5), "Kwabena Osei has taken this case until 12:05 UTC."),
        (someone(1, "review_case"), claimed(2, 0), None),
        (someone(1, "review_case"), claimed(1, 5), None),
    ],
)
def test_who_may_act_on_a_case(by: Any, claim: Any, refusal: str | None) -> None:
    assert placement.review_refusal(by, case(CaseStatus.IN_REVIEW), claim, now=NOW) == refusal


OPEN_PROPOSAL = "An override is proposed; it must be approved, refused or withdrawn first."
STANDS = "The case has a standing decision: confirm it, or rule anew."


@pytest.mark.parametrize(
    ("subject", "verdict", "refusal"),
    [
        (case(CaseStatus.AWAITING_APPROVAL, queue="declined"), "reject", OPEN_PROPOSAL),
        (case(CaseStatus.DECIDED, ruled="approve"), "reject", "The case is decided."),
        (case(CaseStatus.WAITING), "request_retry", "The case waits for its checks; there is nothing to ask for."),
        (case(CaseStatus.WAITING), "escalate", "The case waits for its checks; there is nothing to ask for."),
        (case(CaseStatus.WAITING), "reject", None),
        (case(CaseStatus.IN_REVIEW, queue="declined"), "confirm", "There is no standing decision to confirm."),
        (case(CaseStatus.IN_REVIEW, queue="recheck", ruled="reject"), "confirm", None),
        (case(CaseStatus.IN_REVIEW, queue="recheck", ruled="approve"), "request_retry", STANDS),
        (case(CaseStatus.IN_REVIEW, queue="declined", question=True), "escalate", "The case is escalated already."),
        (case(CaseStatus.IN_REVIEW, queue="declined"), "reject", None),
    ],
)  # fmt: skip
def test_what_cannot_be_ruled_here_is_refused_with_a_sentence(subject: Case, verdict: str, refusal: str | None) -> None:
    found = placement.verdict_refusal(
        someone(1, "review_case"), subject, verdict, checks=[check("declined")], claim=None, table={}, now=NOW
    )
    assert found == refusal


def test_a_forbidden_verdict_and_one_for_two_are_told_apart() -> None:
    by, subject = someone(1, "review_case"), case(CaseStatus.IN_REVIEW, queue="declined")

    def refusal(table: placement.PolicyTable) -> str | None:
        return placement.decide_refusal(
            by, subject, "approve", checks=[check("declined")], claim=None, table=table, now=NOW
        )

    assert refusal({}) == "This goes against what a provider said: it needs the approval of a second person."
    forbidden = {("declined", "negative", "approve"): Ruling.FORBIDDEN}
    assert refusal(forbidden) == "The desk's policy forbids this verdict for what the providers said."


def proposal(**changed: Any) -> Any:
    fields = {
        "state": "open",
        "proposed_person_id": 1,
        "proposed_by_id": 11,
        "proposed_by": SimpleNamespace(person_id=1),
        "expires_at": NOW + timedelta(days=1),
        "get_state_display": lambda: "Refused",
    }
    return SimpleNamespace(**(fields | changed))


SECOND = "You proposed this; a second person must answer it."


@pytest.mark.parametrize(
    ("by", "changed", "refusal"),
    [
        (someone(2, "approve_override"), {}, None),
        (someone(1, "approve_override", pk=11), {}, SECOND),
        (someone(1, "approve_override", pk=99), {}, SECOND),
        (someone(3, "approve_override", pk=11), {"proposed_by": SimpleNamespace(person_id=3)}, SECOND),
        (
            someone(3, "approve_override", pk=12),
            {"proposed_by": SimpleNamespace(person_id=3)},
            "You proposed this from another account; a second person must answer it.",
        ),
        (someone(2), {}, "Your role does not include approving overrides."),
        (someone(2, "approve_override", active=False), {}, "Your role does not include approving overrides."),
        (someone(2, "approve_override"), {"expires_at": NOW}, "The proposal has expired."),
        (someone(2, "approve_override"), {"state": "refused"}, "The proposal is refused already."),
    ],
)
def test_who_may_answer_a_proposal(by: Any, changed: dict[str, Any], refusal: str | None) -> None:
    assert placement.approval_refusal(by, proposal(**changed), now=NOW) == refusal


def test_only_the_proposer_takes_a_proposal_back_from_any_account_of_theirs() -> None:
    assert placement.withdraw_refusal(someone(1, pk=99), proposal()) is None
    assert placement.withdraw_refusal(someone(2), proposal()) == "Only the person who proposed it may withdraw it."
    assert placement.withdraw_refusal(someone(1), proposal(state="refused")) == "The proposal is refused already."


def test_mending_needs_its_permission_and_no_open_proposal() -> None:
    by = someone(1, "mend_case")
    assert placement.mend_refusal(by, case(CaseStatus.IN_REVIEW)) is None
    assert placement.mend_refusal(someone(1), case()) == "Your role does not include mending cases."
    waiting = placement.mend_refusal(by, case(CaseStatus.AWAITING_APPROVAL))
    assert waiting == OPEN_PROPOSAL
