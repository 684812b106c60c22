"""The document storage reveals nothing, and frames cannot be rearranged."""

import io
import itertools
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, storages
from django.test import Client
from django.urls import reverse

from compliance.actions import documents, evidence_copies
from compliance.enums import DocumentState
from compliance.evidence import encrypted_storage
from compliance.evidence.decoding import decode
from compliance.models import Blob, Case, Document, User, ViewRecord
from compliance.sync import copies
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from providers.vault import VaultError
from tests import factories
from tests.compliance.file_store import jpeg
from tests.compliance.views.pages import bytes_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("decode_in_process")]

MakeAccount = Callable[..., ProviderAccount]
HEADER = 1 + 16 + 32
"""Version, key id and salt, as ``providers.vault.file_cipher`` writes them before the first frame."""
FRAME = 64 * 1024 + 16
MAGIC = {
    "JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "PNG": b"\x89PNG\r\n\x1a\n",
    "PDF": b"%PDF-",
    "WebM": b"\x1aE\xdf\xa3",
    "MP4": b"ftyp",
    "zip": b"PK\x03\x04",
    "zip directory": b"PK\x01\x02",
    "RIFF": b"RIFF",
    "EXIF": b"Exif\x00\x00",
    "PDF end": b"%%EOF",
    "PNG end": b"IEND\xaeB`\x82",
}
"""Signatures of files. One of four bytes occurs by chance once in 2^32 places, so not in the few MiB of a
test."""
WINDOW = 16


def root() -> Path:
    storage = storages["documents"]
    assert isinstance(storage, FileSystemStorage)
    return Path(storage.location)


def path_of(blob: Blob, size: str = "") -> Path:
    return root() / (blob.path if not size else f"{blob.path.rpartition('/')[0]}/{size}")


def read_all(blob: Blob, size: str = "") -> bytes:
    with encrypted_storage.opened(blob, size=size) as frames:
        return b"".join(frames)


def kept(case: Case, *contents: tuple[EvidenceKind, bytes]) -> list[Document]:
    """Documents of the case's check with these bytes, stored as by a copy."""
    check = case.checks.get()
    found = []
    for kind, content in contents:
        label = f"ticket: {os.urandom(4).hex()}"
        documents.request(check, [Evidence(kind=kind, label=label)])
        document = Document.objects.get(check_row=check, label=label)
        evidence_copies.store(document.pk, [(Download(label=label, kind=kind, content=content), decode(content))])
        found.append(Document.objects.select_related("blob").get(pk=document.pk))
    return found


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("frame-1.jpg", jpeg((300, 400), noise=True))
    return out.getvalue()


# --- confidentiality --------------------------------------------------------------------------------------------------


@pytest.mark.promise("P20")
def test_no_stored_file_has_bytes_of_an_original_or_a_rendition(simulator: Simulator, account: MakeAccount) -> None:
    factories.case_from(simulator, account("checkout_com"), "identity-declined")
    factories.case_from(simulator, account("advance_ai", evidence_hosts=["127.0.0.1"]), "passed-with-video")
    factories.case_from(simulator, account("preventor"), "rejected-nothing")
    copies.copy_requested(seconds=120)
    assert not Document.objects.exclude(state__in=(DocumentState.COPIED, DocumentState.NOT_AVAILABLE)).exists()
    blobs = list(Blob.objects.all())
    assert {blob.media_type for blob in blobs} >= {
        "image/jpeg",
        "image/png",
        "application/pdf",
        "application/zip",
        "video/webm",
    }
    encrypted = {path: path.read_bytes() for path in root().rglob("*") if path.is_file()}
    assert len(encrypted) > len(blobs)
    for path, content in encrypted.items():
        found = [name for name, magic in MAGIC.items() if magic in content]
        assert found == [], path
    storage = b"".join(encrypted.values())
    originals = [read_all(blob) for blob in blobs]
    shown = [
        read_all(blob, path.name)
        for blob in blobs
        for path in path_of(blob).parent.iterdir()
        if path.name != "original"
    ]
    chance = random.Random(20261121)
    for plain in [*originals, *shown]:
        assert plain[:WINDOW] not in storage
        assert plain[-WINDOW:] not in storage
        for _ in range(40):
            start = chance.randrange(max(1, len(plain) - WINDOW))
            window = plain[start : start + WINDOW]
            if len(set(window)) > 4:  # equal bytes are not specific to an image
                assert window not in storage
    # The search finds the bytes where they are present.
    assert encrypted[path_of(blobs[0])][:WINDOW] in storage


