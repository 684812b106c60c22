"""300 hostile files: each is refused or rendered within 5 s and 256 MiB, and a browser gets nothing of it but an
image without metadata. `make test` decodes the first of each family, `make soak` all of them."""

import io
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from compliance.actions import documents, evidence_copies
from compliance.evidence.decoding import DecodedFile
from compliance.models import Check, Document, User, ViewRecord
from compliance.project.environment import BASE_DIR
from providers import Download, Evidence
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.views.pages import bytes_of, case_page, signed_in
from tests.hostile_files import CAMERA, FAMILIES, PER_FAMILY, Hostile, hostile_file, names

pytestmark = pytest.mark.django_db

SOAK = os.environ.get("SOAK") == "1"
SECONDS, MEMORY = 5.0, 256 * 1024 * 1024
CANARY = "http://canary.invalid/ran"
# A small process of its own, so that the largest of its children is a decoder.
LOOKER = """
import pickle, resource, struct, sys, time
from compliance.evidence.decoding import decode
while size := sys.stdin.buffer.read(8):
    content = sys.stdin.buffer.read(struct.unpack(">Q", size)[0])
    began = time.monotonic()
    found = decode(content)
    seconds = time.monotonic() - began
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    pickle.dump((found, seconds, memory), sys.stdout.buffer)
    sys.stdout.buffer.flush()
"""
SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Start, tables, one frame, one scan, end, and JFIF's few bytes.
PLAIN_SEGMENTS = {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}


@dataclass(slots=True)
class Looker:
    """Decodes files in a child process and measures the cost."""

    process: "subprocess.Popen[bytes]"

    def decode(self, content: bytes) -> tuple[DecodedFile, float, int]:
        """The result, the seconds, and the bytes of the largest decoder so far."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(struct.pack(">Q", len(content)) + content)
        self.process.stdin.flush()
        answer: tuple[DecodedFile, float, int] = pickle.load(self.process.stdout)  # noqa: S301
        return answer


@pytest.fixture(scope="module")
def looker() -> Iterator[Looker]:
    """One measuring decoder for all files."""
    command = [sys.executable, "-c", LOOKER]
    with subprocess.Popen(command, cwd=BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Looker(process)
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def check(account: Callable[..., ProviderAccount]) -> Check:
    """A check for the documents."""
    return factories.add_check(factories.make_case(), account("preventor"), "ticket-hostile")


@pytest.fixture
def desk(analyst: User) -> Client:
    """The analyst's browser."""
    return signed_in(analyst)


def stored(check: Check, file: Hostile, found: DecodedFile) -> Document:
    """The file on the case, stored as by copies and uploads."""
    documents.request(check, [Evidence(kind=file.kind, label=str(file))])
    document = Document.objects.get(check_row=check, label=str(file))
    evidence_copies.store(document.pk, [(Download(label=str(file), kind=file.kind, content=file.content), found)])
    document.refresh_from_db()
    return document


def test_there_are_three_hundred_files_that_are_equal_in_every_run() -> None:
    assert len(FAMILIES) * PER_FAMILY == 300 == len(set(names(every=True)))
    for family, (made, _, _) in FAMILIES.items():
        firsts = [next(iter(made(CANARY))) for _ in range(2)]
        assert firsts[0] == firsts[1], family
    if SOAK:
        for family, (made, _, _) in FAMILIES.items():
            contents = list(made(CANARY))
            assert len(contents) == len(set(contents)) == PER_FAMILY, family


@pytest.mark.promise("G23")
@pytest.mark.parametrize(("family", "number"), names(every=SOAK))
def test_a_hostile_file_is_refused_or_shown_as_an_image_only(
    family: str, number: int, looker: Looker, check: Check, desk: Client
) -> None:
    file = hostile_file(family, number, CANARY)
    found, seconds, memory = looker.decode(file.content)
    assert seconds <= SECONDS and memory <= MEMORY, f"{seconds:.2f} s, {memory >> 20} MiB"
    assert "unready" not in found.refused
    document = stored(check, file, found)
    shown = pictures_of(desk, document, found)
    if file.fate != "either":
        assert bool(shown) == (file.fate == "shown"), found.refused
    for content in shown:
        assert_plain(content)
    assert_played_or_not(desk, document, file)
    assert_download(desk, document, file)
    page = case_page(desk, check.case)
    assert CANARY not in page.text and "__ran" not in page.text
    assert desk.get(reverse("live")).status_code == 200


def pictures_of(desk: Client, document: Document, found: DecodedFile) -> list[bytes]:
    """All renditions of a file; a missing one is answered with an error page."""
    shown = []
    sizes = ["thumb", "view", *(f"page-{number}" for number in range(1, max(found.pages, 1) + 2))]
    for size in sizes:
        answer: Any = desk.get(reverse("document-image", args=[document.pk, size]))
        if size in found.renditions:
            assert answer["Content-Type"] == "image/jpeg"
            assert {name: answer[name] for name in SAFE} == SAFE
            shown.append(bytes_of(answer))
        else:
            assert_refused(answer)
    return shown


def assert_refused(answer: Any) -> None:
    assert answer.status_code == 404 and not answer.streaming
    assert b"__ran" not in answer.content and CANARY.encode() not in answer.content
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def assert_plain(content: bytes) -> None:
    """A JPEG with pixels only: no metadata, no location, no bytes after its end."""
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        assert picture.format == "JPEG" and max(picture.size) <= 2400
        assert not picture.getexif() and not picture.getexif().get_ifd(0x8825)
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
    markers, rest = segments(content)
    assert set(markers) <= PLAIN_SEGMENTS and rest == b""
    for word in (
        b"Exif",
        b"GPS",
        b"ns.adobe.com",
        b"Photoshop",
        CAMERA.encode(),
        b"<script",
        b"__ran",
        CANARY.encode(),
    ):
        assert word not in content


def segments(jpeg: bytes) -> tuple[list[int], bytes]:
    """The markers of a JPEG up to its first scan, and the bytes after its end."""
    assert jpeg[:2] == b"\xff\xd8"
    found: list[int] = []
    place = 2
    while not found or found[-1] != 0xDA:
        marker, size = jpeg[place + 1], int.from_bytes(jpeg[place + 2 : place + 4], "big")
        assert jpeg[place] == 0xFF
        found.append(marker)
        place += 2 + size
    return found, jpeg[jpeg.index(b"\xff\xd9", place) + 2 :]


def assert_played_or_not(desk: Client, document: Document, file: Hostile) -> None:
    """A video is known by its type and played if its tracks are recognised; other files are not played."""
    assert document.blob
    answer: Any = desk.get(reverse("document-video", args=[document.pk]))
    if document.blob.media_type not in ("video/mp4", "video/webm") or document.blob.refused:
        assert_refused(answer)
        return
    assert answer["Content-Type"] == document.blob.media_type
    assert {name: answer[name] for name in SAFE} == SAFE
    assert len(bytes_of(answer)) == len(file.content)


def assert_download(desk: Client, document: Document, file: Hostile) -> None:
    """The original is a download only."""
    answer: Any = desk.get(reverse("document-original", args=[document.pk]))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert {name: answer[name] for name in SAFE} == SAFE
    assert bytes_of(answer) == file.content
    assert ViewRecord.objects.filter(document=document, kind="original").count() == 1
