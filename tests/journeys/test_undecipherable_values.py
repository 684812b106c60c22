"""A stored value that cannot be decrypted is unknown: shown as such in its place, reported once, and never approved."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection, models, transaction
from django.urls import reverse
from django.utils import timezone
from psycopg import sql

from compliance.actions import accounts, checks, corrections, decisions, documents, escalations, overrides, resolutions
from compliance.enums import DecisionVerdict, DeskEventType
from compliance.errors import InvalidInput, NotAllowed
from compliance.facts.conflicts import lacks_agreement
from compliance.models import (
    AccountToken,
    Case,
    Check,
    CheckSync,
    DeskEvent,
    DeskPolicy,
    Document,
    EscalationAnswer,
    Finding,
    UnreadableBody,
    User,
)
from compliance.queries.corrections import version_of
from compliance.sync import provider_clients, reads
from compliance.sync.read_leases import ReadLease
from compliance.views.page_owner import OWNER_FIELD
from providers import CredentialsRefused, Evidence, EvidenceKind, Facts, Token
from providers.models import ProviderAccount
from providers.vault import Undecipherable, VaultError
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import fresh
from tests.compliance.views.pages import page_of, signed_in
from tests.compliance.views.test_documents import copied, png
from tests.factories import decision_request
from tests.providers.vault.key_cache import forget_data_keys

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process", "fresh_cache")]

TEXT = "cannot be decrypted; tell an admin"
OTHER: dict[str, Any] = {"full_name": "Ben Other", "birth_date": "1971-05-06", "document_number": "ZZ987654"}
OTHER_FACTS = Facts(**OTHER)
FACTS = Facts(full_name="Ada Example", birth_date="1990-02-28", document_number="AB123456")
DECLARED: dict[str, Any] = {"full_name": "Ada Example", "birth_date": "1990-02-28", "document_number": "AB123456"}


@contextmanager
def past_the_guards(table: str) -> Iterator[None]:
    """The triggers of a table are off, as for a superuser of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
        yield
        cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))


def stored(row: models.Model, name: str) -> bytes:
    query = sql.SQL("SELECT {} FROM {} WHERE id = %s")
    with connection.cursor() as cursor:
        cursor.execute(query.format(sql.Identifier(name), sql.Identifier(row._meta.db_table)), [row.pk])
        return bytes(cursor.fetchone()[0])


def overwrite(row: models.Model, name: str, content: bytes) -> None:
    query = sql.SQL("UPDATE {} SET {} = %s WHERE id = %s")
    table = row._meta.db_table
    with past_the_guards(table), connection.cursor() as cursor:
        cursor.execute(query.format(sql.Identifier(table), sql.Identifier(name)), [content, row.pk])


def damage(row: models.Model, name: str) -> None:
    content = stored(row, name)
    overwrite(row, name, content[:-1] + bytes([content[-1] ^ 1]))


def passed(**declared: Any) -> Case:
    """A case whose only check was passed, with the declared data."""
    values = DECLARED | declared
    case = factories.make_case(**values)
    assertions.say(assertions.add_check(case), "approved", facts=Facts(**values))
    return fresh(case)


def events() -> list[tuple[str, str, str]]:
    found = DeskEvent.objects.filter(type=DeskEventType.VALUE_UNDECIPHERABLE).order_by("pk")
    return [(event.data["table"], event.data["column"], event.data["row"]) for event in found]


# --- pages ------------------------------------------------------------------------------------------------------------

Rows = dict[str, models.Model]


