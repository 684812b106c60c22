"""The loser of a race reads "You" when both accounts, tabs or clicks are of one person."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance.actions import corrections, decisions, escalations, overrides, resolutions, uploads
from compliance.enums import DecisionVerdict
from compliance.errors import StaleCase
from compliance.labels import moment_label
from compliance.models import Case, Finding, OverrideProposal, User
from compliance.queries.corrections import version_of
from providers import EvidenceKind
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.pages import FRAGMENT, parsed, signed_in
from tests.factories import decision_request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

Verb = Callable[[User], object]
REJECT = DecisionVerdict.REJECT


def decide(case: Case, asker: User) -> Verb:
    request = decision_request(case, REJECT, "REJ-01")
    return lambda by: decisions.decide(case.pk, by=by, request=request)


def propose(case: Case, asker: User) -> Verb:
    request = decision_request(case, DecisionVerdict.APPROVE, "OK-04")
    return lambda by: overrides.propose(case.pk, by=by, request=request)


def proposal_of(case: Case, by: User) -> OverrideProposal:
    request = decision_request(case, DecisionVerdict.APPROVE, "OK-04")
    return overrides.propose(case.pk, by=by, request=request)


def approve(case: Case, asker: User) -> Verb:
    proposal = proposal_of(case, asker)
    return lambda by: overrides.approve(proposal.pk, by=by, seen=proposal.digest, note="Agreed.")


def deny(case: Case, asker: User) -> Verb:
    proposal = proposal_of(case, asker)
    return lambda by: overrides.deny(proposal.pk, by=by, note="No.")


def decide_after_own_approval(case: Case, asker: User) -> Verb:
    late, proposal = decision_request(case, REJECT, "REJ-01"), proposal_of(case, asker)

    def verb(by: User) -> object:
        if proposal.resolved_at is None:
            overrides.approve(proposal.pk, by=by, seen=proposal.digest, note="Agreed.")
            proposal.refresh_from_db()
            return None
        return decisions.decide(case.pk, by=by, request=late)

    return verb


def withdraw_proposal(case: Case, asker: User) -> Verb:
    made: list[OverrideProposal] = []

    def verb(by: User) -> object:
        made[:] = made or [proposal_of(case, by)]
        return overrides.withdraw(made[0].pk, by=by)

    return verb


def escalated(case: Case, by: User) -> None:
    decisions.decide(case.pk, by=by, request=decision_request(case, DecisionVerdict.ESCALATE, "ESC-01", "Who?"))


def answer(case: Case, asker: User) -> Verb:
    escalated(case, asker)
    return lambda by: escalations.answer(case.pk, by=by, note="He is.")


def withdraw_escalation(case: Case, asker: User) -> Verb:
    asked: list[Case] = []

    def verb(by: User) -> object:
        if not asked:
            escalated(case, by)
            asked.append(case)
        return escalations.withdraw(case.pk, by=by)

    return verb


def close(case: Case, asker: User) -> Verb:
    case = factories.make_case()
    return lambda by: decisions.void(case.pk, by=by, reason="MIS-01", note="Opened twice.")


def remove(case: Case, asker: User) -> Verb:
    pdf = b"%PDF-1.4 nothing to see"
    document = uploads.add(case.pk, by=asker, kind=EvidenceKind.OTHER, note="By e-mail.", content=pdf)
    return lambda by: uploads.withdraw(document.pk, by=by, reason="Wrong case.")


def resolve(case: Case, asker: User) -> Verb:
    finding = Finding.objects.create(
        case=case,
        data_key_id=case.applicant.data_key_id,
        kind="by_eye",
        about="name",
        detail={},
        since_seq=0,
        found_at=timezone.now(),
    )
    return lambda by: resolutions.resolve(finding.pk, by=by, reason="OK-03", note="Married.")


def correct(case: Case, asker: User) -> Verb:
    seen = version_of(case.applicant)
    values = {"full_name": "Lena Hart"}
    return lambda by: corrections.correct_data(case.pk, by=by, reason="A mistake.", values=values, seen=seen)


@pytest.mark.parametrize(
    ("prepare", "own"),
    [
        (decide, "decided this case"),
        (close, "decided this case"),
        (propose, "proposed an override"),
        (approve, "approved this override"),
        (deny, "denied this override"),
        (withdraw_proposal, "withdrew this override"),
        (decide_after_own_approval, "approved this override"),
        (answer, "answered this escalation"),
        (withdraw_escalation, "withdrew this escalation"),
        (remove, "removed this file"),
        (resolve, "resolved this finding"),
        (correct, "corrected the declared data"),
    ],
)
def test_a_second_click_from_another_account_reads_you_and_when(
    prepare: Callable[[Case, User], Verb], own: str, analyst: User, manager: User
) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    verb = prepare(case, analyst)
    verb(manager)
    again = factories.make_user("ines2", "Ines C.", "manager", person=manager.person)
    for by in (manager, again):
        with pytest.raises(StaleCase, match=rf"^You {own} at \d\d:\d\d UTC\.$") as late:
            verb(by)
        assert late.value.winner == "Ines Carvalho"


def test_the_proposer_of_an_approved_override_reads_the_approver(analyst: User, manager: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    late, proposal = decision_request(case, REJECT, "REJ-01"), proposal_of(case, analyst)
    overrides.approve(proposal.pk, by=manager, seen=proposal.digest, note="Agreed.")
    with pytest.raises(StaleCase, match=r"^Ines Carvalho approved your override at \d\d:\d\d UTC\.$"):
        decisions.decide(case.pk, by=analyst, request=late)


def test_the_time_of_another_day_has_its_date() -> None:
    now = timezone.now()
    assert moment_label(now) == f"at {now:%H:%M} UTC"
    assert moment_label(datetime(2026, 3, 2, 16, 20, tzinfo=UTC)) == "on 2 Mar 2026, 16:20 UTC"
    assert moment_label(now - timedelta(days=1)).startswith("on ")


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_the_page_of_a_double_click_shows_who_decided(headers: dict[str, str], analyst: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    request = decision_request(case, REJECT, "REJ-01")
    form = {"verdict": "reject", "reason": "REJ-01", "note": "Forged.", "seen": request.seen, "seen_decision": ""}
    url, browser = reverse("case-decide", args=[case.pk]), signed_in(analyst)
    form["shown_to"] = str(analyst.person_id)
    assert browser.post(url, form).status_code == 303
    late: Client = signed_in(factories.make_user("dana2", "D. Whitfield", "analyst", person=analyst.person))
    response = late.post(url, form, headers=headers)
    lost = parsed(response.content.decode()).by_id("lost")
    assert response.status_code == 409
    assert lost.one("b", data_error_sentence="").text.startswith("You decided this case at ")
    assert lost.by_id("note").raw.strip() == "Forged."
