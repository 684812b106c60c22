"""The escalation card: who sees which buttons, and what they do."""

import pytest
from django.test import Client
from django.urls import reverse

from compliance.actions import claims, decisions
from compliance.enums import DecisionVerdict
from compliance.models import Case, Decision, EscalationAnswer, User
from tests.compliance import assertions
from tests.compliance.test_forms import value_of
from tests.compliance.views.pages import FRAGMENT, case_page, page_of, signed_in
from tests.factories import decision_request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_cache")]


@pytest.fixture
def case(analyst: User) -> Case:
    """A case that the analyst has escalated."""
    case = assertions.case_with("declined", "negative", "62301")
    request = decision_request(case, DecisionVerdict.ESCALATE, "ESC-01", "Who is it?")
    decisions.decide(case.pk, by=analyst, request=request)
    return case


def offered(browser: Client, case: Case) -> dict[str, bool]:
    page = case_page(browser, case)
    send = page.by_id("decision").one("button", data_send_button="")
    forms = {name: page.has("form", id=name) for name in ("escalation-answer", "escalation-withdraw", "claim")}
    return forms | {"decide": "disabled" not in send.attributes}


def test_each_person_is_offered_what_the_escalation_permits(
    case: Case, analyst: User, colleague: User, manager: User
) -> None:
    nothing = {"escalation-answer": False, "escalation-withdraw": False, "claim": False, "decide": False}
    assert offered(signed_in(colleague), case) == nothing
    assert offered(signed_in(analyst), case) == nothing | {"escalation-withdraw": True}
    office = signed_in(manager)
    assert offered(office, case) == nothing | {"escalation-answer": True, "claim": True}
    page = case_page(office, case)
    assert page.by_id("claim").text.startswith("Take over to decide")
    assert "a manager has to answer, or to take it over before deciding" in page.by_id("decision-why").text
    claims.claim(case.pk, by=manager)
    assert offered(office, case) == nothing | {"escalation-answer": True, "claim": True, "decide": True}
    assert case_page(office, case).by_id("claim").text == "Release"


def test_an_answer_is_shown_to_the_asker(case: Case, desk: Client, manager: User) -> None:
    office = signed_in(manager)
    form = case_page(office, case).by_id("escalation-answer")
    sent = {"shown_to": form.one(name="shown_to")["value"], "answer": "Ask for <b>another</b> document."}
    assert office.post(form["action"], sent).status_code == 303
    page = case_page(desk, case)
    assert "Ines Carvalho answered: Ask for <b>another</b> document." in page.by_id("warnings").text
    assert not page.has("section", id="escalation")


def test_an_empty_answer_and_one_without_its_token_are_refused_with_the_text_kept(case: Case, manager: User) -> None:
    office = signed_in(manager)
    url = reverse("escalation-answer", args=[case.pk])
    empty = office.post(url, {"shown_to": str(manager.person_id), "answer": " "}, headers=FRAGMENT)
    assert page_of(empty, status=422).by_id("escalation").one("b").text == "Write your answer."
    refused = page_of(office.post(url, {"answer": "Typed for long."}, headers=FRAGMENT), status=422)
    assert value_of(refused.by_id("escalation"), "answer") == "Typed for long."
    assert "the form was incomplete" in refused.by_id("decision-error").text
    assert not EscalationAnswer.objects.exists()


def test_the_asker_withdraws_on_the_page(case: Case, desk: Client) -> None:
    form = case_page(desk, case).by_id("escalation-withdraw")
    assert desk.post(form["action"], {"shown_to": form.one(name="shown_to")["value"]}).status_code == 303
    case.refresh_from_db()
    assert not case.question and Decision.objects.count() == 1


def test_the_tab_is_for_managers_with_its_count(case: Case, desk: Client, manager: User) -> None:
    assert desk.get("/queue/escalated/").status_code == 403
    page = page_of(signed_in(manager).get("/queue/escalated/"))
    assert page.has("tr", id=f"case-{case.pk}")
    assert "Escalated" not in page_of(desk.get("/")).by_id("queue-tabs").text
    assert "Escalated 1" in page.by_id("queue-tabs").text
