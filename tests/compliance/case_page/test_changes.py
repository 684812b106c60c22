"""Sentences about changes between two reports and since a person's last visit."""

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from compliance import audit
from compliance.actions import reports
from compliance.actions.visits import Since
from compliance.case_page import changes, timeline
from compliance.case_page.difference_sentence import describe_difference, fact_labels
from compliance.enums import DecisionVerdict, EventType
from compliance.facts.report_difference import difference
from compliance.models import Check, CheckSync, Event, Person, User
from providers import Facts, Outcome, TimeoutRule, Verdict
from tests import factories
from tests.compliance import assertions

# --- from one report to the next --------------------------------------------------------------------------------------


def says(outcome: str = "manual_review", *codes: str, number: int = 1, **given_fields: Any) -> Check:
    usual: dict[str, Any] = {
        "outcome": outcome,
        "provider_verdict": "none",
        "status_word": "review",
        "reasons": [{"code": code} for code in codes],
        "report_count": number,
    }
    return Check(**(usual | given_fields))


def difference_of(before: Check, after: Check, *, beside_outcome: bool = False) -> str:
    return describe_difference(difference(before, after), beside_outcome=beside_outcome)


ADA = {"full_name": "Ada Example", "document_expiry": "2030-01-01"}
EVE = {"full_name": "Eve Example", "document_expiry": "2031-01-01"}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            says("manual_review", "61301", facts=ADA),
            says("declined", "62301", "62304", facts=EVE, status_word="declined"),
            "Outcome changed from manual review to declined; 2 new codes (62301, 62304), 1 removed; "
            "changed: full name, expiry",
        ),
        (says(), says("approved"), "Outcome changed from manual review to passed"),
        (says(), says(provider_verdict="negative"), "Provider result changed from none to failed"),
        (says(), says(status_word="queue_2"), "Status “queue_2” instead of “review”"),
        (says("declined", "62301"), says("declined"), "1 code removed (62301)"),
        (says("declined", "a", "b"), says("declined"), "2 codes removed (a, b)"),
        (says(), says("manual_review", *"abcd"), "4 new codes (a, b, c, …)"),
        (says(), says("manual_review", "review", "null", ""), "Only details of the payload changed"),
        (says("in_progress", "OPEN", "STEP 1", status_word="OPEN / STEP 1"), says("approved", "ACCEPTED", "DONE", "62",
         status_word="ACCEPTED / DONE"), "Outcome changed from in progress to passed; 1 new code (62)"),
        (says(), says(risk_labels=("mcc_not_confident",)), "1 new risk label (mcc_not_confident)"),
        (says(), says(attempts=[{}] * 2), "2 more attempts"),
        (says(attempts=[{}] * 2), says(attempts=[{}] * 3), "1 more attempt"),
        (says(), says(facts=ADA), "Now given: full name, expiry"),
        (says(facts=ADA), says(), "No longer given: full name, expiry"),
        (says(facts=ADA), says(facts={"full_name": " Ada  Example ", "document_expiry": "2030-01-01"}),
         "Only details of the payload changed"),
        (says(facts={"given_names": "Ada", "family_name": "E"}), says(facts={"given_names": "Ada", "family_name": "F"}),
         "Changed: full name"),
        (says(facts={"scores": [["similarity", "88"], ["liveness", "9"]]}),
         says(facts={"scores": (("similarity", "61"), ("liveness", "9"))}), "Changed: similarity"),
        (says(facts={"other": [["Steps", "1"]]}), says(facts={"other": (("Steps", "2"),)}), "Changed: other details"),
        (says(facts={"other": [["Steps", "1"]]}), says(facts={"other": (("Steps", "1"),)}),
         "Only details of the payload changed"),
        (says(), says(facts=dict.fromkeys(("birth_date", "sex", "phone", "email", "address"), "x")),
         "Now given: birth date, sex, phone and 2 others"),
        (says(), says(), "Only details of the payload changed"),
    ],
)  # fmt: skip
def test_a_difference_between_reports_has_a_sentence(before: Check, after: Check, words: str) -> None:
    assert difference_of(before, after) == words


def test_a_difference_next_to_its_outcome_leaves_the_outcome_out() -> None:
    before, after = says("manual_review", "61301"), says("declined", "62301")
    assert difference_of(before, after, beside_outcome=True) == "1 new code (62301), 1 removed"
    assert difference_of(says(), says("declined"), beside_outcome=True) == ""
    assert difference_of(says(), says(), beside_outcome=True) == "Only details of the payload changed"


def test_a_first_report_has_no_difference() -> None:
    assert difference(says("pending", number=0), says("declined", "62301", facts=ADA)) == {}
    assert describe_difference({}) == describe_difference({}, beside_outcome=True) == ""


