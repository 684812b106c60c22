"""Data of the release before, after the upgrade."""

import base64
import inspect
import json
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.urls import reverse

from compliance import audit
from compliance.actions import cases, claims, decisions, escalations, overrides, sweeps
from compliance.actions.decision_requests import DecisionRequest
from compliance.actions.reindexing import reindex
from compliance.celery import app
from compliance.enums import DecisionVerdict, ProposalState
from compliance.errors import NotAllowed, StaleEvidence
from compliance.evidence import encrypted_storage
from compliance.models import (
    Applicant,
    Case,
    Check,
    CheckReport,
    CheckSync,
    DeskEvent,
    Document,
    Event,
    Finding,
    OverrideProposal,
    User,
    ViewRecord,
)
from compliance.routing.evidence_digest import evidence_digest
from tests.compliance import assertions
from tests.compliance.views.pages import Node, page_of, signed_in
from tests.factories import decision_request

Expected = dict[str, Any]
OLD_TASKS = {
    "compliance.tasks.sync_slice": ["slot"],
    "compliance.tasks.copy_evidence": [],
    "compliance.tasks.sweep": [],
}
"""Names and arguments of the messages that the release before sends."""


def case_of(expected: Expected, name: str) -> Case:
    return Case.objects.get(pk=expected["cases"][name])


def user_of(expected: Expected, name: str) -> User:
    return User.objects.get(pk=expected["users"][name])


def open_proposal(expected: Expected, name: str) -> OverrideProposal:
    return OverrideProposal.objects.get(case=expected["cases"][name], state=ProposalState.OPEN)


def page(expected: Expected, reader: str, route: str, *args: object) -> Node:
    return page_of(signed_in(user_of(expected, reader)).get(reverse(route, args=args)))


def second_manager(expected: Expected) -> User:
    """A manager who has changed no case; nobody approves over evidence of their own."""
    user = user_of(expected, "priya")
    user.groups.add(Group.objects.get(name="manager"))
    return user


# --- proposals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["proposal", "second_proposal"])
def test_an_open_proposal_stays_open_and_a_second_person_approves_it(name: str, upgraded: Expected) -> None:
    case, proposal = case_of(upgraded, name), open_proposal(upgraded, name)
    rows = cases.evidence_of(case)
    assert proposal.evidence == rows
    assert proposal.digest == evidence_digest(rows) != upgraded["proposals"][str(proposal.pk)]["digest"]
    assert "Digest" in page(upgraded, "ines", "case", case.pk).by_id("override").text
    for by in [proposal.proposed_by, *([user_of(upgraded, "ines")] if name == "proposal" else [])]:
        with pytest.raises(NotAllowed):  # Ines removed a file of the first one
            overrides.approve(proposal.pk, by=by, seen=proposal.digest, note="Agreed.")
    decision = overrides.approve(proposal.pk, by=second_manager(upgraded), seen=proposal.digest, note="Agreed.")
    assert (decision.verdict, decision.note) == ("approve", upgraded["proposals"][str(proposal.pk)]["note"])
    assert Case.objects.get(pk=case.pk).status == "decided"


def test_a_proposal_whose_evidence_had_changed_stays_stale(upgraded: Expected) -> None:
    proposal = open_proposal(upgraded, "stale_proposal")
    digest = evidence_digest(cases.evidence_of(proposal.case))
    with pytest.raises(StaleEvidence) as stopped:
        overrides.approve(proposal.pk, by=second_manager(upgraded), seen=digest, note="Agreed.")
    assert stopped.value.changes == ("Selfie “Added 1” is new.",)


def test_a_page_opened_before_the_upgrade_has_to_be_reloaded(upgraded: Expected) -> None:
    proposal = open_proposal(upgraded, "proposal")
    with pytest.raises(StaleEvidence):
        overrides.approve(
            proposal.pk,
            by=second_manager(upgraded),
            seen=upgraded["proposals"][str(proposal.pk)]["digest"],
            note="Agreed.",
        )
    request = DecisionRequest(verdict=DecisionVerdict.REJECT, reason="REJ-01", seen="0" * 64)
    with pytest.raises(StaleEvidence) as stopped:
        decisions.decide(case_of(upgraded, "claimed").pk, by=user_of(upgraded, "dana"), request=request)
    assert stopped.value.changes == ()


def test_users_without_an_email_are_named_and_left_alone(upgraded: Expected) -> None:
    (entry,) = DeskEvent.objects.filter(type="emails_to_correct")
    missing = list(User.objects.filter(email="").order_by("pk").values_list("pk", flat=True))
    assert (entry.actor, entry.data) == (None, {"missing": missing, "shared": []})
    assert missing


