"""Concurrent actions of people and workers: each has one winner, and the loser is shown the winner. Real threads, real
locks."""

import html
import os
import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from compliance.actions import cases, checks, claims, decisions, overrides, reports, sweeps, uploads
from compliance.audit import chain_hash
from compliance.enums import CaseStatus, DecisionVerdict
from compliance.errors import ComplianceError, InvalidInput, NotAllowed, StaleCase, StaleEvidence
from compliance.models import Blob, Case, CheckSync, Claim, Decision, Document, Event, OverrideProposal, Person, User
from compliance.routing.evidence_digest import evidence_digest
from providers import EvidenceKind
from tests import factories
from tests.compliance import assertions
from tests.concurrency import at_once
from tests.factories import decision_request

pytestmark = pytest.mark.django_db(transaction=True)

SOAK = os.environ.get("SOAK") == "1"
ROUNDS = 200 if SOAK else 3
APPROVE, REJECT = DecisionVerdict.APPROVE, DecisionVerdict.REJECT


def winners(results: Sequence[Any]) -> list[Any]:
    return [result for result in results if not isinstance(result, ComplianceError)]


def fresh(case: Case) -> Case:
    return Case.objects.select_related("decision__by").get(pk=case.pk)


def is_whole(case: Case) -> bool:
    """Whether the case's chain verifies by recomputing it, without a gap, up to the head on the case row."""
    head = b""
    rows = list(Event.objects.filter(case=case).order_by("seq"))
    for row in rows:
        head = chain_hash(head, row.text)
        if bytes(row.hash) != head:
            return False
    last = fresh(case)
    return [row.seq for row in rows] == list(range(1, last.event_seq + 1)) and bytes(last.event_hash) == head


def crowd(count: int, group: str = "analyst") -> list[User]:
    people = [Person.objects.create(name=f"Person {number}") for number in range(count)]
    return [factories.make_user(f"p{person.pk}", person.name, group, person=person) for person in people]


def many_cases(count: int, outcome: str = "declined") -> list[Case]:
    """Cases in a queue, read in one batch."""
    account = assertions.make_account()
    made = [factories.make_case() for _ in range(count)]
    added = [assertions.add_check(case, account=account) for case in made]
    CheckSync.objects.update(fence=F("fence") + 1)
    reports.record_reports([assertions.read_of(check, outcome) for check in added])
    return made


# --- taking -----------------------------------------------------------------------------------------------------------


@pytest.mark.promise("P23")
def test_fifty_people_claim_next_at_once_and_no_case_goes_to_two() -> None:
    people = crowd(50)
    many_cases(60)
    claimed = at_once([partial(claims.claim_next, by=by) for by in people])
    assert winners(claimed) == claimed
    assert None not in claimed
    assert len({case.pk for case in claimed}) == 50
    held = dict(Claim.objects.values_list("case_id", "person_id"))
    assert held == {case.pk: by.person_id for case, by in zip(claimed, people, strict=True)}
    assert Counter(Event.objects.filter(type="claimed").values_list("case_id", flat=True)).most_common(1)[0][1] == 1


def test_with_fewer_cases_than_people_the_others_get_none() -> None:
    people = crowd(12)
    made = many_cases(5)
    claimed = [case for case in at_once([partial(claims.claim_next, by=by) for by in people]) if case]
    assert sorted(case.pk for case in claimed) == sorted(case.pk for case in made)


def test_two_people_who_claim_one_case_make_one_holder() -> None:
    people = crowd(8)
    for case in many_cases(ROUNDS):
        results = at_once([partial(claims.claim, case.pk, by=by) for by in people], refusals=ComplianceError)
        (claim,) = winners(results)
        lost = [result for result in results if result is not claim]
        assert {type(result) for result in lost} == {StaleCase}
        assert {result.winner for result in lost} == {claim.user.label}
        assert Claim.objects.get(case=case).person_id == claim.person_id