def test_every_fact_has_a_label() -> None:
    listed: dict[str, Any] = {"scores": (("similarity", "x"),), "other": (("x", "x"),), "negatives": (("x", "x"),)}
    listed["also"] = ({"name": "second document", "facts": {"full_name": "x"}},)
    unnamed = ("private", "unread")
    given_facts = {field.name: listed.get(field.name, "x") for field in fields(Facts) if field.name not in unnamed}
    names = difference(says(), says(facts=given_facts))["given"]
    words = {fact_labels([name]) for name in names}
    assert len(words) == len(names) and not any("_" in word for word in words)
    assert len(names) == len(given_facts) - 2  # the parts of a name count as one fact


CANARY = "c4n4ry"
VALUES = st.sampled_from(["", f"{CANARY}-1", f"{CANARY}-2", f"Zoë {CANARY}", "1987-11-23"])
LISTED = ("scores", "other", "further", "private", "negatives", "unread")
NAMED = [field.name for field in fields(Facts) if field.name not in (*LISTED, "also")]
PAIRS = st.lists(st.tuples(st.sampled_from(["similarity", f"label {CANARY}"]), VALUES), max_size=3)
ALONE = st.fixed_dictionaries(dict.fromkeys(NAMED, VALUES) | dict.fromkeys(LISTED, PAIRS))
ALSO = st.lists(st.fixed_dictionaries({"name": st.just(f"{CANARY} record"), "facts": ALONE}), max_size=2)
FACTS = st.builds(lambda facts, also: facts | {"also": also}, ALONE, ALSO)