def test_answered_proposals_keep_their_digest_and_note(upgraded: Expected) -> None:
    answered = OverrideProposal.objects.exclude(state=ProposalState.OPEN)
    assert {row.state for row in answered} == {"withdrawn", "refused", "expired", "approved"}
    for row in answered:
        before = upgraded["proposals"][str(row.pk)]
        assert (row.state, row.digest, row.note) == (before["state"], before["digest"], before["note"])


# --- the trail --------------------------------------------------------------------------------------------------------


def test_every_chain_verifies_and_old_events_are_untouched(upgraded: Expected, stored: dict[str, Any]) -> None:
    old = {row["id"]: (row["text"], row["hash"].removeprefix("\\x")) for row in stored["tables"]["compliance_event"]}
    found = {event.pk: (event.text, bytes(event.hash).hex()) for event in Event.objects.filter(pk__in=old)}
    assert found == old
    for case in Case.objects.all():
        previous = b""
        for number, event in enumerate(Event.objects.filter(case=case).order_by("seq"), start=1):
            content = json.loads(event.text)
            assert (content["seq"], content["data"]) == (number, event.data)
            assert bytes(event.hash) == (previous := audit.chain_hash(previous, event.text))
        assert (bytes(case.event_hash), case.event_seq) == (previous, Event.objects.filter(case=case).count())


def test_one_event_names_both_digests_of_each_open_proposal(upgraded: Expected) -> None:
    written = Event.objects.filter(type="override_digest_migrated")
    assert {event.data["proposal"]: (event.data["before"], event.data["after"]) for event in written} == {
        str(row.pk): (upgraded["proposals"][str(row.pk)]["digest"], row.digest)
        for row in OverrideProposal.objects.filter(state=ProposalState.OPEN)
    }
    assert len(written) == 3


def test_view_records_of_every_kind_are_shown_by_the_access_log(upgraded: Expected) -> None:
    case, records = case_of(upgraded, "viewed"), upgraded["view_records"]
    texts = {str(pk): what for pk, what in ViewRecord.objects.filter(case=case).values_list("pk", "old_text")}
    assert texts == {pk: what for pk, (what, _) in records.items()}
    kinds = {what.partition(":")[0].partition("-")[0] for what, _ in records.values()}
    assert kinds == {
        *("case", "payload", "ticket", "views", "search", "add", "replace", "settings", "close", "fact"),
        *("thumb", "original", "video", "page", "picture"),
    }
    url = reverse("case-views", args=[case.pk])
    shown = page_of(signed_in(user_of(upgraded, "ines")).get(url, {"small": "1"})).by_id("views").text
    for noun in ("Address", "Document number", "Preventor identity", "Bank131 database", "PDF", "Video", "Selfie"):
        assert noun.lower() in shown.lower(), noun
    assert "fact:" not in shown
    assert "payload:" not in shown


# --- cases ------------------------------------------------------------------------------------------------------------


def test_an_escalated_case_stays_escalated_with_asker_and_question(upgraded: Expected) -> None:
    case, dana = case_of(upgraded, "escalated"), user_of(upgraded, "dana")
    assert (case.question, case.escalated_by, case.answered_at) == (True, dana, None)
    assert case.escalation
    assert (case.escalation.note, case.escalated_at) == (
        "Is this the same person as KYC-1?",
        case.escalation.decided_at,
    )
    shown = page(upgraded, "ines", "case", case.pk)
    assert "Dana Whitfield asks: Is this the same person as KYC-1?" in shown.by_id("warnings").text
    cases.route_and_save(cases.lock(case.pk))
    assert Case.objects.get(pk=case.pk).why_head == case.why_head
    assert case.why_head.endswith(", escalated by Dana Whitfield")
    handed_out = set()
    while found := claims.claim_next(by=dana):
        handed_out.add(found.pk)
    assert case.pk not in handed_out


def test_a_case_escalated_before_the_upgrade_is_answered_by_a_manager_alone(upgraded: Expected) -> None:
    case, dana, ines = case_of(upgraded, "escalated"), user_of(upgraded, "dana"), user_of(upgraded, "ines")
    for by in (dana, ines):
        with pytest.raises(NotAllowed, match="escalated this case: a manager has to answer"):
            decisions.decide(case.pk, by=by, request=decision_request(case, DecisionVerdict.REJECT, "REJ-01"))
    answer = escalations.answer(case.pk, by=ines, note="It is another person.")
    assert answer.escalation_id == case.escalation_id
    shown = page(upgraded, "dana", "case", case.pk)
    assert "Ines Carvalho answered: It is another person." in shown.by_id("warnings").text
    assert not Case.objects.get(pk=case.pk).question


