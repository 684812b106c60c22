"""Four eyes are two people: by verb, by address, by SQL, through every account, and for superusers as well."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any, ClassVar, NamedTuple

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from compliance.actions import (
    cases,
    checks,
    claims,
    corrections,
    decisions,
    duplicates,
    escalations,
    overrides,
    resolutions,
    sweeps,
    uploads,
    users,
)
from compliance.enums import CaseStatus, DecisionVerdict, Ruling
from compliance.errors import ComplianceError, KnownApplicant, NotAllowed
from compliance.imports.csv_cases import import_lines, of_text
from compliance.models import Applicant, Case, Check, Decision, Finding, OverrideProposal, Person, User
from compliance.queries.corrections import version_of
from compliance.queries.history import history_of
from compliance.routing.evidence_digest import evidence_digest
from compliance.routing.rulings import case_ruling
from providers import EvidenceKind, Facts
from providers.simulator.images import selfie
from providers.simulator.people import person
from tests import factories
from tests.compliance import assertions
from tests.compliance.tables import everything
from tests.factories import decision_request

MANAGERS_SENTENCE = r"^You proposed this: a second person has to answer it\.$"
APPROVE = DecisionVerdict.APPROVE


def seen_of(proposal: OverrideProposal) -> str:
    return evidence_digest(cases.evidence_of(proposal.case))


def proposed(by: User) -> OverrideProposal:
    case = assertions.case_with("declined", "negative", "62301")
    return overrides.propose(case.pk, by=by, request=decision_request(case, APPROVE, "OK-04"))


def twin_of(user: User, **fields: Any) -> User:
    """A second user of the same person, with the manager role."""
    return factories.make_user(f"{user.username}-2", user.label, "manager", person=user.person, **fields)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def nothing_was_decided(proposal: OverrideProposal) -> bool:
    row = OverrideProposal.objects.select_related("case").get(pk=proposal.pk)
    return row.state == "open" and row.case.status == CaseStatus.AWAITING_APPROVAL and not Decision.objects.exists()


# --- by verb ----------------------------------------------------------------------------------------------------------


def _answers(proposal: OverrideProposal) -> list[Callable[[User], object]]:
    return [
        lambda by: overrides.approve(proposal.pk, by=by, seen=seen_of(proposal), note="Agreed."),
        lambda by: overrides.deny(proposal.pk, by=by, note="No."),
    ]


@pytest.mark.promise("G26")
@pytest.mark.django_db
def test_managers_cannot_answer_their_own_proposals_from_any_account(manager: User) -> None:
    proposal = proposed(manager)
    for by in (manager, twin_of(manager), twin_of(User.objects.get(username="ines-2"), is_superuser=True)):
        for answer in _answers(proposal):
            with pytest.raises(NotAllowed, match=MANAGERS_SENTENCE):
                answer(by)
    assert nothing_was_decided(proposal)


@pytest.mark.promise("G26")
@pytest.mark.django_db
def test_superusers_cannot_answer_their_own_proposals(manager: User) -> None:
    root = factories.make_user("root", "Root Only", "manager", is_superuser=True, is_staff=True)
    assert root.has_perm("compliance.approve_override")
    proposal = proposed(root)
    for answer in _answers(proposal):
        with pytest.raises(NotAllowed, match=MANAGERS_SENTENCE):
            answer(root)
    assert nothing_was_decided(proposal)
    assert (
        overrides.approve(proposal.pk, by=manager, seen=seen_of(proposal), note="Agreed.").approved_by_person
        == manager.person
    )


@pytest.mark.django_db
def test_analysts_and_admins_cannot_approve_proposals(analyst: User, colleague: User, admin: User) -> None:
    proposal = proposed(analyst)
    for by in (colleague, admin):
        for answer in _answers(proposal):
            with pytest.raises(NotAllowed, match=r"^Your role does not include approving overrides\.$"):
                answer(by)
    assert nothing_was_decided(proposal)


@pytest.mark.django_db
def test_a_role_that_is_lost_after_the_page_was_opened_counts(analyst: User, manager: User) -> None:
    proposal = proposed(analyst)
    opened = User.objects.get(pk=manager.pk)
    assert opened.has_perm("compliance.approve_override")
    manager.groups.set([Group.objects.get(name="analyst")])
    with pytest.raises(NotAllowed, match=r"^Your role does not include approving overrides\.$"):
        overrides.approve(proposal.pk, by=opened, seen=seen_of(proposal), note="Agreed.")


@pytest.mark.django_db
@pytest.mark.parametrize("moved", ["the proposing account", "the answering account"])
def test_an_account_stays_with_its_person_while_a_proposal_of_theirs_is_open(manager: User, moved: str) -> None:
    twin = twin_of(manager)
    proposal = proposed(manager)
    other = Person.objects.create(name="Nobody Yet")
    account = manager if moved == "the proposing account" else twin
    with pytest.raises(IntegrityError, match="a sign-in stays with its person"), transaction.atomic():
        User.objects.filter(pk=account.pk).update(person=other)
    with pytest.raises(NotAllowed, match=MANAGERS_SENTENCE):
        overrides.approve(proposal.pk, by=User.objects.get(pk=twin.pk), seen=seen_of(proposal), note="Agreed.")
    overrides.withdraw(proposal.pk, by=manager)
    User.objects.filter(pk=account.pk).update(person=other)


@pytest.mark.django_db
def test_an_account_moved_to_the_proposers_person_cannot_answer(manager: User) -> None:
    late = factories.make_user("late", "Late Comer", "manager")
    proposal = proposed(manager)
    User.objects.filter(pk=late.pk).update(person=manager.person)
    with pytest.raises(NotAllowed, match=MANAGERS_SENTENCE):
        overrides.approve(proposal.pk, by=late, seen=seen_of(proposal), note="Agreed.")
    assert nothing_was_decided(proposal)


@pytest.mark.django_db
def test_replacing_a_negative_check_still_needs_a_second_person(analyst: User, manager: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    old = case.checks.get()
    account, name = old.account, assertions.reference()
    assertions.say(
        checks.replace_check(old.pk, by=analyst, reason="Typing error.", account=account, reference=name), "approved"
    )
    case = Case.objects.get(pk=case.pk)
    assert (case.outcome, case.status, case.queue) == ("approved", CaseStatus.IN_REVIEW, "manual_review")
    with pytest.raises(NotAllowed, match="needs a second approver"):
        decisions.decide(case.pk, by=analyst, request=decision_request(case, APPROVE, "OK-01"))
    with pytest.raises(IntegrityError, match="an override needs an approved proposal"), transaction.atomic():
        Decision.objects.create(
            case=case,
            data_key_id=case.applicant.data_key_id,
            verdict=APPROVE,
            reason_id="OK-01",
            by=analyst,
            by_person=analyst.person,
            decided_at=timezone.now(),
            digest="",
            report_seq=case.report_seq,
        )
    proposal = overrides.propose(case.pk, by=analyst, request=decision_request(case, APPROVE, "OK-02"))
    assert (
        overrides.approve(proposal.pk, by=manager, seen=seen_of(proposal), note="Agreed.").approved_by_person
        == manager.person
    )


@pytest.mark.promise("G26")
@pytest.mark.django_db
def test_superusers_approve_nothing_unless_they_are_managers(analyst: User, manager: User) -> None:
    root = factories.make_user("root", "Root Only", "", is_superuser=True, is_staff=True)
    proposal = proposed(analyst)
    for answer in _answers(proposal):
        with pytest.raises(NotAllowed, match=r"^Your role does not include approving overrides\.$"):
            answer(root)
    assert signed_in(root).post(reverse("proposal-approve", args=[proposal.pk])).status_code == 403
    assert signed_in(root).get("/queue/approvals/").status_code == 403
    root.groups.add(Group.objects.get(name="manager"))
    _answers(proposal)[0](root)
    assert Decision.objects.get(proposal=proposal).approved_by_person == root.person


# --- by an independent person ---------------------------------------------------------------------------------------


def approves(proposal: OverrideProposal, by: User) -> bool:
    """Whether this user is permitted to approve, by the action and, independently of it, by PostgreSQL."""
    found = []
    for attempt in (_answers(proposal)[0], partial(_approve_by_sql, proposal)):
        try:
            with transaction.atomic():
                attempt(User.objects.get(pk=by.pk))
                found.append(True)
                transaction.set_rollback(True)
        except (NotAllowed, IntegrityError):
            found.append(False)
    assert len(set(found)) == 1, found
    return found[0]


def _approve_by_sql(proposal: OverrideProposal, by: User) -> None:
    changed = {"state": "approved", "resolved_at": timezone.now(), "resolved_by": by, "resolved_person": by.person}
    OverrideProposal.objects.filter(pk=proposal.pk).update(**changed)


@pytest.fixture
def root(db: None) -> User:
    """A superuser who also reviews cases."""
    return factories.make_user("root", "Root Only", "analyst", is_superuser=True, is_staff=True)


@pytest.mark.promise("G26")
@pytest.mark.django_db
def test_a_person_younger_than_the_proposal_cannot_approve_it(analyst: User, manager: User) -> None:
    proposal = proposed(analyst)
    young = factories.make_user("young", "Newly Added", "manager")
    assert (approves(proposal, manager), approves(proposal, young)) == (True, False)
    twin = factories.make_user("ines-2", "Ines Again", "manager", person=manager.person)
    assert approves(proposal, twin), "the person counts, not the user"


@pytest.mark.django_db
def test_the_age_of_a_person_cannot_be_changed_or_chosen(analyst: User, desk_app: psycopg.Connection) -> None:
    proposal = proposed(analyst)
    early = proposal.proposed_at - timedelta(days=9)
    young = factories.make_user("young", "N", "manager", person=Person.objects.create(name="N", created_at=early))
    assert not approves(proposal, young)
    with pytest.raises(IntegrityError, match="keeps the time of its creation"), transaction.atomic():
        Person.objects.filter(pk=young.person_id).update(created_at=early)


CHANGES: dict[str, Callable[[User, User], object]] = {
    "rename": lambda root, user: users.save_person(_renamed(user.person), by=root),
    "e-mail": lambda root, user: users.save_user(_with_email(user, "new@example.org"), by=root, fields=("email",)),
    "password": lambda root, user: users.save_user(user, by=root, fields=(), password_set=True),
    "role": lambda root, user: users.set_groups(user, Group.objects.filter(name__in=("manager", "admin")), by=root),
}


def _renamed(person: Person) -> Person:
    person.name = "Renamed"
    return person


def _with_email(user: User, address: str) -> User:
    user.email = address
    return user


@pytest.mark.promise("G26")
@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("before", [True, False])
def test_who_was_changed_by_the_proposer_cannot_approve(
    change: str, before: bool, root: User, analyst: User, manager: User
) -> None:
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    if before:
        CHANGES[change](root, manager)
    proposal = proposed(root)
    if not before:
        CHANGES[change](root, manager)
    assert (approves(proposal, manager), approves(proposal, other)) == (False, True)
    overrides.withdraw(proposal.pk, by=root)
    assert approves(proposed(analyst), manager), "the proposer matters, not the change"


@pytest.mark.django_db
def test_who_was_added_by_the_proposer_or_by_somebody_they_added_cannot_approve(root: User, manager: User) -> None:
    def added(name: str, by: User, **fields: Any) -> User:
        person = users.save_person(Person(name=name), by=by)
        user = User(username=name, person=person, email=f"{name}@example.org", **fields)
        users.save_user(user, by=by, fields=users.USER_FIELDS)
        users.set_groups(user, [Group.objects.get(name="manager")], by=by)
        return user

    helper = added("helper", root, is_superuser=True)
    second = added("second", helper)
    proposal = proposed(root)
    assert [approves(proposal, by) for by in (helper, second, manager)] == [False, False, True]
    by_twin = proposed(factories.make_user("root-2", "Root Again", "analyst", person=root.person))
    assert not approves(by_twin, second), "every user of the proposer counts"


@pytest.mark.django_db
def test_who_shares_an_email_with_the_proposer_cannot_approve(analyst: User, manager: User) -> None:
    User.objects.filter(pk=analyst.pk).update(email="Dana+kyc@Example.org")
    factories.share_email(manager, "dana@example.org")
    assert not approves(proposed(analyst), manager)


# --- by address -------------------------------------------------------------------------------------------------------


@pytest.mark.promise("G26")
@pytest.mark.django_db
@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("account", ["the same", "a second one"])
def test_a_crafted_post_approves_nothing_for_the_proposer(manager: User, account: str, htmx: bool) -> None:
    proposal = proposed(manager)
    client = signed_in(manager if account == "the same" else twin_of(manager))
    headers = {"HX-Request": "true"} if htmx else {}
    fields = {
        "seen": seen_of(proposal),
        "shown_to": str(manager.person_id),
        "note": "Approved by me.",
        "person": "999",
        "resolved_by": "1",
        "state": "approved",
    }
    for name in ("proposal-approve", "proposal-deny"):
        response = client.post(reverse(name, args=[proposal.pk]), fields, headers=headers)
        assert response.status_code == (409 if htmx else 403)
        assert "You proposed this: a second person has to answer it." in response.content.decode()
    assert nothing_was_decided(proposal)


@pytest.mark.django_db
def test_crafted_requests_fail_without_the_permission_or_with_get(analyst: User, manager: User) -> None:
    proposal = proposed(analyst)
    url = reverse("proposal-approve", args=[proposal.pk])
    assert signed_in(analyst).post(url, {"seen": seen_of(proposal)}).status_code == 403
    assert signed_in(manager).get(url, {"seen": seen_of(proposal)}).status_code == 405
    assert Client().post(url, {"seen": seen_of(proposal)}).status_code in (302, 401)
    assert nothing_was_decided(proposal)


@pytest.mark.django_db
def test_a_crafted_decision_against_a_provider_becomes_a_proposal(manager: User) -> None:
    case = assertions.case_with("declined")
    request = decision_request(case, APPROVE, "OK-04")
    fields = {"verdict": "approve", "reason": "OK-04", "note": "x", "seen": request.seen, "seen_decision": ""}
    fields["shown_to"] = str(manager.person_id)
    assert signed_in(manager).post(reverse("case-decide", args=[case.pk]), fields).status_code == 303
    assert OverrideProposal.objects.get().state == "open"
    assert not Decision.objects.exists()


@pytest.mark.django_db
def test_the_page_offers_the_proposer_no_approval(manager: User, analyst: User) -> None:
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    proposal = proposed(manager)
    page = reverse("case", args=[proposal.case_id])
    url = reverse("proposal-approve", args=[proposal.pk])
    for by, offered in ((manager, False), (twin_of(manager), False), (analyst, False), (other, True)):
        assert (f'action="{url}"' in signed_in(by).get(page).content.decode()) == offered


# --- by SQL, as the role that runs -----------------------------------------------------------------------------------

ANSWER = """UPDATE compliance_overrideproposal SET state = 'approved', resolved_at = now(),
            resolved_by_id = {by}, resolved_person_id = {person} WHERE id = %(proposal)s"""
APPROVE_AS = "SELECT compliance_approve_proposal(%(proposal)s, {by})"
DECIDE = """INSERT INTO compliance_decision (id, case_id, data_key_id, verdict, reason_id, note, by_id, by_person_id,
                proposal_id, approved_by_person_id, decided_at, digest, report_seq)
            SELECT gen_random_uuid(), case_id, data_key_id, {verdict}, {reason}, note, {by}, {person}, {proposal},
                {approver}, now(), digest, report_seq FROM compliance_overrideproposal WHERE id = %(proposal)s"""
PROPOSE = """INSERT INTO compliance_overrideproposal (id, case_id, data_key_id, verdict, reason_id, note,
                proposed_by_id, proposed_person_id, proposed_at, digest, evidence, report_seq, state, expires_at,
                resolved_by_id, resolved_person_id, resolved_at, resolution_note)
             SELECT gen_random_uuid(), other.id, applicant.data_key_id, verdict, reason_id, note, {by}, {person}, now(),
                digest, evidence, proposal.report_seq, {state}, expires_at, {resolver}, {resolved_person}, {at}, note
             FROM compliance_overrideproposal proposal, compliance_case other
             JOIN compliance_applicant applicant ON applicant.id = other.applicant_id
             WHERE proposal.id = %(proposal)s AND other.id = %(other_case)s"""


def decide_sql(**changed: str) -> str:
    usual = {
        "verdict": "verdict",
        "reason": "reason_id",
        "by": "%(me)s",
        "person": "%(person)s",
        "proposal": "id",
        "approver": "%(other_person)s",
    }
    return DECIDE.format(**(usual | changed))


def propose_sql(**changed: str) -> str:
    usual = {
        "by": "%(me)s",
        "person": "%(person)s",
        "state": "'open'",
        "resolver": "NULL",
        "resolved_person": "NULL",
        "at": "NULL::timestamptz",
    }
    return PROPOSE.format(**(usual | changed))


ATTACKS = {
    "answer it myself": ANSWER.format(by="%(me)s", person="%(person)s"),
    "answer it as the same account with another person": ANSWER.format(by="%(me)s", person="%(other_person)s"),
    "answer it by my second account": ANSWER.format(by="%(twin)s", person="%(person)s"),
    "answer it by my second account with another person": ANSWER.format(by="%(twin)s", person="%(other_person)s"),
    "answer it by nobody": ANSWER.format(by="NULL", person="NULL"),
    "answer it by a person without an account": ANSWER.format(by="NULL", person="%(other_person)s"),
    "answer it for another person": ANSWER.format(by="%(other)s", person="%(other_person)s"),
    "approve it by the function as myself": APPROVE_AS.format(by="%(me)s"),
    "approve it by the function as my second account": APPROVE_AS.format(by="%(twin)s"),
    "approve it by the function as an analyst": APPROVE_AS.format(by="%(analyst)s"),
    "approve it by the function as a manager who left": APPROVE_AS.format(by="%(gone)s"),
    "approve it by the function as nobody": APPROVE_AS.format(by="NULL"),
    "agree beforehand": "UPDATE compliance_overrideproposal SET agreed = ARRAY[gen_random_uuid()]",
    "take the head of a chain back": "UPDATE compliance_case SET event_seq = event_seq - 1 WHERE id = %(case)s",
    "set the head of a chain": "UPDATE compliance_case SET event_hash = sha256('x') WHERE id = %(case)s",
    "become another person first": "UPDATE compliance_user SET person_id = %(other_person)s WHERE id = %(twin)s",
    "give the proposing account away": "UPDATE compliance_user SET person_id = %(other_person)s WHERE id = %(me)s",
    "become another person in the same statement": (
        "WITH moved AS (UPDATE compliance_user SET person_id = %(other_person)s WHERE id = %(twin)s RETURNING id) "
        "UPDATE compliance_overrideproposal SET state = 'approved', resolved_at = now(), "
        "resolved_by_id = %(twin)s, resolved_person_id = %(other_person)s WHERE id = %(proposal)s"
    ),
    "let the proposal be somebody else's": (
        "UPDATE compliance_overrideproposal SET proposed_person_id = %(other_person)s, proposed_by_id = %(other)s"
    ),
    "decide without a proposal": decide_sql(proposal="NULL", approver="NULL"),
    "decide on the open proposal": decide_sql(),
    "decide on the open proposal, approved by myself": decide_sql(approver="%(person)s"),
    "decide as the system": decide_sql(by="NULL", person="NULL", reason="NULL", proposal="NULL", approver="NULL"),
    "decide as the system on the proposal": decide_sql(by="NULL", person="NULL", reason="NULL"),
    "decide for another person's account": decide_sql(
        verdict="'reject'", by="%(other)s", proposal="NULL", approver="NULL"
    ),
    "propose what is approved already": propose_sql(
        state="'approved'", resolver="%(other)s", resolved_person="%(other_person)s", at="now()"
    ),
    "propose in another person's name": propose_sql(person="%(other_person)s"),
    "close the case without a decision": (
        "UPDATE compliance_case SET status = 'decided', queue = '' WHERE id = %(case)s"
    ),
    "close the case by another case's decision": (
        "UPDATE compliance_case SET status = 'decided', queue = '', decision_id = %(foreign)s WHERE id = %(case)s"
    ),
}


@pytest.mark.promise("G26")
@pytest.mark.django_db(transaction=True)
def test_no_statement_of_the_running_role_bypasses_four_eyes(
    manager: User, analyst: User, desk_app: psycopg.Connection
) -> None:
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    twin, proposal = twin_of(manager), proposed(manager)
    closed, waiting = assertions.case_with("approved", kind="document"), assertions.case_with("declined")
    gone = factories.make_user("gone", "Left Long Ago", "manager", is_active=False)
    values = {
        "analyst": analyst.pk,
        "gone": gone.pk,
        "me": manager.pk,
        "person": manager.person_id,
        "twin": twin.pk,
        "other": other.pk,
        "other_person": other.person_id,
        "proposal": proposal.pk,
        "case": proposal.case_id,
        "other_case": waiting.pk,
        "foreign": Case.objects.get(pk=closed.pk).decision_id,
    }
    before = everything()
    survived = {}
    for name, attack in ATTACKS.items():
        try:
            survived[name] = desk_app.execute(attack, values).rowcount
        except psycopg.errors.IntegrityError as refused:
            assert refused.sqlstate == "23514", name  # a check or one of our guards, not a typing error
    assert survived == {}
    assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_a_temporary_table_does_not_stand_in_for_ours(manager: User, desk_app: psycopg.Connection) -> None:
    proposal = proposed(manager)
    for table in ("compliance_check", "compliance_overrideproposal", "compliance_case"):
        desk_app.execute(f"CREATE TEMP TABLE {table} (LIKE public.{table})")
    alone = decide_sql(proposal="NULL", approver="NULL").replace("INTO comp", "INTO public.comp")
    alone = alone.replace("FROM compliance_overrideproposal", "FROM public.compliance_overrideproposal")
    with pytest.raises(psycopg.errors.CheckViolation, match="an override needs an approved proposal"):
        desk_app.execute(alone, {"me": manager.pk, "person": manager.person_id, "proposal": proposal.pk})


@pytest.mark.django_db(transaction=True)
def test_the_statements_would_work_for_two_people(manager: User, desk_app: psycopg.Connection) -> None:
    """So that the attacks above fail for the reason they should, and not for a mistake in their text."""
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    proposal = proposed(manager)
    waiting = assertions.case_with("declined")
    values = {
        "me": manager.pk,
        "person": manager.person_id,
        "other_person": other.person_id,
        "other_case": waiting.pk,
        "proposal": proposal.pk,
    }
    assert desk_app.execute(propose_sql(), values).rowcount == 1
    answer = ANSWER.format(by=other.pk, person="%(other_person)s")
    with pytest.raises(psycopg.errors.CheckViolation, match="approved by compliance_approve_proposal"):
        desk_app.execute(answer, values)
    assert desk_app.execute(APPROVE_AS.format(by=other.pk), values).rowcount == 1
    for wrong in ({"verdict": "'reject'"}, {"by": str(other.pk)}, {"approver": "%(person)s"}):
        with pytest.raises(psycopg.errors.CheckViolation):
            desk_app.execute(decide_sql(**wrong), values)
    assert desk_app.execute(decide_sql(), values).rowcount == 1
    with pytest.raises(psycopg.errors.IntegrityError):
        desk_app.execute(decide_sql(), values)


# --- by chance --------------------------------------------------------------------------------------------------------

SOAK = os.environ.get("SOAK") == "1"
ACCOUNTS = ("dana", "dana-2", "ines", "ines-2", "root", "kwabena")
MANAGERS = ("dana-2", "ines", "ines")
REVIEWED = ("differs", "duplicate", "by_eye")
NUMBERS = st.integers(min_value=0, max_value=7)
OUTCOMES = ("approved", "declined", "manual_review", "retry_required", "incomplete", "in_progress", "approved")
VERDICTS = {
    DecisionVerdict.APPROVE: "OK-02",
    DecisionVerdict.REJECT: "REJ-01",
    DecisionVerdict.CONFIRM: "OK-02",
    DecisionVerdict.REQUEST_RETRY: "RTY-01",
    DecisionVerdict.ESCALATE: "ESC-01",
}


class Played(NamedTuple):
    """A verb of the machine: when it can succeed, how often it is drawn, and with what values."""

    method: Callable[..., None]
    when: Callable[[Any], Any]
    weight: int
    given: dict[str, st.SearchStrategy[Any]]


PLAYED: list[Played] = []


def verb(
    *, when: Callable[[Any], Any] = lambda _: True, weight: int = 2, **given: st.SearchStrategy[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let ``FourEyes.play`` draw this method."""

    def mark(method: Callable[..., None]) -> Callable[..., None]:
        PLAYED.append(Played(method, when, weight, given))
        return method

    return mark