# --- deciding ---------------------------------------------------------------------------------------------------------


@pytest.mark.promise("G27")
@pytest.mark.parametrize("count", [2, 8])
def test_one_of_many_decisions_wins_and_the_others_name_the_winner(count: int) -> None:
    people = crowd(count)
    for case in many_cases(ROUNDS):
        request = decision_request(case, REJECT, "REJ-01")
        results = at_once(
            [partial(decisions.decide, case.pk, by=by, request=request) for by in people], refusals=ComplianceError
        )
        (decision,) = winners(results)
        assert {type(result) for result in results} == {Decision, StaleCase}
        lost = [result for result in results if isinstance(result, StaleCase)]
        assert {result.winner for result in lost} == {decision.by.label}
        assert fresh(case).decision == Decision.objects.get(case=case) == decision
        assert is_whole(case)


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.promise("G27")
def test_of_two_browsers_the_loser_keeps_the_note_and_reads_the_winner(analyst: User, colleague: User) -> None:
    for case in many_cases(ROUNDS):
        Claim.objects.all().delete()  # the winner of the round before has claimed this case
        url = reverse("case-decide", args=[case.pk])
        jobs, notes = [], {}
        for by in (analyst, colleague):
            client = signed_in(by)
            page = client.get(reverse("case", args=[case.pk])).content.decode()
            notes[by.label] = f"What {by.label} saw: <b>crooked</b> & pale."
            fields = {
                "verdict": "reject",
                "reason": "REJ-01",
                "note": notes[by.label],
                "seen": field(page, "seen"),
                "seen_decision": field(page, "seen_decision"),
                "shown_to": field(page, "shown_to"),
            }
            jobs.append(partial(client.post, url, fields, headers={"HX-Request": "true"}))
        answers: list[HttpResponse] = at_once(jobs)
        decision = Decision.objects.select_related("by").get(case=case)
        assert decision.by is not None
        by_name = dict(zip((analyst.label, colleague.label), answers, strict=True))
        won = by_name.pop(decision.by.label)
        ((loser, lost),) = by_name.items()
        assert (won.status_code, lost.status_code) == (204, 409)
        fragment = lost.content.decode()
        assert f"{decision.by.label} rejected this case at " in html.unescape(fragment)
        typed = re.search(r"<textarea[^>]*>([^<]*)</textarea>", fragment)
        assert typed
        assert html.unescape(typed[1]).strip("\n") == notes[loser]
        assert decision.note == notes[decision.by.label]


@pytest.mark.promise("G28")
def test_a_decision_racing_a_report_is_made_on_the_old_one_or_stopped(analyst: User) -> None:
    seen = Counter[str]()
    for case in many_cases(ROUNDS * 2, "manual_review"):
        check = case.checks.get()
        request = decision_request(case, APPROVE, "OK-01")
        CheckSync.objects.filter(pk=check.pk).update(fence=F("fence") + 1)
        read = assertions.read_of(check, "declined", "negative", "62301")
        decided, _ = at_once(
            [
                partial(decisions.decide, case.pk, by=analyst, request=request),
                partial(reports.record_reports, [read]),
            ],
            refusals=ComplianceError,
        )
        case = fresh(case)
        if isinstance(decided, StaleEvidence):
            assert len(decided.changes) == 1
            assert (case.status, case.queue, case.decision) == (CaseStatus.IN_REVIEW, "declined", None)
        else:
            assert isinstance(decided, Decision)
            assert (decided.report_seq, case.status, case.queue) == (1, CaseStatus.IN_REVIEW, "recheck")
        assert is_whole(case)
        seen[type(decided).__name__] += 1
    assert sum(seen.values()) == ROUNDS * 2


# --- answering --------------------------------------------------------------------------------------------------------


def proposed(case: Case, by: User) -> OverrideProposal:
    return overrides.propose(case.pk, by=by, request=decision_request(case, APPROVE, "OK-04"))


