"""Files inside an answer: their size, their spelling, and what is shown of a link."""

import base64

import pytest

from providers import Evidence, EvidenceKind, ProviderUnavailable
from providers.transport.downloads import (
    MAX_FILE_BYTES,
    MAX_IMAGE_BYTES,
    already_copied,
    copied,
    head_of,
    source_of,
    unavailable,
    unavailable_for_now,
    unpacked,
)

ITEM = Evidence(
    kind=EvidenceKind.SELFIE, label="face", url="https://user:secret@files.example/a/b.jpg?signature=canary"
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(120)


@pytest.mark.parametrize(
    ("url", "source"),
    [
        (ITEM.url, "files.example/a/b.jpg"),
        ("https://files.example:8443/a#part", "files.example:8443/a"),
        ("a word", ""),
        ("https://[not-an-address/a", ""),
        (f"https://files.example/{'a' * 400}", f"files.example/{'a' * 286}"),
    ],
)
def test_a_source_is_host_and_path_without_login_and_query(url: str, source: str) -> None:
    assert source_of(url) == source


@pytest.mark.parametrize(
    ("kind", "head", "limit", "problem"),
    [
        (EvidenceKind.SELFIE, b"\xff\xd8\xff", MAX_IMAGE_BYTES, "The image is larger than 12 MiB."),
        (EvidenceKind.VIDEO, b"", MAX_FILE_BYTES, "The file is larger than 32 MiB."),
        (EvidenceKind.OTHER, b"%PDF-", MAX_FILE_BYTES, "The file is larger than 32 MiB."),
    ],
)
def test_a_file_has_the_size_of_its_kind_at_most(kind: EvidenceKind, head: bytes, limit: int, problem: str) -> None:
    item = Evidence(kind=kind, label="x")
    content = head.ljust(limit, b"\x00")
    assert (copied(item, content).content, copied(item, content).problem) == (content, "")
    assert (copied(item, content + b"\x00").content, copied(item, content + b"\x00").problem) == (b"", problem)


def test_base64_is_read_in_both_alphabets_with_white_space_and_as_data_uri() -> None:
    content = PNG + b"\xfb\xff\xfe"
    for text in (
        base64.b64encode(content).decode(),
        base64.urlsafe_b64encode(content).decode().rstrip("="),
        base64.encodebytes(content).decode(),
        f"data:image/png;base64,{base64.b64encode(content).decode()}",
    ):
        assert unpacked(text, EvidenceKind.SELFIE) == (content, "")
        assert head_of(text).startswith(PNG[:64])


@pytest.mark.parametrize(("text", "problem"), [("no base64!", "The image is not base64."), ("", "The image is empty.")])
def test_other_text_is_named_by_its_problem(text: str, problem: str) -> None:
    assert unpacked(text, EvidenceKind.SELFIE) == (b"", problem)


def test_a_file_that_is_not_brought_keeps_label_kind_and_source() -> None:
    fault = ProviderUnavailable("p", "No connection within 5 s.")
    for download in (unavailable(ITEM, "Too big."), unavailable_for_now(ITEM, fault), already_copied(ITEM)):
        assert (download.label, download.kind, download.source) == (
            "face",
            EvidenceKind.SELFIE,
            "files.example/a/b.jpg",
        )
        assert download.content == b""
    assert (unavailable_for_now(ITEM, fault).problem, unavailable_for_now(ITEM, fault).fault) == (fault.detail, fault)
    assert already_copied(ITEM).is_here
