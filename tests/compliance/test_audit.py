"""The trail: a whole chain per case, refused changes, a sentence for every event, and nothing personal."""

import json
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, IntegrityError
from django.utils import timezone

from compliance import audit
from compliance.actions import (
    cases,
    checks,
    claims,
    corrections,
    decisions,
    escalations,
    overrides,
    reports,
    resolutions,
    sweeps,
    uploads,
)
from compliance.case_page import timeline
from compliance.enums import AccessKind, DecisionVerdict, EventType
from compliance.models import AppendOnlyError, Applicant, Case, CheckSync, DeskEvent, Event, User, ViewRecord
from compliance.routing.evidence_digest import evidence_digest
from providers import EvidenceKind, Facts, NotFoundAtProvider, Outcome, TimeoutRule, Verdict
from tests import factories
from tests.compliance import assertions
from tests.concurrency import at_once
from tests.factories import decision_request

APPROVE, REJECT = DecisionVerdict.APPROVE, DecisionVerdict.REJECT
APPLICANT = {
    "external_id": "cust-unmentionable",
    "full_name": "Zebediah Quillfeather",
    "birth_date": "1987-11-23",
    "email": "zebediah@quillfeather.example",
    "document_number": "X-4471902-Q",
}
READ = Facts(
    full_name="QUILLFEATHER ZEBEDIAH",
    birth_date="23.11.1987",
    document_number="X4471902Q",
    address="17 Marrowgate Lane",
    phone="+15550147",
    email="zebediah@quillfeather.example",
)
PERSONAL = ("zebediah", "quillfeather", "1987", "11-23", "23.11", "4471902", "marrowgate", "5550147")
NOTES = ("Her cousin said so on the phone.", "Zebediah seems older here.")


def verified(case: Case) -> int:
    """Recompute the chain from the stored texts; the number of its events. Fails at the first that does not match."""
    head = b""
    rows = list(Event.objects.filter(case=case).order_by("seq"))
    for number, row in enumerate(rows, start=1):
        head = audit.chain_hash(head, row.text)
        stored = json.loads(row.text)
        assert bytes(row.hash) == head
        assert row.seq == stored["seq"] == number
        assert (stored["case"], stored["type"], stored["data"]) == (case.pk, row.type, row.data)
        assert (stored["at"], stored["actor"], stored["actor_name"]) == (
            row.at.isoformat(),
            row.actor_id,
            row.actor_name,
        )
    last = Case.objects.get(pk=case.pk)
    assert (last.event_seq, bytes(last.event_hash)) == (len(rows), head)
    return len(rows)