@pytest.fixture
def rows(analyst: User, colleague: User, manager: User, account: Callable[..., ProviderAccount]) -> Rows:
    """One row of every model with encrypted columns that a page shows, most of one case."""
    DeskPolicy.objects.update(auto_close=False)
    case = passed()
    check = case.checks.get()
    twin = passed()
    finding = Finding.objects.get(case=twin, kind="duplicate", state="open")
    resolutions.resolve(finding.pk, by=analyst, reason="OK-03", note="Twins.")
    ticket = factories.add_check(case, account("preventor"), "ticket-1")
    assertions.say(ticket, "approved", facts=FACTS)
    corrections.correct_data(
        case.pk, by=analyst, reason="x", values={"email": "ada@example.org"}, seen=version_of(fresh(case).applicant)
    )
    added = assertions.add_file(case, colleague)
    decisions.decide(case.pk, by=analyst, request=decision_request(fresh(case), DecisionVerdict.ESCALATE, "ESC-01"))
    question = fresh(case).escalation
    assert question is not None
    escalations.answer(case.pk, by=manager, note="Yes.")
    unread = UnreadableBody.objects.create(
        check_row=check, data_key_id=check.data_key_id, body=b"<html>", received_at=timezone.now()
    )
    request = decision_request(fresh(twin), DecisionVerdict.APPROVE, "OK-04")
    proposal = overrides.propose(twin.pk, by=colleague, request=request)
    correction = fresh(case).applicant.corrections.get()
    return {
        "applicant": fresh(case).applicant, "check": Check.objects.get(pk=check.pk), "account": check.account,
        "report": check.reports.get(), "ticket": ticket.reports.get(), "correction": correction, "added": added,
        "blob": added.blob or added, "question": question, "answer": EscalationAnswer.objects.get(),
        "finding": Finding.objects.get(pk=finding.pk), "proposal": proposal, "unread": unread,
        "case": case, "twin": twin,
    }  # fmt: skip


SHOWN: dict[tuple[str, str], str] = {
    ("applicant", "birth_date"): "case",
    ("applicant", "document_number"): "case",
    ("check", "facts"): "case",
    ("check", "settings"): "",
    ("report", "payload"): "payload",
    ("ticket", "payload"): "case",
    ("correction", "before"): "case",
    ("added", "note"): "case",
    ("blob", "sha256"): "",
    ("answer", "note"): "case",
    ("finding", "note"): "twin",
    ("proposal", "note"): "twin",
    ("account", "credentials"): "",
    ("unread", "body"): "",
}
"""Row and column -> the page that shows the mark in place of the value; empty where no page shows the value."""


def test_every_page_works_and_shows_the_mark_in_place_of_the_value(
    rows: Rows, analyst: User, manager: User, admin: User
) -> None:
    case, twin, check = rows["case"], rows["twin"], rows["check"]
    urls = {
        "case": reverse("case", args=[case.pk]), "twin": reverse("case", args=[twin.pk]),
        "payload": reverse("check-payload", args=[check.pk]), "queue": reverse("queue"),
    }  # fmt: skip
    desk, office = signed_in(analyst), signed_in(admin)
    found = {}
    for row, column in SHOWN:
        content = stored(rows[row], column)
        damage(rows[row], column)
        pages = {name: desk.get(url) for name, url in urls.items()}
        assert {name: answer.status_code for name, answer in pages.items()} == dict.fromkeys(urls, 200), (row, column)
        changed = reverse("admin:providers_provideraccount_change", args=[rows["account"].pk])
        assert office.get(changed).status_code == 200
        found[row, column] = next((name for name, answer in pages.items() if TEXT in answer.content.decode()), "")
        overwrite(rows[row], column, content)
    assert found == SHOWN
    assert TEXT not in desk.get(urls["case"]).content.decode()


