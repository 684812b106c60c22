"""Visits: shared by a person's users, half an hour long, never moved back, without locks."""

import itertools
import threading
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance import audit
from compliance.actions import cases, visits
from compliance.actions.visits import Since
from compliance.case_page import changes
from compliance.enums import EventType
from compliance.models import Case, CaseVisit, Event, User
from tests import factories
from tests.concurrency import at_once
from tests.sampling import examples

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def opens(case: Case, by: User, seq: int, minutes: float) -> Since | None:
    return visits.record_visit(case.pk, by=by, event_seq=seq, now=START + timedelta(minutes=minutes))


def since(seq: int, minutes: float) -> Since:
    return Since(seq=seq, at=START + timedelta(minutes=minutes))


@pytest.fixture
def case(db: None) -> Case:
    return factories.make_case()


def test_the_first_visit_has_no_earlier_one(case: Case, analyst: User) -> None:
    assert opens(case, analyst, 4, 0) is None
    assert visits.last_seen(case.pk, person_id=analyst.person_id) is None


def test_a_later_visit_knows_the_events_seen_before(case: Case, analyst: User) -> None:
    opens(case, analyst, 4, 0)
    assert opens(case, analyst, 9, 60) == since(4, 0)
    assert opens(case, analyst, 9, 120) == since(9, 60)


def test_opening_again_within_the_visit_keeps_the_news(case: Case, analyst: User) -> None:
    opens(case, analyst, 4, 0)
    for minutes, seq in ((60, 9), (70, 10), (99, 11), (128, 12)):
        assert opens(case, analyst, seq, minutes) == since(4, 0)
    assert opens(case, analyst, 13, 128 + 30) == since(12, 128)


def test_events_during_the_first_visit_are_news(case: Case, analyst: User) -> None:
    opens(case, analyst, 4, 0)
    assert opens(case, analyst, 6, 5) == since(4, 0)
    assert opens(case, analyst, 7, 10) == since(4, 0)


@pytest.mark.parametrize(("gap", "goes_on"), [(29.99, True), (30, False), (30.01, False)])
def test_a_visit_lasts_half_an_hour(gap: float, goes_on: bool, case: Case, analyst: User) -> None:
    opens(case, analyst, 1, -60)
    opens(case, analyst, 2, 0)
    assert opens(case, analyst, 3, gap) == (since(1, -60) if goes_on else since(2, 0))


def test_users_of_one_person_share_visits(case: Case, analyst: User, colleague: User) -> None:
    other_sign_in = factories.make_user("dana-2", "Dana Whitfield", "manager", person=analyst.person)
    opens(case, analyst, 4, 0)
    opens(case, colleague, 8, 50)
    assert opens(case, other_sign_in, 9, 60) == since(4, 0)
    assert opens(case, colleague, 9, 61) == since(8, 50)
    assert CaseVisit.objects.count() == 2


def test_each_case_has_its_own_visits(case: Case, analyst: User) -> None:
    other = factories.make_case()
    opens(case, analyst, 4, 0)
    assert opens(other, analyst, 2, 60) is None


def test_a_late_tab_does_not_move_the_visit_back(case: Case, analyst: User) -> None:
    opens(case, analyst, 4, 0)
    opens(case, analyst, 12, 60)
    assert opens(case, analyst, 7, 59) == since(4, 0)
    seen = CaseVisit.objects.get()
    assert (seen.seen_seq, seen.seen_at) == (12, START + timedelta(minutes=60))


def test_recording_a_visit_is_one_statement(case: Case, analyst: User) -> None:
    for minutes in (0, 5, 90):
        with CaptureQueriesContext(connection) as statements:
            opens(case, analyst, 1, minutes)
        assert len(statements) == 1


def test_fragments_of_an_open_page_read_the_current_visit(case: Case, analyst: User) -> None:
    opens(case, analyst, 4, 0)
    opened = opens(case, analyst, 9, 60)
    with CaptureQueriesContext(connection) as statements:
        assert visits.last_seen(case.pk, person_id=analyst.person_id) == opened == since(4, 0)
    assert len(statements) == 1


