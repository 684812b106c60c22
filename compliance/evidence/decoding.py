"""Decodes images and PDF files safely: the type by content, and decoding only in a limited child process.

The original is never changed and never shown; pages show re-encoded renditions, upright and without metadata.
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

from compliance.enums import Refusal
from compliance.errors import DecoderBusy
from providers import media_type as media_type

log = logging.getLogger(__name__)

_CHILD = Path(__file__).with_name("decoder_process.py")
SECONDS = 4.7
"""From the start of the child to its last byte; then it is killed. In total a file takes at most five seconds."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""Children of one process: concurrent uploads wait for each other and do not use up the machine."""
MAX_WAIT = 5.0
"""Seconds that a file waits for a child. A waiting request occupies a thread that other pages need."""
BUSY = "The decoder is busy with other files. Nothing is wrong with this one."
NO_DECODER = "The decoder could not be started. Nothing is wrong with the file."
_LARGEST_ANSWER = 48 * 1024 * 1024
"""Bytes that are read from the child: 20 pages of the largest kind."""
_LARGEST_NUMBER = 2**31 - 1
_CHUNK = 256 * 1024
_RENDITION = re.compile(r"thumb|view|page-([1-9]|1\d|20)")
AVIF = "image/avif"
IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", AVIF})
VIDEO_TYPES = frozenset({"video/mp4", "video/webm"})
PDF = "application/pdf"
CLEANED_VIDEO = "film"
"""Stored name of the rendition of a video without metadata."""
_REFUSALS = {
    "DecompressionBombError": Refusal.PIXELS,
    "OSError": Refusal.CUT_SHORT,
    "SyntaxError": Refusal.DAMAGED,
}
"""Errors of Pillow by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedFile:
    """The result of decoding a file."""

    media_type: str
    """By content; ``application/octet-stream`` for unknown types."""
    width: int | None = None
    height: int | None = None
    """Upright, in pixels of the original."""
    renditions: dict[str, bytes] = field(default_factory=dict, repr=False)
    """As JPEG: ``thumb`` and ``view`` of an image, ``thumb`` and ``page-1`` ... of a PDF; empty for other files and for
    those that cannot be shown. ``CLEANED_VIDEO`` is a video without its metadata."""
    pages: int = 0
    """Rendered pages of a PDF: at most 20, and as many as were ready in time."""
    pages_in_file: int = 0
    """Page count by the PDF itself."""
    perceptual_hash: bytes = field(default=b"", repr=False)
    """16 bytes; empty for files other than images."""
    refused: str = ""
    """Why a file cannot be shown: a ``Refusal``, with the name of an unknown error after a colon."""


def has_view(media_type: str, refused: str, width: int | None) -> bool:
    """Whether a stored image can be shown. AVIF files of earlier releases were stored without being decoded, so they
    have no width."""
    return media_type in IMAGE_TYPES and not refused and (width is not None or media_type != AVIF)


def decode(content: bytes) -> DecodedFile:
    """Decode a file in a child with 5 s, 256 MiB and no rights; a refused file is stored, but never shown.

    Raises: ``DecoderBusy`` when no child is free in time or none can be started.
    """
    kind = media_type(content)
    if kind not in IMAGE_TYPES | VIDEO_TYPES and kind != PDF:
        return DecodedFile(media_type=kind)
    answer, in_time = _run_child(content)
    try:
        if kind in VIDEO_TYPES:
            return _video_of(kind, answer, size=len(content), in_time=in_time)
        return _image_of(kind, answer, in_time=in_time)
    except Exception:
        # The output of a compromised decoder is as untrusted as the file.
        return DecodedFile(media_type=kind, refused=Refusal.DECODER_FAILED)


def _video_of(kind: str, answer: bytearray, *, size: int, in_time: bool) -> DecodedFile:
    meta: dict[str, Any] = {}
    renditions: dict[str, bytes] = {}
    for record, data in _records(answer):
        meta |= record.get("meta", {})
        if record.get("rendition"):
            if record["rendition"] != CLEANED_VIDEO or len(data) != size or media_type(data) != kind:
                raise ValueError("no video of ours")
            renditions[CLEANED_VIDEO] = data
    if "video" not in meta:
        return DecodedFile(media_type=kind, refused=_refusal(meta, in_time=in_time)[:120])
    return DecodedFile(media_type=kind, renditions=renditions)


def _image_of(kind: str, answer: bytearray, *, in_time: bool) -> DecodedFile:
    meta: dict[str, Any] = {}
    renditions: dict[str, bytes] = {}
    for record, data in _records(answer):
        meta |= record.get("meta", {})
        if name := record.get("rendition"):
            if not _RENDITION.fullmatch(name) or not data.startswith(b"\xff\xd8\xff"):
                raise ValueError("no rendition of ours")
            renditions[name] = data
    # Pages before the timeout, or before one that cannot be rendered, are shown.
    pages = sum(name.startswith("page-") for name in renditions)
    if not (pages if kind == PDF else "perceptual_hash" in meta):
        return DecodedFile(media_type=kind, refused=_refusal(meta, in_time=in_time)[:120])
    return DecodedFile(
        media_type=kind,
        width=None if kind == PDF else min(int(meta["width"]), _LARGEST_NUMBER),
        height=None if kind == PDF else min(int(meta["height"]), _LARGEST_NUMBER),
        renditions=renditions,
        pages=pages,
        pages_in_file=min(int(meta.get("pages_in_file", 0)), _LARGEST_NUMBER),
        perceptual_hash=b"" if kind == PDF else bytes.fromhex(meta["perceptual_hash"]),
    )


def _refusal(meta: dict[str, Any], *, in_time: bool) -> str:
    if not in_time:
        return Refusal.TOO_SLOW
    word = str(meta.get("refused", Refusal.DECODER_FAILED))
    code = _REFUSALS.get(word, word)
    return code if code in Refusal.values else f"{Refusal.UNDECODABLE}:{word}"


def _run_child(content: bytes) -> tuple[bytearray, bool]:
    """The output of the child, up to the limit, and whether it ended in time. The child is always killed."""
    if not _AT_ONCE.acquire(timeout=MAX_WAIT):
        raise DecoderBusy(BUSY)
    try:
        with _started() as child:
            try:
                return _exchange(child, content, until=time.monotonic() + SECONDS)
            finally:
                child.kill()
    except OSError as error:
        # Out of processes, memory or open files: the file is not the cause.
        log.error("the decoder could not be started: %s", errorcode.get(error.errno or 0, "OSError"))
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
    """The remaining bytes; empty when the child has stopped reading."""
    try:
        return unsent[os.write(pipe, unsent[:_CHUNK]) :]
    except BrokenPipeError:
        return unsent[:0]


def _records(answer: bytearray) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The child's records with the bytes after each; an incomplete one ends the sequence."""
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