def full_life(analyst: User, manager: User) -> list[Case]:
    """Cases that have nearly all types of events."""
    case = factories.make_case(**APPLICANT)
    check = assertions.add_check(case)
    cases.open_case(Applicant(**APPLICANT), environment="simulator", by=analyst)
    checks.correct_check(check.pk, by=analyst, reason="Typing error.", reference=assertions.reference())
    assertions.fail(check, NotFoundAtProvider("checkout_com", "Nobody knows it there."))
    checks.request_read(check.pk, by=analyst)
    lapse = TimeoutRule(key="k", after=timedelta(0), outcome=Outcome.RETRY_REQUIRED, verdict=Verdict.NONE)
    assertions.say(check, "in_progress", facts=READ, lapse=lapse)
    assertions.fail(check, NotFoundAtProvider("checkout_com", "Nobody knows it there."))
    assertions.say(check, "in_progress", facts=READ, lapse=lapse)
    assertions.say(check, "in_progress", facts=READ, lapse=lapse)
    claims.claim(case.pk, by=analyst)
    claims.release(case.pk, by=analyst)
    kind, letter = EvidenceKind.REPORT_PDF, b"%PDF-1.4 Zebediah Quillfeather"
    added = uploads.add(case.pk, by=analyst, kind=kind, note=NOTES[0], content=letter)
    uploads.withdraw(added.pk, by=analyst, reason=NOTES[1])
    rule(case, analyst, DecisionVerdict.REQUEST_RETRY, "RTY-01")
    sweeps.sweep(now=timezone.now() + timedelta(days=8))
    new = checks.replace_check(
        check.pk, by=analyst, reason="New one.", account=check.account, reference=assertions.reference()
    )
    assertions.say(new, "declined", "negative", "62301", facts=READ)
    rule(case, analyst, DecisionVerdict.ESCALATE, "ESC-01")
    claims.claim(case.pk, by=manager)
    escalations.answer(case.pk, by=manager, note=NOTES[1])
    rule(case, analyst, DecisionVerdict.ESCALATE, "ESC-01")
    escalations.withdraw(case.pk, by=analyst)
    for answer in ("withdraw", "refuse", "expire", "approve"):
        proposal = overrides.propose(
            case.pk, by=analyst, request=decision_request(fresh(case), APPROVE, "OK-04", NOTES[0])
        )
        if answer == "withdraw":
            overrides.withdraw(proposal.pk, by=analyst, note=NOTES[1])
        elif answer == "refuse":
            overrides.deny(proposal.pk, by=manager, note=NOTES[1])
        elif answer == "expire":
            sweeps.sweep(now=proposal.expires_at)
        else:
            seen = evidence_digest(cases.evidence_of(fresh(case)))
            overrides.approve(proposal.pk, by=manager, seen=seen, note=NOTES[1])
    assertions.say(new, "manual_review", facts=READ)
    rule(case, manager, DecisionVerdict.CONFIRM, "OK-01")
    clean = assertions.case_with("approved", full_name="Zebediah Quillfeather", external_id="cust-unmentionable-2")
    mistake = assertions.case_with("declined", "negative", "62304", full_name="Zebediah Quillfeather")
    decisions.void(mistake.pk, by=analyst, reason="MIS-01", note=NOTES[0])
    return [case, clean, mistake, _with_a_finding(analyst), *_with_a_duplicate(analyst, manager)]


def _with_a_finding(analyst: User) -> Case:
    case = factories.make_case(full_name="Zebediah Quillfeather")
    check = assertions.add_check(case)
    assertions.say(check, "approved", facts=Facts(full_name="Quillfeather Jebediah"))
    resolutions.resolve(case.findings.get().pk, by=analyst, reason="OK-03", note=NOTES[0])
    assertions.say(check, "approved", facts=Facts(full_name="Quillfeather Hezediah"), word="passed again")
    corrections.correct(case.pk, by=analyst, reason="Typing error.", values={"full_name": "Hezediah Quillfeather"})
    return case


def _with_a_duplicate(analyst: User, manager: User) -> list[Case]:
    both = [factories.make_case(full_name="Zebediah Quillfeather") for _ in range(2)]
    for case in both:
        facts = Facts(full_name="Zebediah Quillfeather", document_number="QF1234567")
        assertions.say(assertions.add_check(case), "manual_review", facts=facts)
    duplicate = both[1].findings.get(kind="duplicate", state="open")
    resolutions.resolve(duplicate.pk, by=analyst, reason="OK-03", note=NOTES[0])
    resolutions.agree(duplicate.pk, by=manager, note=NOTES[1])
    return both


def rule(case: Case, by: User, verdict: DecisionVerdict, reason: str) -> None:
    decisions.decide(case.pk, by=by, request=decision_request(fresh(case), verdict, reason, NOTES[1]))


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


NEEDS_PICTURES = {EventType.DOCUMENTS_COPIED, EventType.DOCUMENT_LOST}
NO_ACTION = {EventType.OVERRIDE_DIGEST_MIGRATED}
"""Written by a migration, not by an action."""


# --- the chain --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_chain_of_all_events_is_verified_by_recomputing(analyst: User, manager: User) -> None:
    made = full_life(analyst, manager)
    assert verified(made[0]) > 25
    assert all(verified(case) for case in made)