@pytest.mark.promise("G27")
def test_approve_deny_and_withdraw_at_once_have_one_outcome(analyst: User, manager: User) -> None:
    other = factories.make_user("maeve", "Maeve Quinn", "manager")
    for case in many_cases(ROUNDS):
        proposal = proposed(case, analyst)
        results = at_once(
            [
                partial(overrides.approve, proposal.pk, by=manager, seen=proposal.digest, note="Agreed."),
                partial(overrides.deny, proposal.pk, by=other, note="No."),
                partial(overrides.withdraw, proposal.pk, by=analyst),
            ],
            refusals=ComplianceError,
        )
        assert len(winners(results)) == 1
        proposal.refresh_from_db()
        case = fresh(case)
        assert (proposal.state == "approved") == (case.status == CaseStatus.DECIDED) == (case.decision is not None)
        assert proposal.state in ("approved", "refused", "withdrawn")
        for result in results[:2]:
            if isinstance(result, StaleCase):
                assert result.winner == (proposal.resolved_by.label if proposal.resolved_by else "")
            else:
                assert not isinstance(result, NotAllowed)
        assert is_whole(case)


@pytest.mark.promise("G27")
def test_two_approvals_at_once_make_one_decision(analyst: User) -> None:
    managers = crowd(4, "manager")
    for case in many_cases(ROUNDS):
        proposal = proposed(case, analyst)
        results = at_once(
            [partial(overrides.approve, proposal.pk, by=by, seen=proposal.digest, note="Agreed.") for by in managers],
            refusals=ComplianceError,
        )
        (decision,) = winners(results)
        assert Decision.objects.get(case=case) == decision
        assert {result.winner for result in results if result is not decision} == {decision.approved_by_person.name}


def test_of_two_proposals_at_once_one_is_made() -> None:
    people = crowd(6)
    for case in many_cases(ROUNDS):
        request = decision_request(case, APPROVE, "OK-04")
        results = at_once(
            [partial(overrides.propose, case.pk, by=by, request=request) for by in people], refusals=ComplianceError
        )
        (proposal,) = winners(results)
        assert OverrideProposal.objects.get(case=case) == proposal
        lost = [result for result in results if result is not proposal]
        assert {(type(result), result.winner) for result in lost} == {(StaleCase, proposal.proposed_by.label)}


@pytest.mark.promise("G28")
def test_an_approval_racing_a_report_is_made_on_the_old_one_or_stopped(analyst: User, manager: User) -> None:
    for case in many_cases(ROUNDS):
        proposal, check = proposed(case, analyst), case.checks.get()
        CheckSync.objects.filter(pk=check.pk).update(fence=F("fence") + 1)
        read = assertions.read_of(check, "declined", "negative", "62403")
        approved, _ = at_once(
            [
                partial(overrides.approve, proposal.pk, by=manager, seen=proposal.digest, note="Agreed."),
                partial(reports.record_reports, [read]),
            ],
            refusals=ComplianceError,
        )
        case = fresh(case)
        stopped = isinstance(approved, StaleEvidence)
        assert case.status == (CaseStatus.AWAITING_APPROVAL if stopped else CaseStatus.IN_REVIEW)
        assert stopped or (case.queue, approved.report_seq) == ("recheck", 1)
        assert is_whole(case)


# --- adding files -----------------------------------------------------------------------------------------------------


@pytest.mark.promise("P16")
def test_the_same_file_added_at_once_is_stored_once() -> None:
    people = crowd(4)
    for number, case in enumerate(many_cases(ROUNDS)):
        content = b"%%PDF-1.4 letter %d" % number
        jobs = [
            partial(uploads.add, case.pk, by=by, kind=EvidenceKind.REPORT_PDF, note="By e-mail.", content=content)
            for by in people
        ]
        results = at_once(jobs, refusals=ComplianceError)
        (added,) = winners(results)
        assert {type(result) for result in results if result is not added} == {InvalidInput}
        assert {str(result) for result in results if result is not added} == {
            f"It is on this case already, as PDF report added by {added.added_by.label}."
        }
        assert Document.objects.get(case=case) == added
        assert Blob.objects.get(case=case) == added.blob
        assert is_whole(case)
    # Files that the losers had encrypted are removed from the storage.
    assert len(list(Path(storages["documents"].path("")).rglob("original"))) == Blob.objects.count() == ROUNDS


