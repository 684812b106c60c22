"""Opening cases, where they come to stand, who takes them, and what time does to them."""

import itertools
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from compliance.actions import cases, checks, claims, decisions, overrides, sweeps
from compliance.enums import CaseStatus, DecisionVerdict, EventType, Priority, Queue, SyncState
from compliance.errors import IllegalTransition, InvalidInput, NotAllowed, StaleCase
from compliance.models import Applicant, Case, Claim, Decision, DeskPolicy, Event, OverrideProposal, QueueTerm, User
from providers import Facts, NotFoundAtProvider
from tests import factories
from tests.compliance import assertions

pytestmark = pytest.mark.django_db


def events(case: Case) -> list[str]:
    return list(Event.objects.filter(case=case).order_by("seq").values_list("type", flat=True))


def fresh(case: Case) -> Case:
    return Case.objects.select_related("decision", "applicant").get(pk=case.pk)


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
    again, made = cases.open_case(declared(full_name="Somebody Else"), environment="live", by=analyst)
    assert (again.pk, made, Event.objects.count(), Applicant.objects.count()) == (first.pk, False, 1, 1)


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
def test_a_case_moves_only_as_the_table_says(before: str, after: str, allowed: bool) -> None:
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
    assert (case.status, case.queue) == ("in_review", "manual_review")
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


# --- claims -----------------------------------------------------------------------------------------------------------


def test_the_next_case_goes_by_priority_due_time_and_age(analyst: User) -> None:
    made = [
        assertions.case_with("declined"),
        assertions.case_with("manual_review"),
        assertions.case_with("retry_required"),
    ]
    severe = factories.make_case()
    assertions.say(assertions.add_check(severe), "declined", "", "62403")
    assert fresh(severe).priority == Priority.SEVERE
    order = []
    while (case := claims.claim_next(by=analyst)) is not None:
        order.append(case.pk)
    assert order == [severe.pk, made[1].pk, made[0].pk, made[2].pk]


def test_claiming_writes_a_claim_and_an_event(analyst: User) -> None:
    case = assertions.case_with("declined")
    claimed = claims.claim_next(by=analyst)
    assert claimed is not None
    claim = Claim.objects.get(case=case)
    assert (claimed.pk, claim.user, claim.person) == (case.pk, analyst, analyst.person)
    assert claim.until - claim.taken_at == timedelta(minutes=30)
    event = Event.objects.filter(case=case).order_by("seq").last()
    assert event is not None
    assert (event.type, event.actor, event.data) == ("claimed", analyst, {"until": claim.until.isoformat()})


def test_claim_next_respects_queue_and_filters(analyst: User) -> None:
    assertions.case_with("declined")
    matching = assertions.case_with("incomplete", "", "K-7", country="KE")
    assert claims.claim_next(by=analyst, queue="recheck") is None
    assert claims.claim_next(by=analyst, facets=["c:KE", "r:K-8"]) is None
    claimed = claims.claim_next(by=analyst, queue="incomplete", facets=["c:KE", "r:K-7"])
    assert claimed == matching
    assert claims.claim_next(by=analyst, facets=["c:KE"]) is None


def test_cases_that_nobody_may_decide_are_not_claimed_next(analyst: User) -> None:
    proposed = assertions.case_with("declined")
    overrides.propose(
        proposed.pk, by=analyst, request=factories.decision_request(proposed, DecisionVerdict.APPROVE, "OK-04")
    )
    assertions.case_with("approved")
    assertions.case_with("in_progress")
    assert claims.claim_next(by=analyst) is None


def test_escalated_cases_are_claimed_next_by_managers_only(analyst: User, colleague: User, manager: User) -> None:
    case = assertions.case_with("declined")
    decisions.decide(case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.ESCALATE, "ESC-01"))
    assert claims.claim_next(by=colleague) is None
    assert claims.claim_next(by=manager) == case


def test_claiming_needs_the_permission(stranger: User, admin: User) -> None:
    case = assertions.case_with("declined")
    for by in (stranger, admin):
        with pytest.raises(NotAllowed, match=r"^Your role does not include reviewing cases\.$"):
            claims.claim_next(by=by)
        with pytest.raises(NotAllowed, match=r"^Your role does not include reviewing cases\.$"):
            claims.claim(case.pk, by=by)
    assert not Claim.objects.exists()


def test_a_claimed_case_is_refused_to_others_until_the_claim_ends(analyst: User, colleague: User) -> None:
    case = assertions.case_with("declined")
    held = claims.claim(case.pk, by=analyst)
    with pytest.raises(StaleCase) as refused:
        claims.claim(case.pk, by=colleague)
    assert str(refused.value) == f"Dana Whitfield has claimed this case until {held.until:%H:%M} UTC."
    assert refused.value.winner == "Dana Whitfield"
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert claims.claim(case.pk, by=colleague).person_id == colleague.person_id
    assert events(case)[-2:] == ["claimed", "claimed"]