def test_the_database_keeps_number_and_time_of_a_visit_together(case: Case, analyst: User) -> None:
    opens(case, analyst, 4, 0)
    for wrong in ({"since_seq": 3}, {"since_at": START}, {"since_seq": 5, "since_at": START}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CaseVisit.objects.update(**wrong)


# --- any order of openings and events ---------------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("opens"), st.integers(0, 2), st.sampled_from([0, 1, 29, 30, 31, 600])),
        st.tuples(st.just("does"), st.sampled_from([0, 1, 2, None]), st.sampled_from([0, 1, 40])),
    ),
    max_size=25,
)


class Model:
    """A model of the visits, to compare with."""

    def __init__(self) -> None:
        self.events: list[int | None] = []
        self.openings: dict[int, list[tuple[float, int]]] = {0: [], 1: [], 2: []}

    def opens(self, who: int, minute: float) -> set[int] | None:
        """Numbers of the events that are new to this person now; None without an earlier visit."""
        mine = self.openings[who]
        mine.append((minute, len(self.events)))
        # Go back to the start of the visit: the opening before it is the reference.
        place = len(mine) - 1
        while place > 0 and mine[place][0] - mine[place - 1][0] < 30:
            place -= 1
        if len(mine) == 1:
            return None
        seen = mine[max(place - 1, 0)][1]
        return {number for number, actor in enumerate(self.events, 1) if number > seen and actor != who}


@pytest.mark.promise("P27")
@pytest.mark.django_db
@given(steps=STEPS)
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_news_are_events_of_others_after_the_last_visit(
    steps: list[tuple[str, int | None, int]], analyst: User, colleague: User, manager: User
) -> None:
    people = [analyst, colleague, manager]
    case = factories.make_case()
    model, minute, first = Model(), 0.0, case.event_seq
    for what, who, gap in steps:
        minute += gap
        if what == "does":
            with transaction.atomic():
                audit.record(
                    EventType.READ_REQUESTED, case=cases.lock(case.pk), by=None if who is None else people[who]
                )
            model.events.append(who)
            continue
        assert who is not None
        seq = Case.objects.values_list("event_seq", flat=True).get(pk=case.pk)
        opened = opens(case, people[who], seq, minute)
        events = list(Event.objects.filter(case=case).select_related("actor").order_by("-seq"))
        news = changes.news_of(events, opened, reader=people[who])
        expected = model.opens(who, minute)
        assert (opened is None) == (expected is None)
        assert {number - first for number in news.new} if news else set() == (expected or set())


# --- concurrency ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_tabs_that_open_at_once_agree_and_do_not_move_back(analyst: User) -> None:
    for opened_before in (False, True):
        case = factories.make_case()
        if opened_before:
            opens(case, analyst, 2, -90)
        found = at_once([partial(opens, case, analyst, seq, seq / 10) for seq in range(3, 15)])
        seen = CaseVisit.objects.get(case=case)
        assert (seen.seen_seq, seen.seen_at) == (14, START + timedelta(minutes=1.4))
        if opened_before:
            assert set(found) == {since(2, -90)}
        else:
            assert found.count(None) == 1
            assert len(set(found)) == 2  # the first, and all others after it


@pytest.mark.django_db(transaction=True)
def test_a_visit_waits_for_no_lock_of_the_case_and_holds_none(analyst: User) -> None:
    case = factories.make_case()
    locked, done = threading.Event(), threading.Event()

    def works() -> None:
        with transaction.atomic():
            cases.lock(case.pk)
            locked.set()
            assert done.wait(timeout=30)

    def open_page() -> list[Since | None]:
        try:
            assert locked.wait(timeout=30)
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            return [opens(case, analyst, seq, minutes) for seq, minutes in ((1, 0), (1, 5), (1, 90))]
        finally:
            done.set()

    _, found = at_once([works, open_page])
    assert found == [None, since(1, 0), since(1, 5)]


@pytest.mark.django_db(transaction=True)
def test_an_uncommitted_visit_does_not_block_decisions(analyst: User) -> None:
    case = factories.make_case()
    with transaction.atomic():
        opens(case, analyst, 1, 0)

        def locks() -> int:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                return cases.lock(case.pk).pk

        assert at_once([locks]) == [case.pk]


def test_the_model_gives_visits_with_news_and_without() -> None:
    """The model gives visits with news and without; else the property above would prove nothing."""
    model = Model()
    assert model.opens(0, 0) is None
    model.events += [1, None, 0]
    assert model.opens(0, 10) == {1, 2}
    assert model.opens(0, 39) == {1, 2}
    assert model.opens(0, 80) == set()
    assert list(itertools.chain(model.openings[1])) == []