def test_a_question_answered_before_the_upgrade_stays_answered(upgraded: Expected) -> None:
    case = case_of(upgraded, "answered")
    assert (case.status, case.question, case.escalated_by) == ("decided", False, None)


@pytest.mark.parametrize(
    ("name", "status", "queue"),
    [
        ("proposal", "awaiting_approval", "declined"),
        ("escalated", "in_review", "retry_required"),
        ("answered", "decided", ""),
        ("closed", "decided", ""),
        ("claimed", "in_review", "retry_required"),
        ("blocked", "in_review", "unreadable"),
        ("viewed", "in_review", "declined"),
        ("approve", "decided", ""),
        ("void", "decided", ""),
    ],
)
def test_cases_stay_where_they_were_and_their_pages_open(
    name: str, status: str, queue: str, upgraded: Expected
) -> None:
    case = case_of(upgraded, name)
    assert (case.status, case.queue) == (status, queue)
    assert page(upgraded, "dana", "case", case.pk).by_id("checks")


def test_the_action_of_an_admin_in_an_old_sentence_is_shown_to_admins_only(upgraded: Expected) -> None:
    case = case_of(upgraded, "blocked")
    duty = "compare the id and the account's environment, and correct the reference."
    assert f"Admin: {duty}" in CheckSync.objects.get(check_row__case=case).fault_detail
    assert case.why.endswith("in this environment. An admin has to fix this.")
    shown = page(upgraded, "dana", "case", case.pk)
    assert duty not in shown.text
    assert shown.by_id("checks").text.count("An admin has to fix this.") == 1
    user_of(upgraded, "priya").groups.add(Group.objects.get(name="analyst"))
    shown = page(upgraded, "priya", "case", case.pk)
    assert shown.by_id("checks").text.count(f"Admin: {duty.capitalize()}") == 1
    assert "An admin has to fix this." not in shown.by_id("checks").text


def test_a_claim_made_before_the_upgrade_holds(upgraded: Expected) -> None:
    case = case_of(upgraded, "claimed")
    assert case.claim.user == user_of(upgraded, "dana")


# --- encryption -------------------------------------------------------------------------------------------------------


def test_values_encrypted_before_the_upgrade_are_decrypted(upgraded: Expected) -> None:
    for external_id, values in upgraded["applicants"].items():
        row = Applicant.objects.get(external_id=external_id)
        assert [row.full_name, row.birth_date, row.document_number] == values
    ticket = Check.objects.get(case=upgraded["cases"]["viewed"], provider="preventor")
    assert CheckReport.objects.get(check_row=ticket, number=1).payload == upgraded["payload"]
    assert ticket.facts


def test_files_encrypted_before_the_upgrade_are_decrypted(upgraded: Expected) -> None:
    assert len(upgraded["originals"]) == 3
    for key, content in upgraded["originals"].items():
        blob = Document.objects.select_related("blob").get(pk=key).blob
        assert blob
        with encrypted_storage.opened(blob) as frames:
            assert b"".join(frames) == base64.b64decode(content)


# --- messages ---------------------------------------------------------------------------------------------------------


def test_workers_of_both_releases_understand_each_others_messages() -> None:
    app.loader.import_default_modules()
    for name, arguments in OLD_TASKS.items():
        assert list(inspect.signature(app.tasks[name].run).parameters) == arguments
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(OLD_TASKS)
    assert set(settings.CELERY_TASK_ROUTES) <= set(OLD_TASKS)


# --- the same person --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["reindex", "sweep"])
def test_old_cases_are_found_under_another_spelling(command: str, upgraded: Expected) -> None:
    """`manage.py reindex` writes the keys of all cases; the sweeps after the upgrade write those of open ones."""
    old = case_of(upgraded, "viewed")
    for _ in range(2):  # the first sweep stores the keys, the second one searches with them
        list(reindex()) if command == "reindex" else sweeps.sweep()
    born = old.applicant.birth_date
    case = assertions.case_with("approved", full_name="Dr. Mya Exampel", birth_date=born, environment=old.environment)
    finding = Finding.objects.get(case=case, kind="duplicate")
    assert finding.about == "similar_name"
    assert Case.objects.get(pk=finding.detail["case"]).applicant_id == old.applicant_id
    assertions.needs_two(case, user_of(upgraded, "dana"), DecisionVerdict.APPROVE, "OK-01")