def test_a_claim_holds_for_all_accounts_of_a_person(analyst: User) -> None:
    case = assertions.case_with("declined")
    claims.claim(case.pk, by=analyst)
    twin = factories.make_user("dana-2", "Dana Whitfield", "analyst", person=analyst.person)
    assert claims.claim(case.pk, by=twin).user == twin


@pytest.mark.parametrize("outcome", ["in_progress", "approved"])
def test_a_case_without_work_cannot_be_claimed(analyst: User, outcome: str) -> None:
    case = assertions.case_with(outcome)
    with pytest.raises(NotAllowed, match=r"^Nothing can be done on this case\.$"):
        claims.claim(case.pk, by=analyst)


def test_only_the_holder_releases_and_an_event_is_written(analyst: User, colleague: User) -> None:
    case = assertions.case_with("declined")
    claims.claim(case.pk, by=analyst)
    with pytest.raises(NotAllowed, match=r"^Only the person who claimed a case may release it\.$"):
        claims.release(case.pk, by=colleague)
    claims.release(case.pk, by=analyst)
    assert not Claim.objects.exists()
    written = events(case)
    assert written[-1] == "released"
    claims.release(case.pk, by=analyst)
    assert events(case) == written


# --- time -------------------------------------------------------------------------------------------------------------


def retried(analyst: User, outcome: str = "retry_required") -> Case:
    case = assertions.case_with(outcome)
    decisions.decide(
        case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.REQUEST_RETRY, "RTY-01")
    )
    return fresh(case)


def test_a_case_returns_after_the_retry_deadline(analyst: User) -> None:
    case = retried(analyst)
    now = timezone.now()
    assert case.retry_until is not None
    assert timedelta(days=6, hours=23) < case.retry_until - now <= timedelta(days=7)
    assert (case.status, case.queue, case.handled_report_seq) == ("waiting", "", case.report_seq)
    assert sweeps.sweep(now=case.retry_until - timedelta(seconds=1)) == 0
    assert fresh(case).status == "waiting"
    assert sweeps.sweep(now=case.retry_until) == 1
    case = fresh(case)
    assert (case.status, case.queue, case.retry_until) == ("in_review", "retry_required", None)
    assert events(case)[-2:] == ["retry_deadline_passed", "queued"]
    assert sweeps.sweep(now=now + timedelta(days=30)) == 0


def test_a_deadline_that_passes_while_the_provider_works_leaves_the_case_waiting(analyst: User) -> None:
    case = retried(analyst)
    assertions.say(case.checks.get(), "in_progress")
    assert sweeps.sweep(now=timezone.now() + timedelta(days=8)) == 1
    case = fresh(case)
    assert (case.status, case.retry_until) == ("waiting", None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("declined", ("in_review", "declined", None)),
        ("incomplete", ("in_review", "incomplete", None)),
        ("approved", ("decided", "", None)),
    ],
)
def test_the_answer_to_a_retry_ends_the_wait(analyst: User, answer: str, expected: tuple[str, str, None]) -> None:
    case = retried(analyst)
    assertions.say(case.checks.get(), answer)
    case = fresh(case)
    assert (case.status, case.queue, case.retry_until) == expected


def test_a_fault_during_the_wait_is_shown_and_then_the_case_waits_on(analyst: User) -> None:
    case = retried(analyst)
    until = case.retry_until
    check = case.checks.get()
    assertions.fail(check, NotFoundAtProvider("checkout_com", "Nobody knows it there."))
    assert (fresh(case).status, fresh(case).queue) == ("in_review", "unreadable")
    checks.request_read(check.pk, by=analyst)
    case = fresh(case)
    assert (case.status, case.queue, case.retry_until) == ("waiting", "", until)
    assert case.checks.get().sync.state == SyncState.SCHEDULED


def test_a_proposal_that_nobody_answers_expires_and_the_case_returns_to_its_queue(analyst: User) -> None:
    case = assertions.case_with("declined")
    proposal = overrides.propose(
        case.pk, by=analyst, request=factories.decision_request(case, DecisionVerdict.APPROVE, "OK-04")
    )
    assert sweeps.sweep(now=proposal.expires_at - timedelta(seconds=1)) == 0
    assert sweeps.sweep(now=proposal.expires_at) == 1
    proposal, case = OverrideProposal.objects.get(), fresh(case)
    assert (proposal.state, proposal.resolved_at, proposal.resolved_by) == ("expired", proposal.expires_at, None)
    assert (case.status, case.queue, case.why_head) == ("in_review", "declined", "Checkout.com declined")
    assert events(case)[-1] == "override_expired"
    assert sweeps.sweep(now=proposal.expires_at) == 0


def test_a_sweep_is_limited_and_continues_the_next_time(analyst: User) -> None:
    made = [retried(analyst) for _ in range(3)]
    late = timezone.now() + timedelta(days=8)
    assert [sweeps.sweep(now=late, limit=2) for _ in range(3)] == [2, 1, 0]
    assert {fresh(case).status for case in made} == {"in_review"}


# --- coming back ------------------------------------------------------------------------------------------------------


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
    assert (case.why_head, case.why) == ("Checkout.com declined after the approval", "meaning of 62201 (62201)")
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
