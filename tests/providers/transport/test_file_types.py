"""Files by their first bytes."""

import pytest

from providers.transport.file_types import UNKNOWN, is_known, is_larger_kind, media_type

TYPES = {
    b"\xff\xd8\xff\xe0": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF89a": "image/gif",
    b"II*\x00": "image/tiff",
    b"RIFF\x00\x00\x00\x00WEBP": "image/webp",
    b"RIFF\x00\x00\x00\x00AVI ": "video/x-msvideo",
    b"\x00\x00\x00\x18ftypheic": "image/heic",
    b"\x00\x00\x00\x18ftypavif": "image/avif",
    b"\x00\x00\x00\x18ftypisom": "video/mp4",
    b"\x1aE\xdf\xa3....webm": "video/webm",
    b"\x1aE\xdf\xa3....matroska": "video/x-matroska",
    b"BM" + bytes(30): "image/bmp",
    b"%PDF-1.7": "application/pdf",
    b"PK\x03\x04": "application/zip",
}
FOREIGN = (b"", b"BMW, a car of which much is written", b"<html>", b"RIFF\x00\x00\x00\x00WAVE", b"\xff\xd8")


@pytest.mark.parametrize(("content", "name"), TYPES.items())
def test_a_known_file_has_its_media_type(content: bytes, name: str) -> None:
    assert media_type(content) == name
    assert is_known(content)
    assert is_larger_kind(content) is not name.startswith("image/")


@pytest.mark.parametrize("content", FOREIGN)
def test_other_bytes_are_of_no_known_type(content: bytes) -> None:
    assert (media_type(content), is_known(content), is_larger_kind(content)) == (UNKNOWN, False, False)