def test_the_names_of_files_reveal_nothing(simulator: Simulator, account: MakeAccount) -> None:
    case = factories.case_from(simulator, account("preventor"), "rejected-nothing", full_name="Zebediah Quillfeather")
    copies.copy_requested(seconds=60)
    for path in root().rglob("*"):
        parts = path.relative_to(root()).parts
        assert parts[-1] in ("original", "thumb", "view") or set(parts[-1]) <= set("0123456789abcdef")
    assert case.checks.get().reference not in " ".join(str(path) for path in root().rglob("*"))


# --- frames that are moved --------------------------------------------------------------------------------------------


@pytest.fixture
def pair(simulator: Simulator, account: MakeAccount) -> tuple[Blob, Blob]:
    """Two images of one case, each of more than five frames. They share a key: the hardest to distinguish."""
    case = factories.case_from(simulator, account("preventor"), "open-nothing")
    found = kept(
        case,
        (EvidenceKind.SELFIE, five_frames()),
        (EvidenceKind.DOCUMENT_PORTRAIT, five_frames()),
    )
    one, two = (document.blob for document in found)
    assert one is not None
    assert two is not None
    assert len(frames_of(path_of(one).read_bytes())) == len(frames_of(path_of(two).read_bytes())) == 5
    return one, two


def five_frames() -> bytes:
    content = jpeg((420, 420), noise=True)
    size = 4 * 64 * 1024 + 20_000
    assert len(content) < size
    return content + os.urandom(size - len(content))


def frames_of(encrypted: bytes) -> list[bytes]:
    return [encrypted[start : start + FRAME] for start in range(HEADER, len(encrypted), FRAME)]


