"""The same image in another case: found when saved again, not found when different, reported without names."""

import io
import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image, ImageEnhance

from compliance.actions import uploads
from compliance.case_page.findings import FindingTexts
from compliance.evidence.decoding import decode
from compliance.evidence.perceptual_hash import MATCHING_BANDS, hash_bands
from compliance.models import Blob, Case, Document, User
from compliance.queries import duplicates
from compliance.queries.duplicates import cases_with_same_files
from providers import EvidenceKind
from providers.simulator.images import portrait, selfie, signature
from providers.simulator.images.cards import document_front
from providers.simulator.people import person
from tests import factories, hostile_pdfs
from tests.compliance.views.pages import case_page, forget_caches, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

SOAK = os.environ.get("SOAK") == "1"
PEOPLE = 200 if SOAK else 24
RESAVED = 40 if SOAK else 2
CROWD = 20_000 if SOAK else 10_000
SELFIE, PORTRAIT = EvidenceKind.SELFIE, EvidenceKind.DOCUMENT_PORTRAIT


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def resaved(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The same image saved again: other formats, qualities, sizes, a little brighter."""
    picture = opened(content)
    for quality in (60, 70, 80, 95):
        yield f"JPEG {quality}", saved(picture, "JPEG", quality=quality)
    yield "PNG", saved(picture, "PNG")
    yield "WebP", saved(picture, "WEBP", quality=75)
    for share in (0.5, 0.75, 1.5, 2.0):
        size = int(picture.width * share), int(picture.height * share)
        yield f"{share:.0%}", saved(picture.resize(size), "JPEG", quality=80)
    for light in (1.03, 1.06, 1.1):
        yield f"light {light}", saved(ImageEnhance.Brightness(picture).enhance(light), "JPEG", quality=80)
    small = ImageEnhance.Brightness(picture.resize((picture.width // 2, picture.height // 2))).enhance(1.05)
    yield "smaller, brighter, WebP", saved(small, "WEBP", quality=60)


def bands(content: bytes) -> set[str]:
    return set(hash_bands(decode(content).perceptual_hash))


def resemble(one: set[str], other: set[str]) -> bool:
    return len(one & other) >= MATCHING_BANDS


# --- perceptual hash --------------------------------------------------------------------------------------------------


def test_a_selfie_in_another_encoding_is_found() -> None:
    lost, tried = [], 0
    for serial in range(RESAVED):
        first = selfie(person(serial))
        known = bands(first)
        for name, content in resaved(first):
            tried += 1
            if not resemble(known, bands(content)):
                lost.append((serial, name))
    assert len(lost) <= tried // 100, lost


@pytest.mark.promise("P17")
def test_selfies_of_different_persons_do_not_match() -> None:
    known = [bands(selfie(person(serial))) for serial in range(PEOPLE)]
    assert min(map(len, known)) > MATCHING_BANDS
    false = [pair for pair in itertools.combinations(range(PEOPLE), 2) if resemble(known[pair[0]], known[pair[1]])]
    assert false == []


def test_hash_bands_are_keyed_and_short_and_leave_out_uniform_areas() -> None:
    assert (
        hash_bands(b"") == hash_bands(bytes(16)) == hash_bands(b"\xff" * 16) == hash_bands(b"\x00" * 15 + b"\x01") == []
    )
    found = hash_bands(bytes(range(100, 116)))
    assert len(found) == len(set(found)) > MATCHING_BANDS
    assert {len(band) for band in found} == {16}
    # Four bytes: any two of them are in sixteen keyed bands by chance, once in forty keys.
    parts = [bytes(range(first, first + 4)).hex() for first in range(100, 113)]
    assert not any(part in band for band in found for part in parts)
    # Equal bits at another place are another band.
    assert len({band[1:] for band in hash_bands(b"\x0f\x33" * 8)}) == len(hash_bands(b"\x0f\x33" * 8))


# --- hints ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def add(analyst: User) -> Callable[..., Document]:
    """Add bytes to a case."""
    return lambda case, content, kind=SELFIE: uploads.add(case.pk, by=analyst, kind=kind, note="n", content=content)


@pytest.fixture
def desk(analyst: User) -> Client:
    """The browser of an analyst."""
    forget_caches()
    return signed_in(analyst)


Add = Callable[..., Document]


def hints_of(case: Case) -> list[tuple[int, tuple[str, ...], bool, bool]]:
    return [(hint.number, hint.kinds, hint.is_same, hint.is_same_applicant) for hint in cases_with_same_files(case)]


def test_the_same_file_of_another_applicant_is_a_hint_on_both_cases_without_a_name(add: Add, desk: Client) -> None:
    one, two = (factories.make_case(full_name=name) for name in ("Zebediah Quillfeather", "Ottoline Marrowgate"))
    face, front = selfie(person(1)), document_front(person(1))
    assert cases_with_same_files(one) == ()
    for case in (one, two):
        add(case, face)
        add(case, front, EvidenceKind.DOCUMENT_FRONT)
    assert hints_of(one) == [(two.pk, ("selfie", "document_front"), True, False)]
    assert hints_of(two) == [(one.pk, ("selfie", "document_front"), True, False)]
    page = case_page(desk, one)
    (line,) = page.by_id("warnings").all("li")
    assert "is-warning" in line.classes
    assert line.text.startswith(f"The same selfie and document front are in KYC-{two.pk}, another applicant’s case.")
    assert line.all("a")[0]["href"] == reverse("case", args=[two.pk])
    assert "Ottoline" not in page.text


def test_the_hint_about_a_report_is_a_correct_sentence(add: Add) -> None:
    case, other = factories.make_case(), factories.make_case()
    for one in (case, other):
        add(one, hostile_pdfs.sound(), EvidenceKind.REPORT_PDF)
    (finding,) = case.findings.all()
    text = FindingTexts(case, []).text_of(finding)
    assert text.head == f"The same PDF report is in {other.label}, another applicant’s case."


def test_a_similar_selfie_is_called_similar(add: Add, desk: Client) -> None:
    one, two, three = (factories.make_case() for _ in range(3))
    first = selfie(person(2))
    add(one, first)
    add(two, saved(opened(first), "WEBP", quality=70))
    add(three, selfie(person(3)))
    assert hints_of(one) == [(two.pk, ("selfie",), False, False)]
    assert hints_of(three) == []
    (line,) = case_page(desk, one).by_id("warnings").texts("li")
    assert line.startswith(f"A similar selfie is in KYC-{two.pk}, another applicant’s case. Compare both")


def test_portraits_and_documents_are_compared_by_bytes_only(add: Add) -> None:
    one, two = factories.make_case(), factories.make_case()
    first = portrait(person(4))
    add(one, first, PORTRAIT)
    add(two, saved(opened(first), "PNG"), PORTRAIT)
    assert hints_of(one) == []
    add(two, first, PORTRAIT)
    assert hints_of(one) == [(two.pk, ("document_portrait",), True, False)]


def test_another_case_of_the_same_applicant_is_no_alarm(add: Add, desk: Client) -> None:
    one = factories.make_case("cust-again")
    two = Case.objects.create(environment="simulator", reference="again-2", applicant=one.applicant, country="NG")
    for case in (one, two):
        add(case, selfie(person(5)))
    assert hints_of(one) == [(two.pk, ("selfie",), True, True)]
    (line,) = case_page(desk, one).by_id("warnings").all("li")
    assert "is-info" in line.classes
    assert f"is in KYC-{two.pk}, another case of this applicant." in line.text


def test_other_environments_and_removed_files_do_not_count(add: Add, analyst: User) -> None:
    here, other, sandbox = factories.make_case(), factories.make_case(), factories.make_case(environment="sandbox")
    content = selfie(person(6))
    add(here, content)
    add(sandbox, content)
    assert hints_of(here) == hints_of(sandbox) == []
    wrong = add(other, content)
    assert [number for number, *_ in hints_of(here)] == [other.pk]
    uploads.withdraw(wrong.pk, by=analyst, reason="Another person's.")
    assert hints_of(here) == hints_of(other) == []
    assert Blob.objects.filter(case=other).count() == 1


def test_at_most_five_hints_other_applicants_and_the_same_bytes_first(add: Add) -> None:
    here = factories.make_case("cust-many")
    first = selfie(person(7))
    mine = Case.objects.create(environment="simulator", reference="many-2", applicant=here.applicant, country="NG")
    alike, *same = (factories.make_case() for _ in range(8))
    for case in (here, mine, *same[:3]):
        add(case, first)
    add(alike, saved(opened(first), "PNG"))
    newest_first = sorted((case.pk for case in same[:3]), reverse=True)
    assert [number for number, *_ in hints_of(here)] == [*newest_first, alike.pk, mine.pk]
    for case in same[3:]:
        add(case, first)
    assert [number for number, *_ in hints_of(here)] == sorted((case.pk for case in same), reverse=True)[:5]


HASH_BANDS = """(
    SELECT array_agg(to_hex(band) || left(md5(((number * 7919 + band * 31) % 300)::text || band), 15))
    FROM generate_series(0, 15) band
)"""


def copied(model: type[Model], template: Any, **other: str) -> None:
    """``CROWD`` rows like this one, with other columns that ``other`` computes from ``number``. Guards are off
    meanwhile: they would check each row alone."""
    columns = [str(field.column) for field in model._meta.concrete_fields]
    values = [other.get(column, f"template.{column}") for column in columns]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "  # noqa: S608
            f"FROM generate_series(1, {CROWD}) number, {table} template WHERE template.id = '{template.pk}'"
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_hints_use_two_statements_and_indexes_with_many_images(add: Add) -> None:
    here, other, crowd = (factories.make_case() for _ in range(3))
    first = selfie(person(8))
    add(here, first)
    add(here, document_front(person(8)), EvidenceKind.DOCUMENT_FRONT)
    add(other, saved(opened(first), "PNG"))
    document = add(crowd, signature(person(9)), EvidenceKind.OTHER)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        key = "('00000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid"
        copied(Blob, document.blob, id=key, digest_index="decode(md5(number::text), 'hex')", likeness=HASH_BANDS)
        copied(Document, document, id=key, blob_id=key, kind="'selfie'")
        cursor.execute("ANALYZE compliance_blob, compliance_document, compliance_case")
        with CaptureQueriesContext(connection) as seen:
            assert hints_of(here) == [(other.pk, ("selfie",), False, False)]
        assert len(seen) == 2
        own = [
            (row.kind, bytes(row.blob.digest_index), row.blob.hash_bands) for row in here.documents.all() if row.blob
        ]
        statement, given = duplicates.search_statement(here, own)
        cursor.execute(f"EXPLAIN {statement}", given)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on compliance_blob" not in plan, plan
    assert "Seq Scan on compliance_document" not in plan, plan
    assert "blob_same_elsewhere" in plan
    assert "blob_alike" in plan
