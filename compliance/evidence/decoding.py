"""Looking at pictures and PDF files safely: the type by content, and decoding only in a limited child process.

The original is never changed and never shown; what people see is re-encoded, upright and without metadata.
"""

import json
import logging
import os
import re
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from errno import errorcode
from pathlib import Path
from typing import Any

from compliance.errors import DecoderBusy
from compliance.evidence.video import metadata
from providers import media_type as media_type

log = logging.getLogger(__name__)

_CHILD = Path(__file__).with_name("decoder_process.py")
SECONDS = 4.7
"""From the start of the child to its last byte; then it is killed. With all around it, five seconds hold."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""Children of one process: many people who add files at once wait for one another, not for the whole machine."""
MAX_WAIT = 5.0
"""Seconds that a file waits for its turn. Whoever waits takes a thread that other pages need."""
BUSY = "The desk is busy looking at other files; nothing is wrong with this one."
NO_DECODER = "The desk could not start looking at it; nothing is wrong with the file."
_LARGEST_ANSWER = 48 * 1024 * 1024
"""Bytes that are taken from the child: 20 pages of the worst kind."""
_LARGEST_NUMBER = 2**31 - 1
_CHUNK = 256 * 1024
_RENDITION = re.compile(r"thumb|view|page-([1-9]|1\d|20)")
PICTURE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
VIDEO_TYPES = frozenset({"video/mp4", "video/webm"})
PDF = "application/pdf"
CLEANED_VIDEO = "film"
"""Name of the rendition of a video without all that is neither picture nor sound."""
_REASONS = {
    "too large": "it is larger than 32 MiB",
    "pixels": "it has more than 40 megapixels",
    "frames": "it holds more than one frame",
    "memory": "decoding it needs more memory than a picture may have",
    "password": "it is locked with a password",
    "pdf": "it cannot be read as a PDF",
    "no page": "it has no page",
    "DecompressionBombError": "it has more than 40 megapixels",
    "OSError": "it cannot be decoded: it is damaged, cut short, or asks for too much",
    "SyntaxError": "it cannot be decoded: it is damaged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedFile:
    """What looking at the bytes said."""

    media_type: str
    """By content; ``application/octet-stream`` for what nobody recognises."""
    width: int | None = None
    height: int | None = None
    """Upright, in pixels of the original."""
    renditions: dict[str, bytes] = field(default_factory=dict, repr=False)
    """As JPEG: ``thumb`` and ``view`` of a picture, ``thumb`` and ``page-1`` ... of a PDF; empty for what is neither or
    cannot be shown. ``film`` is a video without all that is neither picture nor sound, where it came with such."""
    pages: int = 0
    """Pages of a PDF that were drawn: at most 20, and as many as were ready in time."""
    pages_in_file: int = 0
    """Pages that the PDF says it has."""
    perceptual_hash: bytes = field(default=b"", repr=False)
    """16 bytes: what a picture looks like, coarsely. Empty for what is no picture."""
    refused: str = ""
    """Why a picture, a PDF or a video cannot be shown, in a few words."""


def decode(content: bytes) -> DecodedFile:
    """Decode in a child that has 5 s, 256 MiB and no rights; what it refuses is kept as a file that is never shown.

    Raises ``NotLookedAt`` when the file gets no turn in time, or the machine starts no child.
    """
    kind = media_type(content)
    if kind in VIDEO_TYPES:
        try:
            cleaned = metadata.strip_metadata(content, kind)
        except metadata.UnreadableVideo as words:
            return DecodedFile(media_type=kind, refused=str(words))
        return DecodedFile(media_type=kind, renditions={} if cleaned is content else {CLEANED_VIDEO: cleaned})
    if kind not in PICTURE_TYPES and kind != PDF:
        return DecodedFile(media_type=kind)
    answer, in_time = _run_child(content)
    try:
        return _picture_of(kind, answer, in_time=in_time)
    except Exception:
        # What a decoder writes that somebody has taken over is as foreign as the file; it costs the picture alone.
        return DecodedFile(media_type=kind, refused="the decoder gave up")


def _picture_of(kind: str, answer: bytearray, *, in_time: bool) -> DecodedFile:
    meta: dict[str, Any] = {}
    renditions: dict[str, bytes] = {}
    for record, data in _records(answer):
        meta |= record.get("meta", {})
        if name := record.get("rendition"):
            if not _RENDITION.fullmatch(name) or not data.startswith(b"\xff\xd8\xff"):
                raise ValueError("no rendition of ours")
            renditions[name] = data
    # Pages that came before the time ran out, or before one that cannot be drawn, can be read all the same.
    pages = sum(name.startswith("page-") for name in renditions)
    if not (pages if kind == PDF else "perceptual_hash" in meta):
        return DecodedFile(media_type=kind, refused=_reason(meta, in_time=in_time)[:120])
    return DecodedFile(
        media_type=kind,
        width=None if kind == PDF else min(int(meta["width"]), _LARGEST_NUMBER),
        height=None if kind == PDF else min(int(meta["height"]), _LARGEST_NUMBER),
        renditions=renditions,
        pages=pages,
        pages_in_file=min(int(meta.get("pages_in_file", 0)), _LARGEST_NUMBER),
        perceptual_hash=b"" if kind == PDF else bytes.fromhex(meta["perceptual_hash"]),
    )


def _reason(meta: dict[str, Any], *, in_time: bool) -> str:
    if not in_time:
        return "it takes too long to decode"
    if "refused" not in meta:
        return "the decoder gave up"
    return _REASONS.get(meta["refused"], f"it cannot be decoded ({meta['refused']})")


def _run_child(content: bytes) -> tuple[bytearray, bool]:
    """What the child wrote, at most so much, and whether it ended in time. It is killed whatever happens."""
    if not _AT_ONCE.acquire(timeout=MAX_WAIT):
        raise DecoderBusy(BUSY)
    try:
        with _started() as child:
            try:
                return _exchange(child, content, until=time.monotonic() + SECONDS)
            finally:
                child.kill()
    except OSError as error:
        # No more processes, memory or open files: the machine's state, whatever the file is.
        log.error("a file could not be looked at: %s", errorcode.get(error.errno or 0, "OSError"))
        raise DecoderBusy(NO_DECODER) from error
    finally:
        _AT_ONCE.release()


def _started() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )


