"""Claiming and releasing cases."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import claims, decisions, overrides
from compliance.enums import DecisionVerdict, Priority
from compliance.errors import NotAllowed, StaleCase
from compliance.models import Claim, Event, User
from compliance.queries.tabs import TAB_OF, Filters
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import events, fresh

pytestmark = pytest.mark.django_db


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
    assert claims.claim_next(by=analyst, tab=TAB_OF["recheck"]) is None
    assert claims.claim_next(by=analyst, filters=Filters(country="KE", code="K-8")) is None
    filters = Filters(country="KE", code="K-7", assignee="nobody", age="day")
    claimed = claims.claim_next(by=analyst, tab=TAB_OF["incomplete"], filters=filters)
    assert claimed == matching
    assert claims.claim_next(by=analyst, filters=Filters(country="KE")) is None


@pytest.mark.parametrize("slug", ["approvals", "mine", "waiting", "decided"])
def test_a_list_without_cases_to_claim_stands_for_all_open_cases(slug: str, analyst: User) -> None:
    case = assertions.case_with("declined", country="KE")
    assert claims.claim_next(by=analyst, tab=TAB_OF[slug], filters=Filters(country="ZA")) is None
    assert claims.claim_next(by=analyst, tab=TAB_OF[slug], filters=Filters(country="KE")) == case


def test_cases_without_a_possible_decision_are_not_claimed_next(analyst: User) -> None:
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