@pytest.mark.parametrize("change", ["changed", "moved", "wrong key", "wrong ring", "no ciphertext", "data key"])
def test_every_kind_of_damage_is_reported_once(change: str, analyst: User) -> None:
    DeskPolicy.objects.update(auto_close=False)
    case, other = passed(), passed(document_number="X9", full_name="Ben Other")
    applicant, content = case.applicant, stored(case.applicant, "birth_date")
    id_at = slice(3, 19)
    new = {
        "changed": content[:-1] + bytes([content[-1] ^ 1]),
        "moved": stored(other.applicant, "birth_date"),
        "wrong key": content[:3] + bytes(16) + content[19:],
        "wrong ring": content[:1] + b"\x01" + content[2:],
        "no ciphertext": b"1990-02-28",
    }
    assert content[id_at] == applicant.data_key_id.bytes
    if change == "data key":
        overwrite(applicant.data_key, "wrapped", b"x")
        forget_data_keys()
    else:
        overwrite(applicant, "birth_date", new[change])
    desk = signed_in(analyst)
    for _ in range(2):
        assert TEXT in desk.get(reverse("case", args=[case.pk])).content.decode()
    mine = [one for one in events() if one[1] == "birth_date"]
    assert mine == [("compliance_applicant", "birth_date", str(applicant.pk))]
    assert len(events()) == len(set(events()))
    assert TEXT not in desk.get(reverse("case", args=[other.pk])).content.decode()


def test_admins_see_the_row_and_the_column_in_the_activity_log(admin: User, analyst: User) -> None:
    case = passed()
    damage(case.applicant, "birth_date")
    signed_in(analyst).get(reverse("case", args=[case.pk]))
    page = signed_in(admin).get(reverse("admin:compliance_deskevent_changelist")).content.decode()
    assert "Stored value cannot be decrypted" in page
    assert f"column: birth_date, row: {case.applicant_id}" in page or str(case.applicant_id) in page


def test_a_file_that_cannot_be_decrypted_is_reported(analyst: User, documents_folder: Path) -> None:
    document = copied(passed().checks.get(), png())
    assert document.blob is not None
    (documents_folder / document.blob.path).parent.joinpath("view").write_bytes(b"x" * 100)
    for _ in range(2):
        answer = signed_in(analyst).get(reverse("document-image", args=[document.pk, "view"]))
        assert answer.status_code == 404
    assert events() == [("compliance_blob", "path", str(document.blob_id))]


# --- approvals --------------------------------------------------------------------------------------------------------

UNKNOWN: dict[str, Callable[[Case], tuple[models.Model, str]]] = {
    "birth_date": lambda case: (case.applicant, "birth_date"),
    "document_number": lambda case: (case.applicant, "document_number"),
    "answer": lambda case: (case.checks.get(), "facts"),
}


@pytest.mark.parametrize("about", UNKNOWN)
def test_a_case_with_an_unknown_value_is_not_approved_automatically(about: str) -> None:
    DeskPolicy.objects.update(auto_close=False)
    case = passed()
    check, approved = case.checks.get(), passed(**OTHER)
    damage(*UNKNOWN[about](case))
    again = assertions.add_check(case, "document") if about == "answer" else check
    DeskPolicy.objects.update(auto_close=True)
    assertions.say(again, "approved", "", "x", facts=FACTS)
    assertions.say(approved.checks.get(), "approved", "", "x", facts=OTHER_FACTS)
    assert (fresh(case).status, fresh(approved).status) == ("in_review", "decided")
    assert [(one.kind, one.about) for one in case.findings.filter(state="open")] == [("undecipherable", about)]
    assert fresh(case).why == "a stored value cannot be decrypted"
    if about != "answer":
        assert lacks_agreement(fresh(case), list(case.checks.all())) == about


@pytest.mark.parametrize("about", UNKNOWN)
def test_nobody_approves_alone_over_an_unknown_value(about: str, analyst: User, manager: User) -> None:
    DeskPolicy.objects.update(auto_close=False)
    case = passed()
    row, column = UNKNOWN[about](case)
    content = stored(row, column)
    damage(row, column)
    request = decision_request(fresh(case), DecisionVerdict.APPROVE, "OK-01")
    with pytest.raises(NotAllowed, match="cannot be decrypted"):
        decisions.decide(case.pk, by=analyst, request=request)
    assertions.say(assertions.add_check(case, "document"), "approved", facts=FACTS)
    with pytest.raises(NotAllowed, match="second approver"):
        decisions.decide(case.pk, by=analyst, request=decision_request(fresh(case), DecisionVerdict.APPROVE, "OK-01"))
    overwrite(row, column, content)
    assertions.say(case.checks.get(kind="document"), "approved", "", "x", facts=FACTS)
    assert not case.findings.filter(state="open").exists()
    decisions.decide(case.pk, by=analyst, request=decision_request(fresh(case), DecisionVerdict.APPROVE, "OK-01"))
    assert fresh(case).status == "decided"


