"""The tokens of the decision forms: each is required once, and the typed text survives a refusal."""

import logging
from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from compliance.actions import overrides
from compliance.enums import DecisionVerdict
from compliance.models import Case, Decision, OverrideProposal, User
from compliance.views.decision_form import INCOMPLETE, TOKENS
from tests.compliance import assertions
from tests.compliance.tables import everything
from tests.compliance.test_forms import value_of
from tests.compliance.views.pages import FRAGMENT, case_page, page_of, signed_in
from tests.factories import decision_request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_cache")]

SENSELESS = {
    "seen": ("", "x", "0" * 63, "A" * 64, f"{'0' * 64}\n"),
    "seen_decision": ("none", "0", f"{uuid4()}x"),
    "shown_to": ("", "0", "x", "-1", "1.0", "1" * 40, "١"),
}


def broken(form: dict[str, str], name: str) -> list[dict[str, Any]]:
    """The form without this token, with it twice, and with senseless values."""
    without = {key: value for key, value in form.items() if key != name}
    return [without, form | {name: [form[name], form[name]]}, *(form | {name: odd} for odd in SENSELESS[name])]


def proposal_of(case: Case, by: User) -> OverrideProposal:
    return overrides.propose(case.pk, by=by, request=decision_request(case, DecisionVerdict.APPROVE, "OK-04"))


@pytest.mark.parametrize("name", TOKENS)
def test_a_decision_without_exact_tokens_is_refused_and_keeps_its_text(name: str, desk: Client) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    panel = case_page(desk, case).by_id("decision")
    form = {"verdict": "reject", "reason": "REJ-01", "note": "Typed for long."}
    form |= {token: panel.one(name=token)["value"] for token in TOKENS}
    for sent in broken(form, name):
        refused = page_of(desk.post(panel["action"], sent, headers=FRAGMENT), status=422).by_id("decision")
        assert refused.by_id("decision-error").one("b").text == INCOMPLETE, sent
        assert (value_of(refused, "note"), value_of(refused, "reason")) == ("Typed for long.", "REJ-01")
        assert {token: refused.one(name=token)["value"] for token in TOKENS} == {key: form[key] for key in TOKENS}
    assert not Decision.objects.exists()
    assert desk.post(panel["action"], form).status_code == 303


@pytest.mark.parametrize("name", ["seen", "shown_to"])
@pytest.mark.parametrize("route", ["proposal-approve", "proposal-deny"])
def test_an_answer_without_exact_tokens_is_refused_and_keeps_its_text(
    route: str, name: str, analyst: User, manager: User
) -> None:
    proposal = proposal_of(assertions.case_with("declined", "negative", "62301"), analyst)
    form = {"seen": proposal.digest, "shown_to": str(manager.person_id), "note": "Typed for long."}
    before = everything()
    for sent in broken(form, name):
        answer = signed_in(manager).post(reverse(route, args=[proposal.pk]), sent, headers=FRAGMENT)
        panel = page_of(answer, status=422).by_id("override")
        assert panel.one("div", "notice").text == INCOMPLETE and value_of(panel, "note") == "Typed for long."
    proposal.refresh_from_db()
    assert proposal.state == "open" and not Decision.objects.exists()
    assert {name: rows for name, rows in everything().items() if "proposal" in name} == {
        name: rows for name, rows in before.items() if "proposal" in name
    }


def test_a_withdrawal_names_the_person_of_its_page(analyst: User, desk: Client) -> None:
    proposal = proposal_of(assertions.case_with("declined"), analyst)
    url = reverse("proposal-withdraw", args=[proposal.pk])
    assert desk.post(url, {}, headers=FRAGMENT).status_code == 422
    form = page_of(desk.get(reverse("case", args=[proposal.case_id]))).by_id("withdraw")
    assert desk.post(url, {"shown_to": form.one(name="shown_to")["value"]}).status_code == 303
    proposal.refresh_from_db()
    assert proposal.state == "withdrawn"


def test_a_note_that_is_sent_twice_is_refused(desk: Client) -> None:
    case = assertions.case_with("declined")
    panel = case_page(desk, case).by_id("decision")
    form: dict[str, Any] = {"verdict": "reject", "reason": "REJ-01", "note": ["One.", "Another."]}
    form |= {token: panel.one(name=token)["value"] for token in TOKENS}
    refused = page_of(desk.post(panel["action"], form, headers=FRAGMENT), status=422)
    assert refused.by_id("decision-error").one("b").text == INCOMPLETE
    assert not Decision.objects.exists()


def test_unknown_fields_are_logged_by_name_and_change_nothing(desk: Client, caplog: pytest.LogCaptureFixture) -> None:
    case = assertions.case_with("declined")
    panel = case_page(desk, case).by_id("decision")
    form = {"verdict": "reject", "reason": "REJ-01", "note": "x", "approved_by": "SECRET", "n" * 90: "SECRET"}
    form |= {token: panel.one(name=token)["value"] for token in TOKENS}
    with caplog.at_level(logging.WARNING, logger="compliance.views.decision_form"):
        assert desk.post(panel["action"], form).status_code == 303
    (record,) = caplog.records
    assert record.getMessage() == f"A decision form has 2 unknown fields: 'approved_by', '{'n' * 40}'"
    assert Decision.objects.get(case=case).verdict == "reject"


def test_tokens_in_the_address_count_for_nothing(desk: Client) -> None:
    case = assertions.case_with("declined")
    panel = case_page(desk, case).by_id("decision")
    query = QueryDict(mutable=True)
    query.update({token: panel.one(name=token)["value"] for token in TOKENS})
    url = f"{panel['action']}?{query.urlencode()}"
    answer = desk.post(url, {"verdict": "reject", "reason": "REJ-01", "note": "x"}, headers=FRAGMENT)
    assert answer.status_code == 422 and not Decision.objects.exists()
