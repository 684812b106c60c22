"""An escalation binds in races, and against statements of the running role."""

from collections.abc import Callable
from functools import partial

import psycopg
import pytest

from compliance.actions import claims, decisions, escalations
from compliance.enums import DecisionVerdict
from compliance.errors import ComplianceError
from compliance.models import Case, Claim, Decision, EscalationAnswer, User
from tests import factories
from tests.compliance import assertions
from tests.compliance.tables import everything
from tests.concurrency import at_once
from tests.factories import decision_request

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case(analyst: User) -> Case:
    """A case without a rule of two, which the analyst has escalated."""
    case = assertions.case_with("declined")
    decisions.decide(case.pk, by=analyst, request=decision_request(case, DecisionVerdict.ESCALATE, "ESC-01"))
    return assertions.fresh(case)


# --- races ------------------------------------------------------------------------------------------------------------


def test_of_two_managers_who_take_over_at_once_one_holds_the_case(case: Case, manager: User) -> None:
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    done = at_once([partial(claims.claim, case.pk, by=by) for by in (manager, other)], refusals=ComplianceError)
    won = [one for one in done if isinstance(one, Claim)]
    assert len(won) == 1
    assert Claim.objects.get(case=case).user == won[0].user
    assert assertions.events(case).count("escalation_taken_over") == 1


def test_answer_withdrawal_and_takeover_at_once_end_the_escalation_once(
    case: Case, analyst: User, manager: User
) -> None:
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    jobs: list[Callable[[], object]] = [
        partial(escalations.answer, case.pk, by=manager, note="Ask again."),
        partial(escalations.withdraw, case.pk, by=analyst),
        partial(claims.claim, case.pk, by=other),
    ]
    at_once(jobs, refusals=ComplianceError)
    ended = [one for one in assertions.events(case) if one in ("escalation_answered", "escalation_withdrawn")]
    assert len(ended) == 1
    assert EscalationAnswer.objects.count() == ended.count("escalation_answered")
    assert not assertions.fresh(case).question


# --- by SQL, as the role that runs -----------------------------------------------------------------------------------

DECIDE = """INSERT INTO compliance_decision (id, case_id, data_key_id, verdict, reason_id, note, by_id, by_person_id,
                decided_at, digest, report_seq)
            SELECT gen_random_uuid(), case_id, data_key_id, 'reject', 'REJ-01', note, {by}, {person},
                now(), digest, report_seq FROM compliance_decision WHERE id = %(escalation)s"""
PROPOSE = """INSERT INTO compliance_overrideproposal (id, case_id, data_key_id, verdict, reason_id, note,
                proposed_by_id, proposed_person_id, proposed_at, digest, evidence, report_seq, state, expires_at,
                resolution_note)
             SELECT gen_random_uuid(), case_id, data_key_id, 'approve', 'OK-02', note, {by}, {person}, now(),
                digest, '[]', report_seq, 'open', now() + interval '3 days', note
             FROM compliance_decision WHERE id = %(escalation)s"""
ANSWER = """INSERT INTO compliance_escalationanswer (id, data_key_id, escalation_id, note, by_id, by_person_id, at)
            SELECT gen_random_uuid(), data_key_id, id, note, {by}, {person}, now()
            FROM compliance_decision WHERE id = %(escalation)s"""
PEOPLE = ("analyst", "colleague", "manager")


def by(statement: str, name: str, person: str = "") -> str:
    return statement.format(by=f"%({name})s", person=f"%({person or name}_person)s")


ATTACKS = {
    **{f"decide as {name}": by(DECIDE, name) for name in PEOPLE},
    **{f"propose as {name}": by(PROPOSE, name) for name in PEOPLE},
    **{f"answer as {name}": by(ANSWER, name) for name in ("analyst", "colleague", "gone")},
    "answer as a manager with another person": by(ANSWER, "manager", "analyst"),
    "close the question": "UPDATE compliance_case SET question = false WHERE id = %(case)s",
    "let somebody else have asked": "UPDATE compliance_case SET escalated_by_id = %(colleague)s WHERE id = %(case)s",
    "escalate later": "UPDATE compliance_case SET escalated_at = now() WHERE id = %(case)s",
    "change the question": (
        "UPDATE compliance_case SET question = false, escalation_id = NULL, escalated_by_id = NULL, "
        "escalated_at = NULL WHERE id = %(case)s"
    ),
}


def values_of(case: Case, **users: User) -> dict[str, object]:
    values: dict[str, object] = {"case": case.pk, "escalation": case.escalation_id}
    for name, user in users.items():
        values |= {name: user.pk, f"{name}_person": user.person_id}
    return values


@pytest.mark.promise("G26")
def test_no_statement_of_the_running_role_ends_an_escalation(
    case: Case, analyst: User, colleague: User, manager: User, desk_app: psycopg.Connection
) -> None:
    gone = factories.make_user("gone", "Left Long Ago", "manager", is_active=False)
    values = values_of(case, analyst=analyst, colleague=colleague, manager=manager, gone=gone)
    before, survived = everything(), {}
    for name, attack in ATTACKS.items():
        try:
            survived[name] = desk_app.execute(attack, values).rowcount
        except psycopg.errors.CheckViolation as refused:
            assert "escalat" in str(refused), name
    assert survived == {}
    assert everything() == before


def test_a_takeover_by_another_manager_frees_no_one_else(
    case: Case, analyst: User, colleague: User, manager: User, desk_app: psycopg.Connection
) -> None:
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    claims.claim(case.pk, by=other)
    values = values_of(case, analyst=analyst, colleague=colleague, manager=manager)
    for name in PEOPLE:
        for statement in (DECIDE, PROPOSE, ANSWER):
            with pytest.raises(psycopg.errors.CheckViolation, match="escalat"):
                desk_app.execute(by(statement, name), values)


def test_the_statements_would_work_after_a_takeover(case: Case, manager: User, desk_app: psycopg.Connection) -> None:
    """So that the attacks above fail for the reason they should, and not for a mistake in their text."""
    claims.claim(case.pk, by=manager)
    values = values_of(case, manager=manager)
    assert desk_app.execute(by(PROPOSE, "manager"), values).rowcount == 1
    assert desk_app.execute(by(ANSWER, "manager"), values).rowcount == 1
    assert desk_app.execute(by(DECIDE, "manager"), values).rowcount == 1
    assert Decision.objects.filter(case=case).count() == 2
    assert desk_app.execute(ATTACKS["close the question"], values).rowcount == 1
