"""Opening cases, moving them between statuses, and reopening them."""

import itertools
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from compliance.actions import cases, decisions
from compliance.enums import CaseStatus, DecisionVerdict, EventType, Priority, Queue
from compliance.errors import IllegalTransition, InvalidInput
from compliance.models import Applicant, Case, Decision, DeskPolicy, Event, QueueTerm, User
from providers import Facts
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import events, fresh

pytestmark = pytest.mark.django_db


def declared(**given: str) -> Applicant:
    return Applicant(**({"external_id": "cust-1", "full_name": "Ada Example"} | given))


# --- opening ----------------------------------------------------------------------------------------------------------


def test_opening_a_case_makes_applicant_case_and_event(analyst: User) -> None:
    data = declared(birth_date="1990-02-03", email="ada@example.org", country="ng", document_number="ab-12 3")
    case, made = cases.open_case(data, environment="live", by=analyst)
    assert (made, case.reference, case.country, case.status, case.outcome) == (True, "cust-1", "NG", "waiting", "")
    applicant = case.applicant
    assert (applicant.full_name, applicant.birth_date, applicant.document_number) == (
        "Ada Example",
        "1990-02-03",
        "ab-12 3",
    )
    (event,) = Event.objects.filter(case=case)
    assert (event.type, event.actor, event.actor_name, event.seq) == ("case_opened", analyst, "Dana Whitfield", 1)


def test_opening_twice_gives_the_same_case_and_no_second_event(analyst: User) -> None:
    first, _ = cases.open_case(declared(), environment="live", by=analyst)
    again, made = cases.open_case(declared(), environment="live", by=analyst)
    assert (again.pk, made, Event.objects.count(), Applicant.objects.count()) == (first.pk, False, 1, 1)
    with pytest.raises(InvalidInput, match=r"^This external ID is known with another name\.$"):
        cases.open_case(declared(full_name="Somebody Else"), environment="live", by=analyst)
    assert (Event.objects.count(), Applicant.objects.get().full_name) == (1, first.applicant.full_name)


def test_one_applicant_may_have_several_cases_and_environments_are_never_mixed() -> None:
    made = [
        cases.open_case(declared(), environment=environment, by=None, reference=reference)
        for environment, reference in (("live", "a"), ("live", "b"), ("sandbox", "a"))
    ]
    assert len({case.pk for case, _ in made}) == 3
    assert Applicant.objects.count() == 2


def test_a_reference_of_another_applicant_is_refused() -> None:
    cases.open_case(declared(), environment="live", by=None, reference="onboarding-7")
    with pytest.raises(InvalidInput, match=r"^This case reference belongs to another applicant\.$") as refused:
        cases.open_case(declared(external_id="cust-2"), environment="live", by=None, reference="onboarding-7")
    assert refused.value.field == "case_reference"
    assert Applicant.objects.count() == 1


def test_the_birth_index_includes_the_name_in_any_order() -> None:
    one, _ = cases.open_case(declared(birth_date="1990-02-03"), environment="live", by=None)
    two, _ = cases.open_case(
        declared(external_id="b", full_name="EXAMPLE  ada", birth_date="1990-02-03"), environment="live", by=None
    )
    other, _ = cases.open_case(
        declared(external_id="c", full_name="Eve Example", birth_date="1990-02-03"), environment="live", by=None
    )
    found = [bytes(case.applicant.birth_index or b"") for case in map(fresh, (one, two, other))]
    assert found[0] == found[1] != found[2]


# --- moving -----------------------------------------------------------------------------------------------------------

MOVES = """
from \\ to          waiting  in_review  awaiting_approval  decided
waiting             yes      yes        no                 yes
in_review           yes      yes        yes                yes
awaiting_approval   yes      yes        yes                yes
decided             no       yes        no                 yes
"""


def _moves() -> list[tuple[str, str, bool]]:
    header, *lines = [line.replace("from \\ to", "from").split() for line in MOVES.strip().splitlines()]
    return [(line[0], to, word == "yes") for line in lines for to, word in zip(header[1:], line[1:], strict=True)]


@pytest.mark.promise("P22")
@pytest.mark.parametrize(("before", "after", "allowed"), _moves())
def test_a_case_moves_only_as_the_table_allows(before: str, after: str, allowed: bool) -> None:
    case = Case(status=before)
    if allowed:
        cases.move(case, CaseStatus(after))
        assert case.status == after
    else:
        with pytest.raises(IllegalTransition, match=f"^A case cannot go from {before} to {after}\\.$"):
            cases.move(case, CaseStatus(after))
        assert case.status == before


def test_the_table_of_moves_names_every_pair() -> None:
    assert {pair[:2] for pair in _moves()} == set(itertools.product(CaseStatus, CaseStatus))


# --- routing ----------------------------------------------------------------------------------------------------------


def test_entering_a_queue_sets_the_deadline_and_writes_an_event() -> None:
    before = timezone.now()
    case = assertions.case_with("declined", "negative", "62201")
    assert (case.status, case.queue, case.outcome, case.priority) == ("in_review", "declined", "declined", 0)
    assert case.due_at is not None
    assert case.entered_queue_at is not None
    assert before + timedelta(hours=24) <= case.due_at <= timezone.now() + timedelta(hours=24)
    assert events(case) == ["case_opened", "check_added", "reported", "queued"]
    assert Event.objects.get(case=case, type="queued").data == {"queue": "declined", "came_from": ""}


def test_admins_set_the_deadlines() -> None:
    QueueTerm.objects.filter(queue="incomplete").update(hours=1)
    case = assertions.case_with("incomplete")
    assert case.due_at is not None
    assert case.due_at < timezone.now() + timedelta(minutes=61)


