"""Import of an uploaded CSV: the preview writes nothing, the import is that of the command, files do not stay."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance.enums import DeskEventType, ImportState
from compliance.imports import uploaded_files
from compliance.models import CaseImport, Check, DeskEvent, Event, User
from providers.models import ProviderAccount
from tests.compliance.test_forms import rows
from tests.compliance.views.pages import FRAGMENT, page_of, signed_in

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
HEADER = "applicant_external_id,full_name,birth_date,country,account,kind,reference"


def lines_of(account: ProviderAccount, *people: tuple[str, str, str]) -> bytes:
    """A file with one line for each external id, birth date and reference."""
    rows = [f"{one},Quillfeather {one},{born},NG,{account.name},database,{ref}" for one, born, ref in people]
    return "\n".join([HEADER, *rows]).encode()


def sent(desk: Client, content: bytes, name: str = "cases.csv") -> Any:
    file = io.BytesIO(content)
    file.name = name
    return desk.post(reverse("case-import"), {"file": file})


def test_a_file_is_previewed_without_writing_and_then_imported(
    account: MakeAccount, desk: Client, analyst: User
) -> None:
    bank, before = account("bank131"), rows()
    given = [("a-1", "1990-01-31", "700100"), ("a-2", "31.01.1990", "700101"), ("a-1", "1990-01-31", "700102")]
    answer = sent(desk, lines_of(bank, *given))
    row = CaseImport.objects.get()
    url = reverse("case-import-file", args=[row.pk])
    assert (answer.status_code, answer["Location"]) == (303, url)
    for _ in range(2):  # also after a reload
        page = page_of(desk.get(url)).by_id("case-import")
        assert page.texts("dd") == ["3", "2", "1", "1", "2"]
        assert page.one("table").one("tbody").texts("td") == ["3", "birth_date: Expected YYYY-MM-DD."]
        assert page.one("button", value="import").text == "Import 1 case"
        assert "quillfeather" not in page.raw.lower()
    assert rows() == before
    assert desk.post(url, {"step": "import"}).status_code == 303
    page = page_of(desk.get(url)).by_id("case-import")
    assert page.by_id("case-import-h").text == "Import has ended" and page.texts("dd") == ["3", "2", "1", "1", "2"]
    assert sorted(Check.objects.values_list("reference", flat=True)) == ["700100", "700102"]
    assert set(Event.objects.filter(type="case_opened").values_list("actor", flat=True)) == {analyst.pk}
    entry = DeskEvent.objects.get(type=DeskEventType.CASES_IMPORTED)
    assert (entry.actor, entry.data) == (analyst, {"lines": 3, "cases": 1, "checks": 2, "failed": 1})
    after = rows()
    for step in ("import", "continue", "nonsense", ""):
        assert desk.post(url, {"step": step}).status_code == 303
    assert (rows(), DeskEvent.objects.filter(type=DeskEventType.CASES_IMPORTED).count()) == (after, 1)
    row.refresh_from_db()
    assert (row.state, row.content) == (ImportState.IMPORTED, b"")


def test_a_long_file_is_processed_in_slices_that_resume(account: MakeAccount, desk: Client, analyst: User) -> None:
    bank = account("bank131")
    people = [(f"b-{number}", "1990-01-31", str(800000 + number)) for number in range(600)]
    row = uploaded_files.store(lines_of(bank, *people), by=analyst)
    seen = []
    for _ in range(3):
        uploaded_files.advance(row.pk, by=analyst, seconds=0)
        row.refresh_from_db()
        seen.append((row.state, row.done, row.cases))
    assert seen == [("checking", 250, 250), ("checking", 500, 500), ("checked", 600, 600)]
    uploaded_files.begin(row.pk, by=analyst)
    uploaded_files.advance(row.pk, by=analyst, seconds=0)
    url = reverse("case-import-file", args=[row.pk])
    page = page_of(desk.get(url)).by_id("case-import")
    assert page["hx-trigger"].startswith("load") and "250 of 600 lines" in page.text
    assert page.one("button", value="continue").text == "Continue now"
    fragment = page
    while fragment.get("hx-trigger"):
        fragment = page_of(desk.post(url, {}, headers=FRAGMENT)).by_id("case-import")
    assert fragment.by_id("case-import-h").text == "Import has ended"
    assert Check.objects.count() == 600


def test_files_that_cannot_be_read_are_refused_with_a_sentence(
    account: MakeAccount, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = account("bank131")
    monkeypatch.setattr(uploaded_files, "MOST_LINES", 2)
    person = ("c-1", "1990-01-31", "700100")
    table = [
        (b"", "The file is empty."),
        (b"<html><body>", "This is an HTML or XML file. Save the table as “CSV UTF-8”."),
        (HEADER.encode(), "The file has a header and no lines."),
        (b"full_name,account\nAda,x", "The header lacks: applicant_external_id, kind, reference."),
        (lines_of(bank, person, person, person), "The file has 3 lines; at most 2 are imported at once. Split it."),
        (b"x" * (32 * 1024 * 1024 + 1), "It is larger than 32 MB."),
    ]
    for content, sentence in table:
        alert = page_of(sent(desk, content), status=422).by_id("case-import").one(role="alert")
        assert alert.text == sentence
    assert page_of(desk.post(reverse("case-import")), status=422).by_id("case-import").one(role="alert").text == (
        "Choose a file."
    )
    assert not CaseImport.objects.exists()


def test_a_file_is_seen_by_its_uploader_only_stored_encrypted_and_deleted(
    account: MakeAccount, desk: Client, colleague: User
) -> None:
    sent(desk, lines_of(account("bank131"), ("d-1", "1990-01-31", "700100")))
    row = CaseImport.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(i)::text || encode(content, 'escape') FROM compliance_caseimport i")
        assert "Quillfeather" not in cursor.fetchone()[0]
    url = reverse("case-import-file", args=[row.pk])
    other = signed_in(colleague)
    assert [other.get(url).status_code, other.post(url, {"step": "import"}).status_code] == [404, 404]
    assert uploaded_files.delete_old() == 0
    assert uploaded_files.delete_old(now=timezone.now() + timedelta(hours=3)) == 1
    sent(desk, lines_of(ProviderAccount.objects.get(), ("d-1", "1990-01-31", "700100")))
    url = reverse("case-import-file", args=[CaseImport.objects.get().pk])
    assert desk.post(url, {"step": "discard"})["Location"] == reverse("case-import")
    assert not CaseImport.objects.exists() and not Check.objects.exists()