def test_a_lost_correction_is_an_unknown_earlier_declaration(analyst: User, colleague: User) -> None:
    DeskPolicy.objects.update(auto_close=False)
    case = passed()
    values = {"email": "ada@example.org"}
    corrections.correct_data(case.pk, by=analyst, reason="x", values=values, seen=version_of(case.applicant))
    damage(case.applicant.corrections.get(), "before")
    assertions.say(assertions.add_check(case, "document"), "approved", facts=FACTS)
    (finding,) = case.findings.filter(state="open")
    assert (finding.kind, finding.about) == ("undecipherable", "answer")
    with pytest.raises(NotAllowed, match="second approver"):
        decisions.decide(case.pk, by=colleague, request=decision_request(fresh(case), DecisionVerdict.APPROVE, "OK-01"))


def test_correcting_an_unknown_value_stores_no_sentence_and_stays_in_the_comparison(analyst: User) -> None:
    DeskPolicy.objects.update(auto_close=False)
    case = passed()
    damage(case.applicant, "birth_date")
    applicant = fresh(case).applicant
    form = signed_in(analyst).get(reverse("case-correct-data", args=[case.pk])).content.decode()
    assert ("or enter it again" in form, TEXT in form) == (True, False)
    index = applicant.birth_index
    changes = [{"birth_date": "", "email": "ada@example.org"}, {"birth_date": "1990-02-28"}]
    for values in changes:
        seen = version_of(fresh(case).applicant)
        corrections.correct_data(case.pk, by=analyst, reason="x", values=values, seen=seen)
        newest = case.applicant.corrections.latest("corrected_at")
        assert newest.before["birth_date"] is None
    assert bytes(fresh(case).applicant.birth_index or b"") == bytes(index or b"-")
    assert fresh(case).applicant.birth_date == "1990-02-28"
    assert {one.about for one in case.findings.filter(state="open")} == {"birth_date"}


def test_a_proposal_with_an_unknown_note_is_proposed_again(analyst: User, manager: User) -> None:
    case = assertions.case_with("declined")
    request = decision_request(case, DecisionVerdict.APPROVE, "OK-04")
    proposal = overrides.propose(case.pk, by=analyst, request=request)
    damage(proposal, "note")
    with pytest.raises(NotAllowed, match="no readable note"):
        overrides.approve(proposal.pk, by=manager, seen=assertions.seen(case), note="Seen.")
    overrides.deny(proposal.pk, by=manager, note="Write it again.")
    assert fresh(case).status == "in_review"


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_check_with_unknown_settings_is_not_read_until_they_are_entered(analyst: User) -> None:
    case = factories.make_case()
    check = factories.add_check(case, assertions.make_account(provider="btc_direct"), "7654321")
    damage(check, "settings")
    answer = reads.fetch(
        ReadLease(check=Check.objects.get(pk=check.pk), fence=1, start_at=timezone.now(), generation=0)
    )
    assert answer.error is not None
    assert "cannot be decrypted" in answer.error.detail
    with pytest.raises(InvalidInput, match="Enter them again"):
        checks.correct_check(check.pk, by=analyst, reason="x", reference="7654322", settings={})
    checks.correct_check(check.pk, by=analyst, reason="x", settings={"user_identifier": "u" * 40})
    assert Check.objects.get(pk=check.pk).settings == {"user_identifier": "u" * 40}


