"""The peek: why, facts and faces beside the list, recorded and without any other effect."""

import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from compliance.actions import documents, evidence_copies
from compliance.evidence.decoding import decode
from compliance.models import CaseVisit, Check, Claim, Document, Event, User, ViewRecord
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from tests.compliance.views.many_cases import PASSPORT, cases_with_answers
from tests.compliance.views.pages import FRAGMENT, page_of, signed_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]


def peek_url(number: int) -> str:
    return reverse("case-peek", args=[number])


def add_image(check: Check, kind: EvidenceKind, colour: str) -> None:
    """A copied image of this check."""
    out = io.BytesIO()
    Image.new("RGB", (60, 90), colour).save(out, "PNG")
    documents.request(check, [Evidence(kind=kind, label=colour)])
    document = Document.objects.get(check_row=check, label=colour)
    download = Download(label=colour, kind=kind, content=out.getvalue())
    evidence_copies.store(document.pk, [(download, decode(download.content))])


def test_a_peek_shows_why_facts_and_faces(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT])
    add_image(case.checks.get(), EvidenceKind.SELFIE, "teal")
    add_image(case.checks.get(), EvidenceKind.DOCUMENT_PORTRAIT, "navy")
    page = page_of(desk.get(peek_url(case.pk), headers=FRAGMENT))
    assert page.one("h2").text.startswith(case.applicant.full_name)
    assert "passport_validation_failure" in page.one("section", aria_label="Why this case is here").text
    assert [desk.get(image["src"]).status_code for image in page.all("img")] == [200, 200]
    assert ViewRecord.objects.filter(case=case, kind="image").count() == 2
    assert "Full name" in page.one("table").text
    assert not page.has("form"), "values stay masked and nothing is decided here"


def test_a_peek_is_recorded_and_changes_nothing(account: MakeAccount, desk: Client, analyst: User) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT])
    before = Event.objects.count()
    for count in (1, 2):
        page_of(desk.get(peek_url(case.pk), headers=FRAGMENT))
        assert ViewRecord.objects.filter(case=case, kind="case", page="case-peek", user=analyst).count() == count
    assert Event.objects.count() == before
    assert not Claim.objects.exists() and not CaseVisit.objects.exists()


def test_private_values_are_masked_in_a_peek(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT], document_number="AB1234567")
    page = page_of(desk.get(peek_url(case.pk), headers=FRAGMENT))
    assert "AB1234567" not in page.text and page.has("td", "masked")


def test_a_peek_of_an_unknown_case_or_without_permission_is_refused_with_a_sentence(
    account: MakeAccount, desk: Client
) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT])
    stranger = signed_in(make_user("ada", "Ada Admin", "admin"))
    for answer, status in (
        (desk.get(peek_url(case.pk + 1000), headers=FRAGMENT), 404),
        (stranger.get(peek_url(case.pk), headers=FRAGMENT), 403),
    ):
        assert next(node for node in page_of(answer, status).walk() if "data-error-sentence" in node.attributes).text
    assert not ViewRecord.objects.filter(page="case-peek").exists()


def test_the_address_of_a_peek_opens_the_case(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT])
    answer = desk.get(peek_url(case.pk))
    assert (answer.status_code, answer["Location"]) == (303, reverse("case", args=[case.pk]))