def arrangements(one: bytes, two: bytes) -> Iterator[tuple[str, bytes]]:
    """All rearrangements of the frames of two files, with the head of the first."""
    head, own, other = one[:HEADER], frames_of(one), frames_of(two)
    places = range(len(own))

    def with_frames(*frames: bytes) -> bytes:
        return head + b"".join(frames)

    for first, second in itertools.combinations(places, 2):
        swapped = list(own)
        swapped[first], swapped[second] = own[second], own[first]
        yield f"{first} and {second} swapped", with_frames(*swapped)
    for here, there in itertools.product(places, repeat=2):
        yield f"frame {here} is {there} of the other file", with_frames(*own[:here], other[there], *own[here + 1 :])
        if here != there:
            yield f"frame {here} is {there} of this file", with_frames(*own[:here], own[there], *own[here + 1 :])
    for place in places:
        yield f"frame {place} left out", with_frames(*own[:place], *own[place + 1 :])
        yield f"frame {place} twice", with_frames(*own[: place + 1], *own[place:])
        yield f"ends after {place}", with_frames(*own[:place])
        yield f"ends within {place}", with_frames(*own[:place], own[place][: len(own[place]) // 2])
    yield "an empty file", b""
    yield "half a head", one[: HEADER // 2]
    yield "a byte more", one + b"\0"
    yield "a frame of the other more", one + other[-1]
    yield "all frames of the other", with_frames(*other)
    yield "the head of the other", two[:HEADER] + b"".join(own)
    yield "the whole other file", two
    for place in (0, 1, 17, HEADER, HEADER + FRAME, len(one) - 1):
        yield f"a bit of byte {place}", one[:place] + bytes((one[place] ^ 1,)) + one[place + 1 :]


@pytest.mark.promise("P20")
def test_rearranged_frames_are_refused_and_earlier_output_is_authentic(
    pair: tuple[Blob, Blob],
) -> None:
    one, two = pair
    plain = read_all(one)
    path, other = path_of(one), path_of(two).read_bytes()
    whole = path.read_bytes()
    count = 0
    for name, arranged in arrangements(whole, other):
        path.write_bytes(arranged)
        handed = bytearray()
        with pytest.raises(VaultError):
            with encrypted_storage.opened(one) as frames:
                for frame in frames:
                    handed += frame
            pytest.fail(name)
        assert plain.startswith(bytes(handed)), name
        count += 1
    assert count > 80
    path.write_bytes(whole)
    assert read_all(one) == plain


def test_an_original_and_its_rendition_cannot_be_swapped(pair: tuple[Blob, Blob]) -> None:
    one, two = pair
    sizes = ("", "view", "thumb")
    files = {(blob, size): path_of(blob, size).read_bytes() for blob in pair for size in sizes}
    for target, source in itertools.permutations(files, 2):
        path_of(*target).write_bytes(files[source])
        with pytest.raises(VaultError):
            read_all(*target)
        path_of(*target).write_bytes(files[target])
    assert [len(read_all(blob)) for blob in (one, two)] == [one.size, two.size]


def test_equal_bytes_of_another_persons_case_are_no_replacement(simulator: Simulator, account: MakeAccount) -> None:
    preventor, content = account("preventor"), jpeg((200, 200), noise=True)
    mine, theirs = (
        kept(factories.case_from(simulator, preventor, "open-nothing"), (EvidenceKind.SELFIE, content))[0].blob
        for _ in range(2)
    )
    assert mine is not None
    assert theirs is not None
    assert path_of(mine).read_bytes()[HEADER:] != path_of(theirs).read_bytes()[HEADER:]
    path_of(mine).write_bytes(path_of(theirs).read_bytes())
    with pytest.raises(VaultError):
        read_all(mine)


# --- damaged files on pages -------------------------------------------------------------------------------------------


DAMAGES: dict[str, Callable[[bytes], bytes] | None] = {
    "cut": lambda encrypted: encrypted[:-1],
    "longer": lambda encrypted: encrypted + b"\0",
    "changed at the start": lambda encrypted: encrypted[: HEADER + 40] + b"?" + encrypted[HEADER + 41 :],
    "changed at the end": lambda encrypted: encrypted[:-40] + b"?" + encrypted[-39:],
    "empty": lambda encrypted: b"",
    "missing": None,
}


@pytest.mark.parametrize("size", ["thumb", "view", "original"])
def test_a_damaged_file_is_an_error_page_without_its_bytes(
    simulator: Simulator, account: MakeAccount, analyst: User, size: str
) -> None:
    case = factories.case_from(simulator, account("preventor"), "open-nothing")
    (document,) = kept(case, (EvidenceKind.SELFIE, jpeg((900, 900), noise=True)))
    assert document.blob is not None
    path = path_of(document.blob, "" if size == "original" else size)
    encrypted, plain = path.read_bytes(), read_all(document.blob, "" if size == "original" else size)
    assert len(plain) > 1000
    browser = Client(raise_request_exception=False)
    browser.force_login(analyst)
    url = reverse("document-original", args=[document.pk])
    if size != "original":
        url = reverse("document-image", args=[document.pk, size])
    for name, damage in DAMAGES.items():
        path.write_bytes(encrypted)
        assert bytes_of(browser.get(url)) == plain
        if damage is None:
            path.unlink()
        else:
            path.write_bytes(damage(encrypted))
        seen = ViewRecord.objects.count()
        answer = browser.get(url)
        content = bytes_of(answer, answer.status_code)
        assert answer.status_code == 404, name
        assert answer["Content-Type"].startswith("text/html"), name
        assert plain[:WINDOW] not in content, name
        assert not any(plain[start : start + WINDOW] in content for start in range(0, len(plain) - WINDOW, 997)), name
        assert ViewRecord.objects.count() >= seen, name