def test_a_file_added_during_a_decision_stops_it_or_comes_after_it(analyst: User, colleague: User) -> None:
    for case in many_cases(ROUNDS * 2):
        client = signed_in(analyst)
        page = client.get(reverse("case", args=[case.pk])).content.decode()
        fields = {
            "verdict": "reject",
            "reason": "REJ-01",
            "note": "What I wrote <b>stays</b>.",
            "seen": field(page, "seen"),
            "seen_decision": field(page, "seen_decision"),
            "shown_to": field(page, "shown_to"),
        }
        url = reverse("case-decide", args=[case.pk])
        kind, content = EvidenceKind.REPORT_PDF, b"%PDF-1.4 letter"
        answered, added = at_once(
            [
                partial(client.post, url, fields, headers={"HX-Request": "true"}),
                partial(uploads.add, case.pk, by=colleague, kind=kind, note="By e-mail.", content=content),
            ]
        )
        assert isinstance(added, Document)
        written = [event.type for event in Event.objects.filter(case=case).order_by("seq")]
        if answered.status_code == 409:
            assert Decision.objects.filter(case=case).count() == 0
            typed = re.search(r"<textarea[^>]*>([^<]*)</textarea>", answered.content.decode())
            assert typed
            assert html.unescape(typed[1]).strip("\n") == fields["note"]
            assert "Report, PDF “Added 1” is new." in answered.content.decode()
        else:
            assert answered.status_code == 204
            assert written.index("decided") < written.index("document_added")
            assert fresh(case).status == CaseStatus.DECIDED
        assert is_whole(case)


# --- machines ---------------------------------------------------------------------------------------------------------


@pytest.mark.promise("G27")
def test_batches_that_share_cases_do_not_deadlock(analyst: User) -> None:
    made = many_cases(6, "in_progress")
    faces = [assertions.add_check(case, "face") for case in made]
    identities = [case.checks.get(kind="identity") for case in made]
    for number in range(ROUNDS):
        CheckSync.objects.update(fence=F("fence") + 1)
        outcome = ("in_progress", "pending")[number % 2]
        orders = (faces, identities[::-1])
        batches = [[assertions.read_of(check, outcome, word=f"w{number}") for check in order] for order in orders]
        stored = at_once(
            [
                *(partial(reports.record_reports, batch) for batch in batches),
                *(partial(checks.request_read, check.pk, by=analyst) for check in identities[:3]),
            ]
        )
        assert [result.changed for result in stored[:2]] == [6, 6]
    assert all(is_whole(case) for case in made)


def test_a_sweep_racing_a_person_changes_a_case_once(analyst: User, manager: User) -> None:
    for case in many_cases(ROUNDS):
        proposal = proposed(case, analyst)
        seen = evidence_digest(cases.evidence_of(case))
        approved, swept, again = at_once(
            [
                partial(overrides.approve, proposal.pk, by=manager, seen=seen, note="Agreed."),
                partial(sweeps.sweep, now=proposal.expires_at),
                partial(sweeps.sweep, now=proposal.expires_at),
            ],
            refusals=ComplianceError,
        )
        proposal.refresh_from_db()
        won = isinstance(approved, Decision)
        assert proposal.state == ("approved" if won else "expired")
        assert (swept, again).count(1) == (0 if won else 1)
        assert Event.objects.filter(case=case, type__in=("override_expired", "override_approved")).count() == 1
        assert is_whole(case)