def test_a_case_that_gets_worse_gains_no_time_by_changing_its_queue() -> None:
    case = assertions.case_with("manual_review")
    due, entered = case.due_at, case.entered_queue_at
    assertions.say(case.checks.get(), "declined")
    case = fresh(case)
    assert (case.queue, case.due_at, case.entered_queue_at) == ("declined", due, entered)
    assert Event.objects.filter(case=case, type="queued").order_by("-seq")[0].data == {
        "queue": "declined",
        "came_from": "manual_review",
    }


def test_a_case_that_is_moving_again_leaves_its_queue() -> None:
    case = assertions.case_with("retry_required")
    assertions.say(case.checks.get(), "in_progress")
    case = fresh(case)
    assert (case.status, case.queue, case.due_at, case.why_head, case.priority) == ("waiting", "", None, "", 0)


@pytest.mark.parametrize(
    "outcome", ["declined", "manual_review", "retry_required", "incomplete", "in_progress", "approved"]
)
def test_routing_again_changes_and_writes_nothing(outcome: str) -> None:
    case = assertions.case_with(outcome)
    before, written = Case.objects.filter(pk=case.pk).values().get(), events(case)
    with transaction.atomic():
        cases.route_and_save(cases.lock(case.pk))
    assert (Case.objects.filter(pk=case.pk).values().get(), events(case)) == (before, written)


def test_automatic_approval_has_no_actor() -> None:
    case = fresh(assertions.case_with("approved"))
    decision = case.decision
    assert decision is not None
    assert (case.status, case.queue, decision.verdict, decision.by, decision.reason) == (
        "decided",
        "",
        "approve",
        None,
        None,
    )
    assert events(case)[-1] == "system_closed"


def test_automatic_approval_stops_when_another_name_was_read() -> None:
    case = factories.make_case(full_name="Ada Example", birth_date="1990-02-03")
    assertions.say(assertions.add_check(case), "approved", facts=Facts(full_name="Eve Other", birth_date="1990-02-03"))
    case = fresh(case)
    assert (case.status, case.queue, case.decision) == ("in_review", "manual_review", None)
    assert case.why == "the sources disagree on the name"


def test_no_automatic_approval_in_the_sandbox_or_with_the_policy_off() -> None:
    case = assertions.case_with("approved", environment="sandbox")
    assert (case.status, case.queue) == ("in_review", "ready")
    DeskPolicy.objects.update(auto_close=False)
    assert assertions.case_with("approved", kind="document").status == "in_review"


def test_no_automatic_approval_before_every_check_has_passed() -> None:
    case = factories.make_case()
    first, second = assertions.add_check(case), assertions.add_check(case, "face")
    assertions.say(first, "approved")
    assert (fresh(case).status, fresh(case).outcome) == ("waiting", "pending")
    assertions.say(second, "approved")
    assert fresh(case).status == "decided"


@pytest.mark.promise("P21")
def test_the_database_refuses_a_closing_that_no_provider_supports() -> None:
    case = assertions.case_with("declined")
    with pytest.raises(IntegrityError, match="the system closes only what every provider passed"), transaction.atomic():
        Decision.objects.create(
            case=case,
            data_key_id=case.applicant.data_key_id,
            verdict=DecisionVerdict.APPROVE,
            decided_at=timezone.now(),
            digest="",
            report_seq=1,
        )


def test_the_decision_of_a_case_belongs_to_it() -> None:
    mine, other = assertions.case_with("declined"), fresh(assertions.case_with("approved"))
    with (
        pytest.raises(IntegrityError, match="a case stands by a decision of its own"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE compliance_case SET status = 'decided', queue = '', decision_id = %s WHERE id = %s",
            [other.decision_id, mine.pk],
        )


# --- reopening --------------------------------------------------------------------------------------------------------


def test_a_contradicting_report_reopens_the_case_and_keeps_the_decision(analyst: User) -> None:
    case = fresh(assertions.case_with("approved"))
    decision = case.decision
    assertions.say(case.checks.get(), "declined", "negative", "62201")
    case = fresh(case)
    assert (case.status, case.queue, case.priority, case.decision) == (
        "in_review",
        "recheck",
        Priority.RECHECK,
        decision,
    )
    assert (case.why_head, case.why) == ("Checkout.com declined after the approval", "62201 meaning of 62201")
    assert case.due_at is not None
    assert case.due_at < timezone.now() + timedelta(hours=5)
    assertions.say(case.checks.get(), "approved")
    assert (fresh(case).queue, fresh(case).decision) == ("recheck", decision)


def test_a_pass_after_a_rejection_reopens_the_case(analyst: User) -> None:
    case = assertions.case_with("declined")
    decisions.decide(case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.REJECT, "REJ-01"))
    assertions.say(case.checks.get(), "in_progress")
    assert fresh(case).status == "decided"
    assertions.say(case.checks.get(), "approved")
    assert (fresh(case).status, fresh(case).queue) == ("in_review", "recheck")


def test_the_report_of_a_decision_never_reopens_the_case(analyst: User) -> None:
    case = assertions.case_with("manual_review")
    decisions.decide(case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.APPROVE, "OK-01"))
    with transaction.atomic():
        cases.route_and_save(cases.lock(case.pk))
    assert (fresh(case).status, events(case)[-1]) == (CaseStatus.DECIDED, EventType.DECIDED)
    assert Queue.RECHECK not in set(Case.objects.values_list("queue", flat=True))
