"""Permissions on cases, and the sentences of refusals."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from compliance.enums import CaseStatus, Ruling
from compliance.models import Case
from compliance.routing import permissions, rulings
from tests.compliance.unsaved import NOW, case, check, history


def someone(
    person: int = 1, *permissions: str, pk: int | None = None, active: bool = True, created_days_ago: int = 9
) -> Any:
    allowed = {f"compliance.{name}" for name in permissions}
    return SimpleNamespace(
        pk=pk or person,
        person_id=person,
        person=SimpleNamespace(created_at=NOW - timedelta(days=created_days_ago)),
        is_active=active,
        has_perm=allowed.__contains__,
        label="P",
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
        (someone(1, "review_case"), claimed(2, 5), "Kwabena Osei has claimed this case until 12:05 UTC."),
        (someone(1, "review_case"), claimed(2, 0), None),
        (someone(1, "review_case"), claimed(1, 5), None),
    ],
)
def test_only_permitted_users_act_on_a_case(by: Any, claim: Any, refusal: str | None) -> None:
    assert permissions.why_not_review(by, case(CaseStatus.IN_REVIEW), claim, now=NOW) == refusal


OPEN_PROPOSAL = "An override proposal is pending: it has to be approved, denied or withdrawn first."
HAS_DECISION = "The case has a decision: confirm it or decide again."


@pytest.mark.parametrize(
    ("subject", "verdict", "refusal"),
    [
        (case(CaseStatus.AWAITING_APPROVAL, queue="declined"), "reject", OPEN_PROPOSAL),
        (case(CaseStatus.DECIDED, ruled="approve"), "reject", "The case is decided."),
        (case(CaseStatus.WAITING), "request_retry", "The case waits for its checks: there is nothing to request."),
        (case(CaseStatus.WAITING), "escalate", "The case waits for its checks: there is nothing to request."),
        (case(CaseStatus.WAITING), "reject", None),
        (case(CaseStatus.IN_REVIEW, queue="declined"), "confirm", "There is no decision to confirm."),
        (case(CaseStatus.IN_REVIEW, queue="recheck", ruled="reject"), "confirm", None),
        (case(CaseStatus.IN_REVIEW, queue="recheck", ruled="approve"), "request_retry", HAS_DECISION),
        (case(CaseStatus.IN_REVIEW, queue="declined", question=True), "escalate", "The case is escalated already."),
        (case(CaseStatus.IN_REVIEW, queue="declined"), "reject", None),
    ],
)  # fmt: skip
def test_a_verdict_that_does_not_fit_the_case_is_refused_with_a_reason(
    subject: Case, verdict: str, refusal: str | None
) -> None:
    found = permissions.why_not_rule(
        someone(1, "review_case"), subject, verdict, history=history(check("declined")), claim=None, table={}, now=NOW
    )
    assert found == refusal


def test_a_forbidden_verdict_and_an_override_have_different_reasons() -> None:
    by, subject = someone(1, "review_case"), case(CaseStatus.IN_REVIEW, queue="declined")

    def refusal(table: rulings.PolicyTable) -> str | None:
        return permissions.why_not_rule(
            by, subject, "approve", history=history(check("declined")), claim=None, table=table, now=NOW, alone=True
        )

    assert refusal({}) == "This goes against a provider's result: it needs a second approver."
    forbidden = {("declined", "negative", "approve"): Ruling.FORBIDDEN}
    assert refusal(forbidden) == "Policy forbids this verdict for these provider results."


def proposal(**changed: Any) -> Any:
    fields = {
        "state": "open",
        "proposed_person_id": 1,
        "proposed_by_id": 11,
        "proposed_by": SimpleNamespace(person_id=1),
        "proposed_at": NOW - timedelta(days=1),
        "expires_at": NOW + timedelta(days=1),
        "get_state_display": lambda: "Denied",
    }
    return SimpleNamespace(**(fields | changed))


SECOND = "You proposed this: a second person has to answer it."
JOINED = "You joined after this was proposed: another person has to answer it."


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
            "You proposed this from another account: a second person has to answer it.",
        ),
        (someone(2), {}, "Your role does not include approving overrides."),
        (someone(2, "approve_override", active=False), {}, "Your role does not include approving overrides."),
        (someone(2, "approve_override"), {"expires_at": NOW}, "The proposal has expired."),
        (someone(2, "approve_override"), {"state": "refused"}, "The proposal is denied already."),
        (
            someone(4, "approve_override"),
            {},
            "You changed the evidence of this case since its last decision: another person has to answer.",
        ),
        (someone(2, "approve_override", created_days_ago=2), {}, None),
        (someone(2, "approve_override", created_days_ago=1), {}, JOINED),
        (someone(2, "approve_override", created_days_ago=0), {}, JOINED),
    ],
)
def test_only_permitted_users_answer_a_proposal(by: Any, changed: dict[str, Any], refusal: str | None) -> None:
    assert (
        permissions.why_not_answer(by, proposal(**changed), editors={4}, now=NOW, depends_on_proposer=False) == refusal
    )


def test_who_depends_on_the_proposer_does_not_answer() -> None:
    by = someone(2, "approve_override")
    found = permissions.why_not_answer(by, proposal(), editors=(), now=NOW, depends_on_proposer=True)
    assert found == "The proposer created or changed your user, or shares your e-mail: another person has to answer it."


def test_only_the_proposer_withdraws_from_any_of_their_accounts() -> None:
    assert permissions.why_not_withdraw(someone(1, pk=99), proposal()) is None
    assert permissions.why_not_withdraw(someone(2), proposal()) == "Only the person who proposed it may withdraw it."
    assert permissions.why_not_withdraw(someone(1), proposal(state="refused")) == "The proposal is denied already."


def test_editing_needs_its_permission_and_no_open_proposal() -> None:
    by = someone(1, "mend_case")
    assert permissions.why_not_edit(by, case(CaseStatus.IN_REVIEW)) is None
    assert permissions.why_not_edit(someone(1), case()) == "Your role does not include managing checks."
    waiting = permissions.why_not_edit(by, case(CaseStatus.AWAITING_APPROVAL))
    assert waiting == OPEN_PROPOSAL