@given(before=FACTS, after=FACTS)
def test_a_difference_contains_no_value_or_label_of_an_answer(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = difference(says(facts=before), says(facts=after))
    text = json.dumps(found) + describe_difference(found)
    assert CANARY not in text and "1987" not in text
    assert sum(len(found.get(key, [])) for key in ("given", "changed", "gone")) <= len(NAMED) + 5


@given(facts=FACTS)
def test_stored_and_parsed_forms_of_the_same_facts_are_equal(facts: dict[str, Any]) -> None:
    stored = json.loads(json.dumps({name: value for name, value in facts.items() if value}))
    assert difference(says(facts=stored), says(facts=facts)) == {"report": 1}


PERSON = Facts(full_name="Zebediah Quillfeather", birth_date="1987-11-23", document_number="X4471902Q")
OTHER = Facts(full_name="Ottoline Marrowgate", birth_date="1993-04-17", phone="+15550147")
PERSONAL = ("zebediah", "quillfeather", "ottoline", "marrowgate", "1987-11-23", "1993-04-17", "4471902", "5550147")


def clear_columns() -> Iterator[tuple[str, str]]:
    """Every table as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM \"{table}\" t")  # noqa: S608
            yield table, cursor.fetchone()[0].lower()


@pytest.mark.promise("P4")
@pytest.mark.django_db
def test_a_stored_report_records_its_difference_in_check_and_trail_without_values() -> None:
    check = assertions.add_check(factories.make_case(full_name="Somebody"))
    assertions.say(check, "manual_review", "none", "61301", facts=PERSON)
    assert (check.difference, check.report_count) == ({}, 1)
    assertions.say(check, "declined", "negative", "62301", "62304", facts=OTHER)
    first, second = Event.objects.filter(case_id=check.case_id, type=EventType.REPORTED).order_by("seq")
    assert first.data["difference"] == {}
    assert second.data["difference"] == check.difference
    assert describe_difference(check.difference) == (
        "Outcome changed from manual review to declined; 2 new codes (62301, 62304), 1 removed; now given: phone; "
        "changed: full name, birth date; no longer given: document number"
    )
    assert [(table, word) for table, text in clear_columns() for word in PERSONAL if word in text] == []


@pytest.mark.django_db
def test_a_repeated_answer_does_not_change_the_difference() -> None:
    check = assertions.add_check(factories.make_case())
    assertions.say(check, "manual_review", facts=PERSON)
    assertions.say(check, "declined", facts=PERSON)
    before = check.difference
    assertions.say(check, "declined", facts=PERSON)
    assert (check.difference, check.report_count) == (before, 2)


@pytest.mark.django_db
def test_a_difference_costs_a_batch_no_statement() -> None:
    case = factories.make_case()
    many = [assertions.add_check(case) for _ in range(12)]
    counts = []
    for outcome, facts in (("manual_review", PERSON), ("declined", OTHER)):
        CheckSync.objects.update(fence=F("fence") + 1)
        batch = [assertions.read_of(check, outcome, facts=facts) for check in many]
        with CaptureQueriesContext(connection) as statements:
            assert reports.record_reports(batch).changed == len(many)
        counts.append(len([entry for entry in statements if entry["sql"].startswith("SELECT")]))
    assert counts[1] <= counts[0]
    assert {check.difference["report"] for check in Check.objects.filter(case=case)} == {1}


# --- since a person's last visit --------------------------------------------------------------------------------------

READER = User(pk=1, person=Person(pk=1, name="Dana Whitfield"))
AGAIN = User(pk=2, person=READER.person)
MAJA = User(pk=3, first_name="Maja", person=Person(pk=3, name="Maja"))
SINCE = Since(seq=10, at=datetime(2026, 3, 1, 9, tzinfo=UTC))
CHECKOUT = {"check": "c", "provider": "checkout_com", "kind": "identity", "reference": "idv_1", "status": "x"}
BANK = {"check": "b", "provider": "bank131", "kind": "database", "reference": "1", "status": "y"}


def reported(data: dict[str, str], before: str, outcome: str, *changed: str) -> tuple[Any, ...]:
    reported_difference = {"report": 1} | ({"changed": list(changed)} if changed else {})
    return EventType.REPORTED, None, data | {"before": before, "outcome": outcome, "difference": reported_difference}


def history(*steps: tuple[Any, ...], first: int = 11) -> list[Event]:
    """Events as the page loads them: newest first, with their actors."""
    made = []
    for seq, (kind, actor, *data) in enumerate(steps, first):
        name = actor.label if actor else ""
        fields = {"seq": seq, "type": kind, "actor": actor, "actor_name": name, "data": data[0] if data else {}}
        made.append(Event(**fields))
    return made[::-1]


def news(*steps: tuple[Any, ...]) -> str:
    found = changes.news_of(history(*steps), SINCE, reader=READER)
    return found.text if found else ""


def copied(*kinds: str) -> tuple[Any, ...]:
    return EventType.DOCUMENTS_COPIED, None, {"kinds": list(kinds), "label": "l"}


QUEUED = (EventType.QUEUED, None, {"queue": "declined", "came_from": ""})
DECIDED = (EventType.DECIDED, MAJA, {"verdict": "escalate", "reason": "ESC-01"})
BLOCKED = (EventType.CHECK_BLOCKED, None, BANK | {"detail": "d", "fault": "f"})
READABLE = (EventType.CHECK_READABLE, None, BANK)


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ([], ""),
        ([(EventType.CLAIMED, READER), (EventType.RELEASED, AGAIN)], ""),
        ([(EventType.CLAIMED, MAJA)], "Maja claimed the case."),
        ([(EventType.CLAIMED, MAJA), (EventType.RELEASED, MAJA)], "Maja released the case."),
        (
            [(EventType.CLAIMED, MAJA), copied("selfie", "document_front"),
             reported(CHECKOUT, "manual_review", "declined")],
            "Checkout.com identity is now declined; 2 images were saved; Maja claimed the case.",
        ),
        ([copied("selfie"), copied("document_back")], "2 images were saved."),
        ([copied("selfie")], "1 image was saved."),
        ([(EventType.DOCUMENT_LOST, None, {"kind": "selfie", "detail": "d"})] * 2, "2 images were not saved."),
        (
            [reported(CHECKOUT, "pending", "in_progress"),
             reported(CHECKOUT, "in_progress", "manual_review", "full_name"),
             reported(CHECKOUT, "manual_review", "declined", "full_name", "document_expiry")],
            "Checkout.com identity is now declined (changed: full name, expiry).",
        ),
        (
            [reported(CHECKOUT, "approved", "declined"), reported(CHECKOUT, "declined", "approved", "full_name")],
            "Checkout.com identity reported again (changed: full name).",
        ),
        ([reported(CHECKOUT, "declined", "declined", "other")], ""),
        ([reported(CHECKOUT, "", "in_progress")], "Checkout.com identity is now in progress."),
        (
            [(EventType.LAPSED, None, BANK | {"outcome": "incomplete", "minutes": 30})],
            "Bank131 database is now incomplete.",
        ),
        (
            [QUEUED, DECIDED, BLOCKED, copied("selfie"), reported(BANK, "pending", "approved"),
             reported(CHECKOUT, "pending", "declined")],
            "Checkout.com identity is now declined; Bank131 database is now passed; "
            "Maja escalated the case to a manager, reason ESC-01; and 3 more.",
        ),
        ([BLOCKED, READABLE], "Bank131 database syncs again."),
        ([READABLE, BLOCKED], "Bank131 database has a sync error."),
        ([QUEUED], "Entered the queue Declined."),
        ([(EventType.SYSTEM_CLOSED, None, {})],
         "Approved automatically: every required check passed and nothing contradicts."),
        ([(EventType.CHECK_ADDED, MAJA, BANK)], "Bank131 database was added."),
        ([(EventType.READ_REQUESTED, MAJA, BANK)] * 3, "Maja requested a refresh."),
    ],
)  # fmt: skip
def test_news_are_merged_and_ordered_by_importance(steps: list[tuple[Any, ...]], text: str) -> None:
    assert news(*steps) == text


def test_no_news_at_the_first_visit_or_without_events() -> None:
    events = history((EventType.CLAIMED, MAJA))
    assert changes.news_of(events, None, reader=READER) is None
    assert changes.news_of(events, Since(seq=11, at=SINCE.at), reader=READER) is None
    assert changes.news_of([], SINCE, reader=READER) is None


def test_only_events_of_others_are_marked_as_new() -> None:
    events = history(
        (EventType.CLAIMED, MAJA), (EventType.RELEASED, READER), QUEUED, (EventType.CLAIMED, AGAIN), first=9
    )
    found = changes.news_of(events, SINCE, reader=READER)
    assert found is not None and found.new == {11}


def test_the_count_of_truncated_events_is_a_lower_bound() -> None:
    steps = [(EventType.CLAIMED, MAJA), BLOCKED, copied("selfie"), DECIDED, QUEUED]
    found = changes.news_of(history(*steps, first=300), SINCE, reader=READER)
    assert found is not None and found.more == "and more than 2 more"
    found = changes.news_of(history(*steps[:1], first=300), SINCE, reader=READER)
    assert found is not None and found.text == "Maja claimed the case; and more."


SAID_THE_SAME = reported(BANK, "declined", "declined")
EVERY = st.lists(
    st.sampled_from([
        (EventType.CLAIMED, MAJA), (EventType.RELEASED, READER), QUEUED, DECIDED, BLOCKED, READABLE, copied("selfie"),
        reported(CHECKOUT, "pending", "declined", "phone"), SAID_THE_SAME,
        (EventType.DOCUMENT_ADDED, MAJA, {"kind": "other"}), (EventType.OVERRIDE_EXPIRED, None, {}),
    ]),
    max_size=12,
)  # fmt: skip


@given(steps=EVERY)
def test_news_have_at_most_three_clauses_and_count_all_other_events(steps: list[tuple[Any, ...]]) -> None:
    found = changes.news_of(history(*steps), SINCE, reader=READER)
    foreign = [step for step in steps if step[1] is not READER]
    assert (found is None) == (not foreign)
    assert found is None or len(found.new) == len(foreign)
    foreign = [step for step in foreign if step != SAID_THE_SAME]
    if found and foreign:
        assert 1 <= len(found.clauses) <= changes.MOST_CLAUSES
        left = int(found.more.split()[1]) if found.more else 0
        assert len(found.clauses) + left <= len(foreign)
        assert bool(left) <= (len(found.clauses) == changes.MOST_CLAUSES)


def test_every_event_has_a_clause(analyst: User, manager: User) -> None:
    data = CHECKOUT | {
        "outcome": "declined", "before": "pending", "minutes": 30, "detail": "d", "queue": "declined", "what": "w",
        "verdict": "approve", "reason": "OK-01", "proposed_by": "P", "kinds": ["selfie"], "label": "l", "after": "a",
    }  # fmt: skip
    for kind in EventType:
        found = changes.news_of(history((kind, MAJA, data)), SINCE, reader=READER)
        assert found is not None
        assert found.text.endswith(".") and not found.text[0].islower() and len(found.text) > 8, kind


@pytest.mark.django_db
def test_news_of_a_real_case_contain_no_personal_data(analyst: User, colleague: User) -> None:
    case = factories.make_case(full_name="Zebediah Quillfeather", birth_date="1987-11-23")
    check = assertions.add_check(case)
    assertions.say(check, "manual_review", facts=PERSON)
    lapse = TimeoutRule(key="k", after=timedelta(0), outcome=Outcome.RETRY_REQUIRED, verdict=Verdict.NONE)
    assertions.say(check, "in_progress", facts=OTHER, lapse=lapse)
    assertions.say(check, "declined", "negative", "62301", facts=PERSON)
    case.refresh_from_db()
    audit.record(
        EventType.DECIDED, case=case, by=colleague, decision="d", verdict=DecisionVerdict.ESCALATE, reason="ESC-01"
    )
    events = list(Event.objects.filter(case=case).select_related("actor").order_by("-seq"))
    found = changes.news_of(events, Since(seq=1, at=SINCE.at), reader=analyst)
    assert found is not None
    text = " ".join([found.head, found.text, *(timeline.line(event, reader=analyst).difference for event in events)])
    assert [word for word in PERSONAL if word in text.lower()] == []
    assert "Checkout.com identity is now declined (changed: full name, birth date)" in text