@pytest.mark.promise("G16")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE compliance_event SET text = replace(text, 'reject', 'approve') WHERE type = 'decided'",
        "UPDATE compliance_event SET data = data || '{{\"verdict\": \"approve\"}}' WHERE type = 'decided'",
        "UPDATE compliance_event SET actor_name = 'Somebody Else' WHERE type = 'decided'",
        "UPDATE compliance_event SET at = at - interval '1 hour' WHERE seq = 2",
        "DELETE FROM compliance_event WHERE seq = 2",
        "DELETE FROM compliance_event WHERE seq = (SELECT max(seq) FROM compliance_event)",
        "UPDATE compliance_event SET hash = sha256('x') WHERE seq = 1",
        "UPDATE compliance_case SET event_seq = event_seq - 1",
        "UPDATE compliance_event SET seq = 99 WHERE seq = 3",
    ],
)
def test_every_manipulation_by_a_superuser_is_found(analyst: User, tampering: str) -> None:
    case = assertions.case_with("declined")
    rule(case, analyst, REJECT, "REJ-01")
    verified(case)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE compliance_event DISABLE TRIGGER USER")
        cursor.execute(tampering.replace("{{", "{").replace("}}", "}"))
        assert cursor.rowcount == 1
    with pytest.raises(AssertionError):
        verified(case)