def test_credentials_and_tokens_that_are_unknown_are_not_sent(admin: User, settings: LazySettings) -> None:
    settings.PROVIDER_EXTRA_HOSTS = ["127.0.0.1:9"]
    account = assertions.make_account()
    store = provider_clients.PostgresTokenStore(account.pk)
    lease = store.lease(30)
    assert lease is not None
    store.write(Token(value="t", expires_at=timezone.now() + timedelta(hours=1)), lease)
    damage(AccountToken.objects.get(account=account), "value")
    assert store.read() is None
    credentials = dict(account.credentials)
    damage(account, "credentials")
    broken = ProviderAccount.objects.get(pk=account.pk)
    with pytest.raises(CredentialsRefused, match="cannot be decrypted"):
        provider_clients.client(broken)
    with pytest.raises(InvalidInput, match="Enter them again"):
        accounts.change(account.pk, by=admin, rate_per_second=4.0)
    accounts.change(account.pk, by=admin, credentials=credentials)
    assert ProviderAccount.objects.get(pk=account.pk).credentials == credentials


def test_a_link_that_is_unknown_is_read_again(account: Callable[..., ProviderAccount]) -> None:
    check = factories.add_check(factories.make_case(), account("advance_ai"), "signature-1")
    documents.request(check, [Evidence(kind=EvidenceKind.SELFIE, label="data.face", url="https://files.example/a")])
    document = Document.objects.get(check_row=check)
    assert not documents.needs_fresh_link(document)
    damage(document, "link")
    assert documents.needs_fresh_link(Document.objects.get(pk=document.pk))


def test_a_damaged_key_of_one_applicant_stops_no_other_read() -> None:
    DeskPolicy.objects.update(auto_close=False)
    broken, other = passed(), passed(**OTHER)
    overwrite(broken.applicant.data_key, "wrapped", b"x")
    forget_data_keys()
    mine, theirs = broken.checks.get(), other.checks.get()
    CheckSync.objects.update(fence=9)
    answers = [
        reads.Answer(
            leased=ReadLease(check=check, fence=9, start_at=timezone.now(), generation=0),
            read=assertions.read_of(check, "declined", facts=Facts(full_name="Ada Example")),
        )
        for check in (mine, theirs)
    ]
    counts = reads.Counts()
    reads.store(answers, counts)
    assert (counts.read, counts.check_faults) == (1, 1)
    assert (fresh(other).outcome, fresh(broken).outcome) == ("declined", "approved")
    assert "could not be stored" in assertions.sync_of(mine).fault_detail


def test_a_decision_under_a_damaged_key_is_refused_with_a_sentence(analyst: User) -> None:
    DeskPolicy.objects.update(auto_close=False)
    case, desk = passed(), signed_in(analyst)
    request = decision_request(case, DecisionVerdict.ESCALATE, "ESC-01")
    overwrite(case.applicant.data_key, "wrapped", b"x")
    forget_data_keys()
    assert desk.get(reverse("case", args=[case.pk])).status_code == 200
    sent = asdict(request) | {"verdict": "escalate", OWNER_FIELD: str(analyst.person_id)}
    answer = desk.post(reverse("case-decide", args=[case.pk]), sent)
    page = page_of(answer, status=503)
    assert "cannot be decrypted. No change was saved." in page.one("main").text
    assert not case.decisions.exists()


def test_a_mark_is_never_stored_and_other_columns_are_saved() -> None:
    case, other = passed(**OTHER), passed()
    damage(case.applicant, "birth_date")
    applicant = fresh(case).applicant
    content = stored(applicant, "birth_date")
    assert isinstance(applicant.birth_date, Undecipherable)
    assert applicant.birth_date != applicant.birth_date  # unknown agrees with nothing
    applicant.country = "NG"
    applicant.save()
    assert (stored(applicant, "birth_date"), fresh(case).applicant.country) == (content, "NG")
    other.applicant.birth_date = applicant.birth_date
    with pytest.raises(VaultError), transaction.atomic():
        other.applicant.save()


def test_the_command_shows_an_unknown_answer(capsys: pytest.CaptureFixture[str]) -> None:
    check = passed().checks.get()
    damage(check, "facts")
    call_command("show_check", check.account.name, check.reference, "--json")
    assert f'"error": "{TEXT}"' in capsys.readouterr().out
