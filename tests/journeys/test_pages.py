"""Journeys through the application's URLs: pages are read and their forms submitted, as by a browser without scripts.

Providers answer over real HTTP, reads run as in a worker, and each person signs in at the sign-in page.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from compliance.enums import CaseStatus, EventType, Queue
from compliance.models import Case, Check, Decision, Event, User
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
MakeAccount = Callable[..., ProviderAccount]


@dataclass(slots=True)
class Form:
    """A form of a page: its action, its current values, and its choices."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    """Values of radio buttons that cannot be chosen."""
    offered: dict[str, list[str]] = field(default_factory=dict)


class PageReader(HTMLParser):
    """Forms and visible words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select = self._text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(action=given.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None and tag == "input":
            self._input(self._form, given)
        elif self._form is not None and tag in ("select", "textarea"):
            self._select, self._text = (given["name"], "") if tag == "select" else ("", given["name"])
            self._form.values.setdefault(given["name"], "")
        elif self._form is not None and tag == "option" and self._select:
            self._form.offered.setdefault(self._select, []).append(given.get("value", ""))
            if "selected" in given:
                self._form.values[self._select] = given.get("value", "")

    def _input(self, form: Form, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if kind == "radio":
            form.offered.setdefault(name, []).append(given["value"])
            form.disabled |= {given["value"]} if "disabled" in given else set()
        elif name:
            form.values[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in ("select", "textarea"):
            if self._form is not None and self._text:
                # The first line break after the tag belongs to the page, not to the text.
                self._form.values[self._text] = self._form.values[self._text].removeprefix("\n")
            self._select = self._text = ""

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._text:
            self._form.values[self._text] += data
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


class Browser:
    """One person's browser: keeps cookies, follows redirects, refuses values that a form does not offer."""

    def __init__(self, user: User) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.address = ""
        self.page = PageReader("")
        self.open("/sign-in/")
        self.send("/sign-in/", username=user.username, password=factories.PASSWORD)
        assert user.label in self.page.text

    def open(self, address: str, *, status: int = 200) -> str:
        """The text of a page."""
        return self._show(address, self.client.get(address), status)

    def form(self, action: str) -> Form:
        """The form of this page with that action."""
        found = next((form for form in self.page.forms if form.action == action), None)
        assert found is not None, f"no form to {action} on {self.address}: {self.page.text[:400]}"
        return found

    def send(self, action: str, *, status: int = 200, **typed: str) -> str:
        """Fill in a form of this page and send it; the words of the page that follows."""
        form = self.form(action)
        for name, value in typed.items():
            assert name in form.values or name in form.offered, f"{action} has no field {name}"
            assert name not in form.offered or value in form.offered[name], f"{name} does not offer {value}"
            assert value not in form.disabled, f"{value} cannot be chosen"
        return self._show(action, self.client.post(action, {**form.values, **typed}), status)

    def _show(self, address: str, answer: Any, status: int) -> str:
        while answer.status_code in (301, 302, 303):
            address = answer.headers["Location"]
            answer = self.client.get(address)
        self.address, self.page = address, PageReader(answer.content.decode())
        assert answer.status_code == status, f"{address}: {answer.status_code} {self.page.text}"
        return self.page.text


def happened(case: Case) -> list[str]:
    return list(Event.objects.filter(case=case).order_by("seq").values_list("type", flat=True))


@pytest.mark.promise("P29")
def test_from_a_provider_response_to_an_approved_override(
    simulator: Simulator, account: MakeAccount, analyst: User, manager: User
) -> None:
    provider = account("checkout_com", name="checkout")
    reference = simulator.providers["checkout_com"].reference("identity-declined-62301", 4711)
    dana, ines = Browser(analyst), Browser(manager)

    dana.open("/case/new/")
    dana.send(
        "/case/new/",
        applicant_external_id="cust-4711",
        full_name="Ada Example",
        country="NG",
        account=str(provider.pk),
        kind="identity",
        reference=reference,
    )
    case = Case.objects.get()
    assert (dana.address, case.status) == (f"/case/{case.pk}/", CaseStatus.WAITING)

    assert factories.read(provider).changed == 1
    row = dana.open("/queue/declined/")
    assert "Ada Example" in row and "62301" in row and "Checkout.com declined" in row
    page = dana.send("/claim-next/")
    assert dana.address == f"/case/{case.pk}/"
    assert "62301" in page and "Claimed by you until" in page

    decide = f"/case/{case.pk}/decide/"
    dana.send(decide, verdict="approve", reason="OK-02", note="Called the applicant; the document is genuine.")
    case.refresh_from_db()
    assert (case.status, Decision.objects.count()) == (CaseStatus.AWAITING_APPROVAL, 0)
    proposal = case.proposals.get()
    approve = f"/proposal/{proposal.pk}/approve/"

    own = dana.open(f"/case/{case.pk}/")
    assert "Your override is pending" in own
    assert [form for form in dana.page.forms if form.action == approve] == []
    token = dana.form(f"/proposal/{proposal.pk}/withdraw/").values["csrfmiddlewaretoken"]
    crafted = dana.client.post(approve, {"csrfmiddlewaretoken": token, "seen": proposal.digest})
    assert crafted.status_code == 403

    assert "Ada Example" in ines.open("/queue/approvals/")
    shown = ines.open(f"/case/{case.pk}/")
    assert "Override for your approval" in shown and "Called the applicant" in shown
    assert "The evidence is unchanged" in shown
    ines.send(approve, note="Agreed.")

    decision = Decision.objects.get()
    case.refresh_from_db()
    assert (case.status, case.decision, decision.verdict) == (CaseStatus.DECIDED, decision, "approve")
    assert (decision.by, decision.approved_by_person) == (analyst, manager.person)
    decided = dana.open(f"/case/{case.pk}/")
    assert manager.label in decided and "Approved" in decided
    assert happened(case) == [
        EventType.CASE_OPENED,
        EventType.CHECK_ADDED,
        EventType.REPORTED,
        EventType.QUEUED,
        EventType.CLAIMED,
        EventType.OVERRIDE_PROPOSED,
        EventType.OVERRIDE_APPROVED,
    ]


@pytest.mark.promise("P29")
def test_from_a_requested_retry_to_a_proposal_of_the_person_who_added_the_check(
    simulator: Simulator, account: MakeAccount, analyst: User
) -> None:
    bank = account("bank131", name="bank")
    case = factories.case_from(simulator, bank, "passport-failure")
    old = case.checks.get()
    dana = Browser(analyst)

    dana.open("/queue/retry-required/")
    dana.send("/claim-next/")
    assert dana.address == f"/case/{case.pk}/"
    dana.send(f"/case/{case.pk}/decide/", verdict="request_retry", reason="RTY-02")
    case.refresh_from_db()
    assert (case.status, case.queue, case.retry_until is None) == (CaseStatus.WAITING, "", False)
    assert "Ada Example" not in dana.open("/queue/open/")

    factories.read(bank)
    case.refresh_from_db()
    assert case.status == CaseStatus.WAITING, "the answer that was handled brings nothing back"

    add = f"/case/{case.pk}/add-check/"
    dana.open(add)
    reference = simulator.providers["bank131"].reference("ok", 8128)
    assert reference in dana.send(add, account=str(bank.pk), kind="database", reference=reference)
    old.refresh_from_db()
    new = Check.objects.get(reference=reference)
    assert old.superseded_by == new

    factories.read(bank)
    case.refresh_from_db()
    assert (case.status, case.outcome, case.queue) == (CaseStatus.IN_REVIEW, "approved", Queue.MANUAL_REVIEW)
    assert happened(case)[-5:] == [
        EventType.DECIDED,
        EventType.CHECK_ADDED,
        EventType.CHECK_REPLACED,
        EventType.REPORTED,
        EventType.QUEUED,
    ]
    dana.open(f"/case/{case.pk}/")
    dana.send(f"/case/{case.pk}/decide/", verdict="approve", reason="OK-02", note="The new number is right.")
    case.refresh_from_db()
    assert case.status == CaseStatus.AWAITING_APPROVAL, "who added the check does not approve alone"


def test_from_an_imported_case_with_a_sync_error_to_a_decision(
    simulator: Simulator, account: MakeAccount, analyst: User, tmp_path: Path
) -> None:
    bank = account("bank131", name="bank")
    played = simulator.providers["bank131"]
    wrong, right = played.reference("request-not-found", 21), played.reference("inn-failure", 21)
    file = tmp_path / "cases.csv"
    file.write_text(
        f"applicant_external_id,full_name,account,kind,reference\ncust-21,Noor Example,bank,database,{wrong}\n"
    )
    call_command("import_cases", str(file))
    case = Case.objects.get()
    check = case.checks.get()
    dana = Browser(analyst)

    assert factories.read(bank).check_faults == 1
    assert "Noor Example" in dana.open("/queue/unreadable/")
    page = dana.open(f"/case/{case.pk}/")
    assert "Sync error" in page

    correct = f"/check/{check.pk}/correct/"
    dana.open(correct)
    assert dana.form(correct).values["reference"] == wrong
    refused = dana.send(correct, status=422, reference="", reason="A digit was wrong.")
    assert "required" in refused
    assert right in dana.send(correct, reference=right, reason="A digit was wrong.")

    factories.read(bank)
    assert "Noor Example" in dana.open("/queue/retry-required/")
    assert "Noor Example" not in dana.open("/queue/unreadable/")
    dana.open(f"/case/{case.pk}/")
    dana.send(f"/case/{case.pk}/decide/", verdict="reject", reason="REJ-01", note="The number is another person's.")
    case.refresh_from_db()
    decision = case.decision
    assert decision is not None
    assert (case.status, decision.verdict, decision.by) == (CaseStatus.DECIDED, "reject", analyst)
    assert decision.note == "The number is another person's."
    assert happened(case) == [
        EventType.CASE_OPENED,
        EventType.CHECK_ADDED,
        EventType.CHECK_BLOCKED,
        EventType.QUEUED,
        EventType.CHECK_CORRECTED,
        EventType.REPORTED,
        EventType.QUEUED,
        EventType.DECIDED,
    ]