class FourEyes(RuleBasedStateMachine):
    """Four people with six accounts act on cases of two applicants in any order, who can share a number or a selfie. A
    manager, Theo, only answers proposals.

    The machine notes itself what providers said and what two people agreed to, and judges each new decision by that.
    """

    runs: ClassVar[Counter[str]] = Counter()
    """In how many runs each verb succeeded."""

    @initialize()
    def open(self) -> None:
        suffix = str(User.objects.count())
        dana, ines = Person.objects.create(name="Dana"), Person.objects.create(name="Ines")
        make = factories.make_user
        self.users = {
            "dana": make(f"dana{suffix}", "Dana Whitfield", "analyst", person=dana),
            "dana-2": make(f"dana2{suffix}", "Dana Whitfield", "manager", person=dana),
            "ines": make(f"ines{suffix}", "Ines Carvalho", "manager", person=ines),
            "ines-2": make(f"ines2{suffix}", "Ines Carvalho", "analyst", person=ines),
            "root": make(f"root{suffix}", "Root Only", "", is_superuser=True),
            "kwabena": make(f"kwabena{suffix}", "Kwabena Osei", "analyst"),
            "theo": make(f"theo{suffix}", "Theo Brandt", "manager"),
        }
        self.number = f"AB{self.users['dana'].pk:08}"
        self.cases: list[Case] = []
        self.done: set[str] = set()
        self.entered: dict[Any, int | None] = {}
        """Check -> person who entered it after its case was opened."""
        self.openers: dict[Any, User] = {}
        """Check -> user who opened its case with it."""
        self.corrected_references: set[Any] = set()
        self.said: dict[Any, tuple[str, str, int]] = {}
        """Check -> the latest outcome and result, and the step."""
        self.agreed: dict[Any, int] = {}
        """Check -> the step at which two people decided over it."""
        self.approved_by_two: dict[int, int] = {}
        """Case -> the step at which two people last approved it, or a case of the same person."""
        self.corrected: list[tuple[bool, int, int]] = []
        """Each correction of a name, which contradicts the one before: whether of the other applicant, person, step."""
        self.shared: dict[int, int] = {}
        """Case -> the step since which it shares a number or a selfie with the other applicant."""
        self.with_number: dict[int, int] = {}
        self.with_selfie: dict[int, int] = {}
        self.are_distinct = False
        self.asked: dict[int, int] = {}
        """Case -> the user whose escalation is open."""
        self.judged: set[Any] = set()
        self.step = 0
        self.people_at: dict[Any, dict[int, int]] = {}
        """Proposal -> which person had which account when it was made."""
        self.import_again(other=False)
        self.import_again(other=True)

    def teardown(self) -> None:
        if not hasattr(self, "cases"):
            return
        FourEyes.runs.update(self.done)
        self._guard_has_the_same_rule()

    def _guard_has_the_same_rule(self) -> None:
        """The function of the database says the same as the ruling, for every case, verdict and person."""
        people = {None, *(self._as(name).person_id for name in ACCOUNTS)}
        for case in Case.objects.filter(pk__in=[case.pk for case in self.cases]).select_related("decision"):
            history = history_of(case.pk)
            for verdict, person_id in product(("approve", "reject", "request_retry", "void"), people):
                ruling = case_ruling(case, history, verdict, {}, person_id=person_id)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT compliance_needs_two(%s, %s, %s)", [case.pk, verdict, person_id])
                    assert cursor.fetchone() == (ruling != Ruling.FREE,), (case.pk, verdict, person_id)

    @rule(data=st.data())
    def play(self, data: st.DataObject) -> None:
        """One verb, each with its weight; single rules would leave most verbs out of a run."""
        weighted = [number for number, one in enumerate(PLAYED) if one.when(self) for _ in range(one.weight)]
        chosen = PLAYED[data.draw(st.sampled_from(weighted), label="verb")]
        chosen.method(self, **{name: data.draw(values, label=name) for name, values in chosen.given.items()})

    def _as(self, name: str) -> User:
        return User.objects.get(pk=self.users[name].pk)

    def _case(self, which: int) -> Case:
        return Case.objects.get(pk=self.cases[which % len(self.cases)].pk)

    def _to_decide(self, which: int) -> Case:
        """A case in review; of any status for the last numbers, or where there is none."""
        found = Case.objects.filter(pk__in=[case.pk for case in self.cases], status=CaseStatus.IN_REVIEW).order_by("pk")
        in_review = [] if which > 5 else list(found)
        return in_review[which % len(in_review)] if in_review else self._case(which)

    def _check(self, which: int) -> Check:
        found = Check.objects.filter(case__in=self.cases).order_by("created_at")
        return found[which % found.count()]

    def _try(self, name: str, verb: Callable[[], Any]) -> Any:
        try:
            with transaction.atomic():
                made = verb()
        except ComplianceError:
            return None
        self.done.add(name)
        return made if made is not None else True

    def _open_proposal(self) -> OverrideProposal | None:
        return OverrideProposal.objects.filter(case__in=self.cases, state="open").first()

    def _is_other(self, case: Case) -> bool:
        return case.applicant.external_id.startswith("other-")

    def _external_id(self, *, other: bool) -> str:
        return f"{'other' if other else 'again'}-{self.users['dana'].pk}"

    # Applicants and their checks

    @verb(when=lambda self: len(self.cases) < 5, other=st.booleans())
    def import_again(self, other: bool) -> None:
        number, reference = len(self.cases), self._external_id(other=other)
        declared = {"full_name": f"Bea Other {self.users['dana'].pk}"} if other else {}
        try:
            case = factories.make_case(reference, reference=f"{reference}-{number}", **declared)
        except KnownApplicant:  # the declared data were corrected in between
            return
        self.cases.append(case)
        self.done.add("import again")
        self.entered[assertions.add_check(case).pk] = None

    @verb(when=lambda self: self.cases, which=NUMBERS, name=st.sampled_from(ACCOUNTS), is_correcting=st.booleans())
    def import_a_file(self, which: int, name: str, is_correcting: bool) -> None:
        """A line for a known case, through the form of imports; with ``is_correcting`` it corrects the name."""
        case, by, account, reference = self._case(which), self._as(name), self._check(0).account, assertions.reference()
        full_name = "Eve Other" if is_correcting else case.applicant.full_name
        header = "applicant_external_id,full_name,account,kind,reference,case_reference"
        line = f"{case.applicant.external_id},{full_name},{account.name},identity,{reference},{case.reference}"
        before = case.applicant.full_name
        (result,) = import_lines(of_text([header, line]), by=by, is_correcting=is_correcting)
        if result.error:
            return
        self.done.add("import a file")
        self.entered[Check.objects.get(reference=reference).pk] = by.person_id
        if full_name != before:
            self.done.add("import with corrections")
            self._note_correction(case, by.person_id)

    @verb(when=lambda self: len(self.cases) < 5, name=st.sampled_from(ACCOUNTS), other=st.booleans())
    def open_new(self, name: str, other: bool) -> None:
        """*New case* with a reference."""
        by, external_id, account = self._as(name), self._external_id(other=other), self._check(0).account
        known = Case.objects.filter(applicant__external_id=external_id).first()
        assert known
        data = Applicant(external_id=external_id, full_name=known.applicant.full_name)

        def opened() -> Check:
            case, made = cases.open_case(
                data, environment="simulator", by=by, reference=f"{external_id}-{len(self.cases)}"
            )
            assert made
            self.cases.append(case)
            given: dict[str, Any] = {"account": account, "kind": "identity", "reference": assertions.reference()}
            return checks.add_check(case.pk, by=by, is_opening=True, **given)[0]

        count = len(self.cases)
        if check := self._try("new case", opened):
            self.entered[check.pk], self.openers[check.pk] = None, by
        else:
            del self.cases[count:]

    @verb(
        weight=8,
        which=NUMBERS,
        outcome=st.sampled_from(OUTCOMES),
        code=st.sampled_from(["62301", "62403"]),
        with_number=st.sampled_from([False, False, False, True]),
    )
    def report(self, which: int, outcome: str, code: str, with_number: bool) -> None:
        check = self._check(which)
        facts = Facts(full_name=check.case.applicant.full_name, document_number=self.number if with_number else "")
        word = f"{outcome} with a number" if with_number else outcome
        if assertions.say(check, outcome, "", code, facts=facts, word=word).changed:
            self.said[check.pk] = (check.outcome, check.provider_verdict, self.step)
            self.done.add(f"report {outcome}")
            if with_number:
                self.with_number.setdefault(check.case_id, self.step)
                self._note_shared(self.with_number, "shared number")

    @verb(
        when=lambda self: self._unread(),
        weight=8,
        which=NUMBERS,
        outcome=st.sampled_from(["approved", "approved", "approved", "approved", "manual_review", "declined"]),
    )
    def read_the_rest(self, which: int, outcome: str) -> None:
        """All unread checks of one case get the same answer."""
        case_id = self._unread()[which % len(self._unread())].case_id
        for check in self._unread():
            if check.case_id == case_id and check.superseded_by_id is None:
                facts = Facts(full_name=check.case.applicant.full_name)
                assertions.say(check, outcome, "", "62301", facts=facts, word=outcome)
                self.said[check.pk] = (check.outcome, check.provider_verdict, self.step)
                self.done.add(f"report {outcome}")

    def _note_shared(self, holders: dict[int, int], name: str) -> None:
        """Cases of both applicants that have the same number or selfie are duplicates of each other."""
        duplicates.search_due()
        found = Case.objects.filter(pk__in=holders).select_related("applicant")
        if not self.are_distinct and len({self._is_other(case) for case in found}) == 2:
            self.done.add(name)
            for case in found:
                self.shared.setdefault(case.pk, self.step)

    @verb(which=NUMBERS, name=st.sampled_from(ACCOUNTS))
    def add(self, which: int, name: str) -> None:
        case, by, account = self._case(which), self._as(name), self._check(0).account
        given: dict[str, Any] = {"account": account, "kind": "identity", "reference": assertions.reference()}
        if made := self._try("add", lambda: checks.add_check(case.pk, by=by, **given)):
            self.entered[made[0].pk] = by.person_id

    @verb(which=NUMBERS, name=st.sampled_from(ACCOUNTS))
    def replace(self, which: int, name: str) -> None:
        old, by = self._check(which), self._as(name)
        given: dict[str, Any] = {"account": old.account, "reference": assertions.reference(), "reason": "x"}
        if made := self._try("replace", lambda: checks.replace_check(old.pk, by=by, **given)):
            self.entered[made.pk] = by.person_id

    def _unread(self) -> list[Check]:
        found = Check.objects.filter(case__in=self.cases, report_count=0)
        return list(found.order_by("created_at", "pk"))

    @verb(when=lambda self: self._unread(), which=NUMBERS, name=st.sampled_from(ACCOUNTS))
    def correct(self, which: int, name: str) -> None:
        unread = self._unread()
        check = unread[which % len(unread)]
        by, reference = self._as(name), assertions.reference()
        if self._try("correct", lambda: checks.correct_check(check.pk, by=by, reason="x", reference=reference)):
            assert check.pk not in self.said
            self.entered[check.pk] = by.person_id
            self.corrected_references.add(check.pk)

    @verb(which=NUMBERS, name=st.sampled_from(ACCOUNTS), value=st.sampled_from(["Ada Example", "Eve Other"]))
    def correct_data(self, which: int, name: str, value: str) -> None:
        case, by = self._case(which), self._as(name)
        given: dict[str, Any] = {"values": {"full_name": value}, "reason": "x"}
        token = version_of(case.applicant)
        if self._try("correct data", lambda: corrections.correct_data(case.pk, by=by, seen=token, **given)):
            self._note_correction(case, by.person_id)

    def _note_correction(self, case: Case, person_id: int) -> None:
        self.corrected.append((self._is_other(case), person_id, self.step))

    # Findings, files and questions

    def _findings(self, state: str, kinds: Sequence[str]) -> list[Finding]:
        numbers = [case.pk for case in self.cases]
        found = Finding.objects.filter(case__in=numbers, state=state, kind__in=kinds).order_by("found_at", "pk")
        return [one for one in found if one.detail.get("case", numbers[0]) in numbers]

    @verb(when=lambda self: self._findings("open", REVIEWED), which=NUMBERS, name=st.sampled_from(ACCOUNTS))
    def resolve(self, which: int, name: str) -> None:
        by, found = self._as(name), self._findings("open", REVIEWED)
        finding = found[which % len(found)]
        given = {"reason": "OK-03", "note": "x"}
        self._try(f"resolve {finding.kind}", lambda: resolutions.resolve(finding.pk, by=by, **given))

    @verb(
        when=lambda self: self._findings("resolved", ["duplicate"]),
        weight=4,
        which=NUMBERS,
        name=st.sampled_from(MANAGERS),
    )
    def agree(self, which: int, name: str) -> None:
        """The second person says that both applicants are different persons."""
        by, found = self._as(name), self._findings("resolved", ["duplicate"])
        finding = found[which % len(found)]
        if self._try("agree", lambda: resolutions.agree(finding.pk, by=by, note="Seen.")):
            assert by.person_id != finding.resolved_person_id
            self.are_distinct = True
            self.shared.clear()

    @verb(which=NUMBERS, name=st.sampled_from(ACCOUNTS))
    def upload(self, which: int, name: str) -> None:
        self._try("upload", lambda: assertions.add_file(self._case(which), self._as(name)))

    @verb(weight=1, which=NUMBERS, name=st.sampled_from(ACCOUNTS))
    def upload_selfie(self, which: int, name: str) -> None:
        case, by, content = self._case(which), self._as(name), selfie(person(7 + self.users["dana"].pk % 40))
        given: dict[str, Any] = {"kind": EvidenceKind.SELFIE, "note": "n", "content": content}
        if self._try("upload selfie", lambda: uploads.add(case.pk, by=by, **given)):
            self.with_selfie.setdefault(case.pk, self.step)
            self._note_shared(self.with_selfie, "shared selfie")

    @verb(when=lambda self: self._escalated(), which=NUMBERS, name=st.sampled_from(MANAGERS))
    def answer_question(self, which: int, name: str) -> None:
        found, by = self._escalated(), self._as(name)
        case = found[which % len(found)]
        if self._try("answer escalation", lambda: escalations.answer(case.pk, by=by, note="Go on.")):
            assert by.person_id != self._asker(case.pk)

    @verb(when=lambda self: self._escalated(), which=NUMBERS, name=st.sampled_from((*ACCOUNTS, *["asker"] * 4)))
    def withdraw_question(self, which: int, name: str) -> None:
        found = self._escalated()
        case = found[which % len(found)]
        by = case.escalated_by if name == "asker" else self._as(name)
        assert by
        if self._try("withdraw escalation", lambda: escalations.withdraw(case.pk, by=by)):
            assert by.person_id == self._asker(case.pk)

    def _escalated(self) -> list[Case]:
        return list(Case.objects.filter(pk__in=[case.pk for case in self.cases], question=True).order_by("pk"))

    # Decisions

    @verb(weight=1, which=NUMBERS, name=st.sampled_from(ACCOUNTS))
    def close(self, which: int, name: str) -> None:
        case, by = self._case(which), self._as(name)
        self._note(self._try("close", lambda: decisions.void(case.pk, by=by, reason="MIS-01", note="x")))

    @verb(weight=8, which=NUMBERS, name=st.sampled_from(ACCOUNTS), verdict=st.sampled_from([APPROVE] * 3 + [*VERDICTS]))
    def decide_or_propose(self, which: int, name: str, verdict: DecisionVerdict) -> None:
        case = self._to_decide(which)
        request = decision_request(case, verdict, VERDICTS[verdict])
        by = self._as(name)
        if self._try(f"decide {verdict}", lambda: decisions.decide(case.pk, by=by, request=request)):
            if verdict == DecisionVerdict.ESCALATE:
                self.asked[case.pk] = by.pk
        else:
            self._note(self._try(f"propose {verdict}", lambda: overrides.propose(case.pk, by=by, request=request)))

    def _note(self, made: Any) -> None:
        if isinstance(made, OverrideProposal):
            self.people_at[made.pk] = dict(User.objects.values_list("pk", "person_id"))

    @verb(
        when=lambda self: self._open_proposal(),
        weight=8,
        name=st.sampled_from((*["theo"] * 6, *ACCOUNTS)),
        answer=st.sampled_from(["approve", "approve", "approve", "refuse", "withdraw", "expire"]),
    )
    def answer(self, name: str, answer: str) -> None:
        proposal = self._open_proposal()
        assert proposal is not None
        by = self._as(name)
        if answer == "approve":
            approve = partial(overrides.approve, proposal.pk, by=by, seen=seen_of(proposal), note="Agreed.")
            if self._try(f"approve {proposal.verdict}", approve) and proposal.verdict == "approve":
                of = self._related(proposal.case)
                self.agreed |= dict.fromkeys(Check.objects.filter(case__in=of).values_list("pk", flat=True), self.step)
                self.approved_by_two |= dict.fromkeys((case.pk for case in of), self.step)
            if OverrideProposal.objects.get(pk=proposal.pk).state == "approved":
                self.asked.pop(proposal.case_id, None)
        elif answer == "refuse":
            self._try("deny", lambda: overrides.deny(proposal.pk, by=by, note="No."))
        elif answer == "withdraw":
            self._try("withdraw", lambda: overrides.withdraw(proposal.pk, by=by))
        else:
            sweeps.sweep(now=timezone.now() + timedelta(days=4))

    @verb(which=NUMBERS, name=st.sampled_from(ACCOUNTS))
    def take(self, which: int, name: str) -> None:
        case, by = self._case(which), self._as(name)
        self._try("claim", lambda: claims.claim(case.pk, by=by))

    @verb(weight=1, name=st.sampled_from(ACCOUNTS), to=st.sampled_from(ACCOUNTS))
    def move_account(self, name: str, to: str) -> None:
        try:
            with transaction.atomic():
                User.objects.filter(pk=self.users[name].pk).update(person=self._as(to).person)
        except IntegrityError:
            return

    @verb(weight=1, name=st.sampled_from(ACCOUNTS), group=st.sampled_from(["analyst", "manager", "admin"]))
    def change_role(self, name: str, group: str) -> None:
        self.users[name].groups.set([Group.objects.get(name=group)])

    # What the machine expects

    def _related(self, case: Case) -> list[Case]:
        """The cases of the applicant, and of the other one while both count as one person."""
        everybody = Case.objects.filter(pk__in=[one.pk for one in self.cases]).select_related("applicant")
        return [one for one in everybody if self.shared or one.applicant_id == case.applicant_id]

    def _typist(self, check_id: Any) -> int | None:
        """The person who typed a reference, also in *New case*."""
        if opener := self.openers.get(check_id):
            return self.entered[check_id] or User.objects.get(pk=opener.pk).person_id
        return self.entered[check_id]

    def _asker(self, case_id: int) -> int:
        """The person whose question ends now."""
        return User.objects.get(pk=self.asked.pop(case_id)).person_id

    @invariant()
    def nobody_approves_what_they_proposed(self) -> None:
        if not hasattr(self, "cases"):
            return
        for decision in Decision.objects.filter(case__in=self.cases, proposal__isnull=False).select_related("proposal"):
            proposal = decision.proposal
            assert proposal is not None
            assert proposal.resolved_by_id is not None
            people = self.people_at[proposal.pk]
            assert proposal.resolved_by_id != proposal.proposed_by_id
            assert decision.approved_by_person_id != decision.by_person_id
            assert people[proposal.resolved_by_id] != people[proposal.proposed_by_id]

    @invariant()
    def one_person_alone_decides_nothing_against_a_provider(self) -> None:
        if not hasattr(self, "cases"):
            return
        alone = Decision.objects.filter(case__in=self.cases, proposal__isnull=True).exclude(pk__in=self.judged)
        for decision in alone.select_related("case__applicant"):
            self.judged.add(decision.pk)
            judge = {"approve": self._approves, "reject": self._rejects, "void": self._closes}
            if rule := judge.get(decision.verdict):
                rule(decision.by_person_id, decision.case)
            if decision.verdict != "escalate" and decision.case_id in self.asked:
                assert decision.by_person_id != self._asker(decision.case_id)
        self.step += 1

    def _approves(self, person: int | None, case: Case) -> None:
        current = set(case.checks.filter(superseded_by=None).values_list("pk", flat=True))
        assert current
        self._agrees_with_corrections(person, case, current)
        for check in current:
            assert self.said[check][:2] in {("approved", "positive"), ("manual_review", "none")}
            assert person is None or self.entered[check] != person
            assert person is not None or self.entered[check] is None
        related = self._related(case)
        of = set(Check.objects.filter(case__in=related).values_list("pk", flat=True))
        for check, (_, result, step) in self.said.items():
            if check in of:
                assert result not in ("negative", "unknown") or self.agreed.get(check, -1) >= step
        assert case.pk not in self.shared
        for one in related:
            since = self.shared.get(one.pk, -1) if one.applicant_id == case.applicant_id else -1
            assert self.approved_by_two.get(one.pk, self.approved_by_two.get(case.pk, -1)) >= since
        if person is not None and all(self._typist(check) == person for check in current):
            self._has_read_the_others(case, related)

    def _has_read_the_others(self, case: Case, related: list[Case]) -> None:
        """Nothing was left unread in cases of the same person that nobody decided."""
        for one in related:
            if one.pk == case.pk or (one.decision and one.decision.verdict in ("approve", "reject")):
                continue
            for check in one.checks.all():
                outcome, result, _ = self.said.get(check.pk, ("pending", "none", 0))
                is_replaced = check.superseded_by_id is not None and outcome not in ("pending", "in_progress")
                is_read = result != "none" or is_replaced
                is_same = check.pk not in self.corrected_references
                assert (is_read and is_same) or self.approved_by_two.get(one.pk, -1) >= 0

    def _agrees_with_corrections(self, person: int | None, case: Case, current: set[Any]) -> None:
        made = [(by, step) for other, by, step in self.corrected if other == self._is_other(case)]
        if not made:
            return
        resolved = Finding.objects.filter(
            case__in=self.cases, state__in=("open", "resolved"), detail__has_key="earlier"
        )
        agreed = {one.resolved_person_id for one in resolved if one.state == "resolved"} - {by for by, _ in made}
        assert person is not None
        assert agreed or all(self.agreed.get(check, -1) >= made[-1][1] for check in current)

    def _rejects(self, person: int | None, case: Case) -> None:
        by_others = {check for check in self.said if self._typist(check) != person}
        own = set(case.checks.values_list("pk", flat=True)) & self.said.keys()
        if any(self.said[check][1] == "positive" for check in own):
            assert any(self.said[check][1] != "positive" for check in own & by_others)
        elif all(self.said[check][0] == "in_progress" for check in own & by_others):
            others = [one for one in self._related(case) if one.pk != case.pk]
            elsewhere = set(Check.objects.filter(case__in=others).values_list("pk", flat=True)) & self.said.keys()
            against = {
                check
                for check in elsewhere & by_others
                if self.said[check][1] in ("negative", "unknown") and self.agreed.get(check, -1) < self.said[check][2]
            }
            assert against or not any(self.said[check][1] == "positive" for check in elsewhere)

    def _closes(self, person: int | None, case: Case) -> None:
        mine = set(case.checks.values_list("pk", flat=True))
        assert all(self.said[check][0] == "in_progress" for check in mine & self.said.keys())

    @invariant()
    def the_case_stands_where_its_rows_say(self) -> None:
        if not hasattr(self, "cases"):
            return
        for case in Case.objects.filter(pk__in=[case.pk for case in self.cases]):
            is_open = OverrideProposal.objects.filter(case=case, state="open").exists()
            assert (case.status == CaseStatus.AWAITING_APPROVAL) == is_open
            final = Decision.objects.filter(case=case, verdict__in=("approve", "reject", "void"))
            assert case.decision == final.order_by("-decided_at").first()


RUNS = 1000 if SOAK else 10
VERBS = (
    "import again", "import a file", "import with corrections", "new case", "add", "replace", "correct",
    "correct data", "resolve differs", "resolve duplicate", "agree", "shared number", "shared selfie", "upload",
    "decide escalate", "answer escalation", "claim", "close", "withdraw", "decide approve", "decide reject",
    "decide request_retry", "propose approve", "approve approve", "deny",
)  # fmt: skip


@pytest.mark.promise("G26")
@pytest.mark.django_db
@pytest.mark.usefixtures("decode_in_process")
def test_no_sequence_of_actions_lets_one_person_decide_against_a_provider() -> None:
    FourEyes.runs.clear()
    run_state_machine_as_test(
        FourEyes,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=50 if SOAK else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert not SOAK or {verb for verb in VERBS if FourEyes.runs[verb] < RUNS / 200} == set()