def _exchange(child: "subprocess.Popen[bytes]", content: bytes, *, until: float) -> tuple[bytearray, bool]:
    stdin, stdout = child.stdin, child.stdout
    if stdin is None or stdout is None:
        raise RuntimeError("The child was started without its pipes.")
    unsent, answer = memoryview(content), bytearray()
    with selectors.DefaultSelector() as selector:
        for pipe, event in ((stdin, selectors.EVENT_WRITE), (stdout, selectors.EVENT_READ)):
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, event)
        while (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if key.fileobj is stdin:
                    unsent = _sent(stdin.fileno(), unsent)
                    if not unsent:
                        selector.unregister(stdin)
                        stdin.close()
                    continue
                piece = os.read(stdout.fileno(), _CHUNK)
                answer += piece
                if not piece or len(answer) > _LARGEST_ANSWER:
                    return answer, True
    return answer, False


def _sent(pipe: int, unsent: memoryview) -> memoryview:
    """What is still to be sent; nothing when the child reads no more."""
    try:
        return unsent[os.write(pipe, unsent[:_CHUNK]) :]
    except BrokenPipeError:
        return unsent[:0]


def _records(answer: bytearray) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The child's records with what follows each; one that was cut ends it."""
    place = 0
    while (end := answer.find(b"\n", place)) >= 0:
        record = json.loads(answer[place:end])
        size = int(record.get("size", 0))
        if size < 0:
            raise ValueError("no size")
        place = end + 1 + size
        if place > len(answer):
            return
        yield record, bytes(answer[end + 1 : place])
