"""View records of earlier releases stay readable."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance.models import Check, User, ViewRecord
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.views.pages import page_of
from tests.compliance.views.test_documents import copied, png

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
_references = itertools.count(1)


@pytest.fixture
def check(account: MakeAccount) -> Check:
    return factories.add_check(factories.make_case(), account("preventor"), f"ticket-{next(_references)}")


def old_record(check: Check, by: User, text: str, document: Any = None) -> None:
    """Insert as the previous release does: without the new columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO compliance_viewrecord (at, user_id, person_id, case_id, document_id, what, page, session)"
            " VALUES (%s, %s, %s, %s, %s, %s, 'case', 'abcdef')",
            [timezone.now(), by.pk, by.person_id, check.case_id, document, text],
        )


OF_CASE = [
    ("case", "opened the case"),
    ("search", "found the case by search"),
    ("views", "opened the access log"),
    ("fact:document_number", "revealed the document number"),
    ("ticket:{end}", "revealed the masked values of the ticket of Preventor identity"),
    ("payload:{end}-3", "opened the payload of report 3 of Preventor identity"),
    ("payload:aaaaaaaaaaaa-3", "opened a raw payload"),
    ("settings:{end}", "opened the settings of Preventor identity"),
    ("replace:{end}", "opened the form to replace Preventor identity"),
    ("add-check", "opened the form to add a check"),
    ("close", "opened the form to close the case"),
    ("hologram:7", "viewed: hologram:7"),
]


@pytest.mark.parametrize(("text", "words"), OF_CASE)
def test_an_old_record_reads_like_a_new_one(text: str, words: str, check: Check, desk: Client, colleague: User) -> None:
    old_record(check, colleague, text.format(end=str(check.pk)[-12:]))
    page = page_of(desk.get(reverse("case", args=[check.case_id])))
    assert f"Kwabena Osei {words}" in page.by_id("access-log").text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("picture", "viewed: Selfie"),
        ("page-2", "viewed page 2 of: Selfie"),
        ("video", "played the video: Selfie"),
        ("original", "downloaded the original: Selfie"),
        ("thumb", "loaded the thumbnail: Selfie"),
    ],
)
def test_an_old_record_of_a_document_reads_like_a_new_one(
    text: str, words: str, check: Check, desk: Client, colleague: User
) -> None:
    old_record(check, colleague, text, copied(check, png()).pk)
    page = page_of(desk.get(reverse("case-views", args=[check.case_id]) + "?small=1"))
    assert f"Kwabena Osei{words}" in page.by_id("views").text.replace(" Osei ", " Osei")
    without = page_of(desk.get(reverse("case-views", args=[check.case_id])))
    assert (words in without.by_id("views").text) == (text != "thumb")


@pytest.mark.parametrize(
    ("route", "page"),
    [
        ("case-show-fact", "Case, value revealed"),
        ("check-ask-pictures", "Case, images requested"),
        ("document-picture", "Image"),
        ("document-fetch-again", "Case, image requested again"),
        ("proposal-refuse", "Case, override denied"),
    ],
)
def test_a_record_with_an_old_name_of_a_route_names_the_page(
    route: str, page: str, check: Check, desk: Client, colleague: User
) -> None:
    ViewRecord.objects.create(
        case=check.case, user=colleague, person=colleague.person, kind="case", page=route, at=timezone.now()
    )
    log = page_of(desk.get(reverse("case-views", args=[check.case_id])))
    assert page in log.by_id("views").texts("td", "c-page")


@pytest.mark.parametrize(("kind", "old_text"), [("", ""), ("case", "case"), ("nonsense", "")])
def test_a_record_has_either_a_known_kind_or_an_old_text(kind: str, old_text: str, check: Check, analyst: User) -> None:
    record = ViewRecord(
        case=check.case,
        user=analyst,
        person=analyst.person,
        kind=kind,
        old_text=old_text,
        page="case",
        at=timezone.now(),
    )
    with pytest.raises(IntegrityError, match="view_has_kind_or_old_text"), transaction.atomic():
        record.save(force_insert=True)
