"""Looking at pictures safely: the type by content, and decoding only in a limited child process.

The original is never changed and never shown; what people see is re-encoded, upright and without metadata.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

_CHILD = Path(__file__).with_name("picture_child.py")
_SECONDS = 5.0
PICTURE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"WEBP", 8, "image/webp"),
    (b"%PDF-", 0, "application/pdf"),
    (b"ftyp", 4, "video/mp4"),
    (b"\x1aE\xdf\xa3", 0, "video/webm"),
    (b"PK\x03\x04", 0, "application/zip"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What looking at the bytes said."""

    media_type: str
    """By content; ``application/octet-stream`` for what nobody recognises."""
    width: int | None = None
    height: int | None = None
    """Upright, in pixels of the original."""
    renditions: dict[str, bytes] = field(default_factory=dict, repr=False)
    """``thumb`` and ``view`` as JPEG; empty for what is no picture or cannot be shown."""
    refused: str = ""
    """Why a picture cannot be shown, in a few words."""


def media_type(content: bytes) -> str:
    """The type by the first bytes, never by what somebody called it."""
    for magic, offset, name in _MAGIC:
        if content[offset : offset + len(magic)] == magic:
            return name
    return "application/octet-stream"


def look(content: bytes) -> Picture:
    """Decode in a child that has 5 s, 256 MiB and no rights; what it refuses is kept as a file that is never shown."""
    kind = media_type(content)
    if kind not in PICTURE_TYPES:
        return Picture(media_type=kind)
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_CHILD)],
            input=content,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        return Picture(media_type=kind, refused="it takes too long to decode")
    head, _, rest = done.stdout.partition(b"\n")
    if done.returncode or not head:
        return Picture(media_type=kind, refused="the decoder gave up")
    meta = json.loads(head)
    if "refused" in meta:
        return Picture(media_type=kind, refused=f"it cannot be decoded ({meta['refused']})")
    renditions = {}
    for name, size in meta["sizes"].items():
        renditions[name], rest = rest[:size], rest[size:]
    return Picture(media_type=meta["media_type"], width=meta["width"], height=meta["height"], renditions=renditions)