@pytest.mark.promise("G16")
@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_leave_no_gap_and_no_fork(analyst: User, manager: User) -> None:
    account = assertions.make_account()
    made = [factories.make_case() for _ in range(4)]
    added = [assertions.add_check(case, account=account) for case in made]
    faces = [assertions.add_check(case, "face", account=account) for case in made]
    rounds = 6

    def report(number: int) -> None:
        for turn in range(rounds):
            assertions.say(added[number], "in_progress", word=f"w{number}-{turn}")

    def report_in_batches() -> None:
        for turn in range(rounds):
            CheckSync.objects.filter(pk__in=[face.pk for face in faces]).update(fence=1000 + turn)
            reports.record_reports([assertions.read_of(face, "in_progress", word=f"f{turn}") for face in faces])

    def refresh(by: User) -> None:
        for check in (added + faces) * (rounds // 2):
            checks.request_read(check.pk, by=by)

    at_once(
        [
            *(lambda n=n: report(n) for n in range(4)),
            report_in_batches,
            lambda: refresh(analyst),
            lambda: refresh(manager),
        ]
    )
    # Opened, two checks, then per case: own reports, batch reports, and two people who refresh two checks.
    assert [verified(case) for case in made] == [3 + rounds + rounds + 2 * 2 * (rounds // 2)] * 4


@pytest.mark.django_db
def test_one_event_per_case_and_number_is_a_constraint() -> None:
    case = assertions.case_with("declined")
    row = Event.objects.filter(case=case).order_by("-seq")[0]
    with pytest.raises(IntegrityError, match="event_one_per_case_and_number"), transaction.atomic():
        Event.objects.create(case=case, seq=row.seq, type=row.type, at=row.at, text=row.text, hash=row.hash)


# --- append-only ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_python_refuses_to_change_stored_events(analyst: User) -> None:
    assertions.case_with("declined")
    audit.record_views(ViewRecord(kind=AccessKind.CASE, user=analyst, page="case", case_id=None))
    assertions.case_with("manual_review", "unknown")
    for model in (Event, DeskEvent, ViewRecord):
        row = model.objects.all()[0]
        attempts: list[Callable[[], object]] = [
            row.save,
            row.delete,
            model.objects.all().delete,
            lambda model=model: model.objects.update(at=timezone.now()),  # type: ignore[misc]
        ]
        for attempt in attempts:
            with pytest.raises(AppendOnlyError, match=r"^The trail is append-only\.$"):
                attempt()


APPEND_ONLY = (
    "compliance_event",
    "compliance_deskevent",
    "compliance_viewrecord",
    "compliance_checkreport",
    "compliance_decision",
)


@pytest.mark.promise("G17")
@pytest.mark.django_db
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_triggers_refuse_the_owner_of_the_tables(table: str, analyst: User) -> None:
    case = assertions.case_with("declined")
    assertions.case_with("manual_review", "unknown")
    audit.record_views(ViewRecord(kind=AccessKind.CASE, user=analyst, page="case", case_id=case.pk))
    rule(case, analyst, REJECT, "REJ-01")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # Settings of the tests allow TRUNCATE; a real database has no such setting.
        cursor.execute("SET LOCAL desk.throw_away = 'off'")
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):  # noqa: S608
            with pytest.raises(DatabaseError, match="is append-only"), transaction.atomic():
                cursor.execute(statement)


ATTACKS = [
    *(statement for table in APPEND_ONLY for statement in (
        f"UPDATE {table} SET id = id",  # noqa: S608
        f"DELETE FROM {table}",  # noqa: S608
        f"TRUNCATE {table}",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_change",
        f"DROP TRIGGER {table}_no_change ON {table}",
        f"DROP TABLE {table} CASCADE",
        f"ALTER TABLE {table} OWNER TO desk_app",
        f"ALTER TABLE {table} RENAME TO gone",
        f"CREATE RULE quiet AS ON INSERT TO {table} DO INSTEAD NOTHING",
    )),
    "UPDATE compliance_event SET text = '' WHERE false",
    "INSERT INTO compliance_event SELECT * FROM compliance_event ON CONFLICT (id) DO UPDATE SET text = ''",
    "MERGE INTO compliance_event e USING compliance_event s ON e.id = s.id WHEN MATCHED THEN DELETE",
    "MERGE INTO compliance_event e USING compliance_event s ON e.id = s.id WHEN MATCHED THEN UPDATE SET text = ''",
    "WITH gone AS (DELETE FROM compliance_event RETURNING id) SELECT count(*) FROM gone",
    "SELECT id FROM compliance_event FOR UPDATE",
    "SET ROLE desk_owner",
    "SET SESSION AUTHORIZATION desk_owner",
    "SET session_replication_role = replica",
    "ALTER ROLE desk_app SUPERUSER",
    "ALTER ROLE desk_app CREATEROLE",
    "GRANT desk_owner TO desk_app",
    "CREATE OR REPLACE FUNCTION compliance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "DROP FUNCTION compliance_refuse_change() CASCADE",
    "ALTER FUNCTION compliance_guard_decision() RENAME TO gone",
    "CREATE TABLE public.mine (id integer)",
    "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "COPY compliance_event FROM PROGRAM 'true'",
    "DELETE FROM compliance_case",
    "DELETE FROM compliance_check",
    "DELETE FROM compliance_overrideproposal",
    "DELETE FROM compliance_applicant",
    "TRUNCATE compliance_case CASCADE",
    "DROP SCHEMA public CASCADE",
    "DROP DATABASE postgres",
]  # fmt: skip


@pytest.mark.promise("G17")
@pytest.mark.django_db(transaction=True)
def test_the_running_role_lacks_the_right(desk_app: psycopg.Connection, analyst: User) -> None:
    case = assertions.case_with("declined")
    rule(case, analyst, REJECT, "REJ-01")
    desk_app.execute("SET desk.throw_away = 'on'")  # every role may set it, without effect
    for table in APPEND_ONLY:
        desk_app.execute(f"GRANT ALL ON {table} TO desk_app")  # a warning without a grant, as the attacks show
    refusals = {}
    for attack in ATTACKS:
        try:
            desk_app.execute(attack)
            refusals[attack] = "went through"
        except psycopg.Error as refused:
            # 42501 by privilege; the refusal of a trigger has the same code and another message.
            by_privilege = refused.sqlstate == "42501" and "is append-only" not in str(refused)
            refusals[attack] = "" if by_privilege else str(refused)
    assert {attack: refusal for attack, refusal in refusals.items() if refusal} == {}
    assert verified(case) == 5


@pytest.mark.django_db(transaction=True)
def test_the_running_role_appends_by_the_function_alone(desk_app: psycopg.Connection, analyst: User) -> None:
    case = assertions.case_with("declined")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk_app.execute(
            "INSERT INTO compliance_event (case_id, seq, type, at, actor_name, data, text, hash) "
            "SELECT case_id, 99, type, at, actor_name, data, text, hash FROM compliance_event "
            "WHERE case_id = %s AND seq = 1",
            [case.pk],
        )
    before, written = timezone.now(), verified(case)
    backdated = {"case": case.pk, "type": "released", "actor": analyst.pk, "data": {}, "at": "2020-01-01", "seq": 1}
    desk_app.execute("SELECT compliance_append_events(%s)", [json.dumps([backdated])])
    event = Event.objects.get(case=case, seq=written + 1)
    assert (event.actor_name, event.at >= before, verified(case)) == ("Dana Whitfield", True, written + 1)


# --- sentences --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_event_that_is_written_has_a_sentence(analyst: User, manager: User) -> None:
    full_life(analyst, manager)
    rows = list(Event.objects.all())
    assert set(EventType) - {row.type for row in rows} == NEEDS_PICTURES | NO_ACTION
    for row in rows:
        line = timeline.line(row, reader=analyst)
        assert line.sentence
        assert not set(line.sentence) & set("{}")
        assert "None" not in line.sentence
        assert line.icon
        assert line.kind in ("provider", "person", "decision")


@pytest.mark.django_db
def test_every_event_of_a_case_has_its_expected_sentence(analyst: User, manager: User) -> None:
    case = full_life(analyst, manager)[0]
    sentences = [timeline.sentence(row) for row in Event.objects.filter(case=case).order_by("seq")]
    for words in (
        "Case opened",
        "corrected a check (reference): Typing error.",
        "identity check: sync error: Nobody knows it there.",
        "requested a refresh",
        "identity check: sync error resolved",
        "identity check: “in_progress”; result:",
        "identity check: unchanged for 0 minutes; result changed to",
        "Entered the queue Retry required",
        "claimed the case",
        "released the case",
        "added a file: Report, PDF",
        "removed an added file: Report, PDF",
        "requested a retry, reason RTY-01",
        "The retry deadline passed",
        "The identity check was replaced by a newer one",
        "escalated the case to a manager, reason ESC-01",
        "took over the escalated case",
        "answered the escalation",
        "withdrew the escalation",
        "proposed approval, reason OK-04",
        "withdrew the override",
        "denied the override",
        "The override expired without an answer",
        "approved the override proposed by Dana Whitfield: approval",
        "confirmed the decision, reason OK-01",
    ):
        assert words in sentences


@pytest.mark.django_db
def test_the_actor_is_you_for_the_reader_and_a_name_for_others(analyst: User, manager: User) -> None:
    case = assertions.case_with("declined")
    rule(case, analyst, REJECT, "REJ-01")
    event = Event.objects.get(case=case, type="decided")
    mine, theirs = timeline.line(event, reader=analyst), timeline.line(event, reader=manager)
    assert (mine.actor, mine.is_me, theirs.actor, theirs.is_me) == ("You", True, "Dana Whitfield", False)
    assert theirs.initials == "DW"
    machine = timeline.line(Event.objects.get(case=case, type="reported"), reader=analyst)
    assert (machine.actor, machine.is_machine, machine.outcome) == ("Checkout.com", True, "declined")


@pytest.mark.promise("P30")
@pytest.mark.django_db
def test_nothing_personal_and_no_note_is_in_the_trail(analyst: User, manager: User) -> None:
    full_life(analyst, manager)
    for by in (analyst, manager):
        audit.record_views(ViewRecord(kind=AccessKind.CASE, user=by, page="case", case_id=Case.objects.all()[0].pk))
    with connection.cursor() as cursor:
        for table in ("compliance_event", "compliance_deskevent", "compliance_viewrecord"):
            # Hashes and keys may contain any digits by chance.
            text = "regexp_replace(t::text, '[0-9a-f-]{32,}', '', 'g')"
            cursor.execute(f"SELECT string_agg({text}, '\n') FROM {table} t")  # noqa: S608
            written = (cursor.fetchone()[0] or "").lower()
            assert [word for word in (*PERSONAL, "cousin", "older here") if word in written] == []
    cells = " ".join(
        str(row) for row in Case.objects.values_list("why_head", "why", "facets", "checks_summary")
    ).lower()
    assert [word for word in PERSONAL if word in cells] == []
