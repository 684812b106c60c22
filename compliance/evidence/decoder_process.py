"""The limited child that decodes images and renders PDF pages.

Run as a script: it imports no module of this project but the cleaner of videos, and trusts no input. It reads the
original from standard input and writes records to standard output: a line of JSON, ``{"rendition": name, "size": n}``,
followed by n bytes, and at the end ``{"meta": {...}}``. So renditions that were ready before a timeout are not lost.

Limits are set after the decoders are loaded and before the first byte is decoded: memory, processor time, no file
opened or written, no socket, no further process, no core dump. Where the kernel has Landlock (Linux 5.13, complete
from 6.12): no access to the file system, no program started, no signal to other processes. As root: another account,
which owns nothing. A system call filter would be stricter, but needs a table per processor and kernel: without root
and on an old kernel, run the application under an account of its own.
"""

import errno
import io
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

MEMORY = 256 * 1024 * 1024
SECONDS = 5
PIXELS = 40_000_000
JPEG_PIXELS = 200_000_000
"""A JPEG of up to so many pixels is decoded at a fraction of its size."""
SIZES = {"thumb": 320, "view": 2400}
"""Longest edge in pixels; at 2400 the small print of a card is readable when zoomed."""
_SHORT_EDGE = 1000
"""Shortest edge in pixels, as far as ``_LONG_PIXELS`` allows, so that a long receipt or screenshot is readable."""
_LONG_PIXELS = 10_000_000
_JPEG_EDGE = 65_500
"""Longest edge that the encoder of renditions writes."""
_PDF_STARTS_WITHIN = 1024
PAGES = 20
PAGE_EDGE = 1600
MAX_INPUT = 32 * 1024 * 1024
_LARGE = 1536 * 1024
_NO_PAGE_AFTER = 3.5
"""Seconds; a later page would not be ready in time."""
_STRIP_PIXELS = 500_000
_NOBODY = 65534
_ORIENTATION = 0x0112
_TRANSPOSED = (5, 6, 7, 8)
_LARGEST_PROFILE = 1024 * 1024


class Refused(Exception):
    """The file cannot be shown; the message is the value of a ``Refusal``, or another word."""


def limit() -> None:
    """Drop rights and set the limits of this process."""
    _fence()
    if os.geteuid() == 0:
        try:
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
        except PermissionError:
            pass  # a container without the right to change accounts
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # does not bind root: hence the other account
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # the three open ones


def _fence() -> None:
    """Deny all that Landlock can deny, https://docs.kernel.org/userspace-api/landlock.html. Its system calls have the
    same numbers on every processor."""
    try:
        import ctypes
    except ImportError:
        return  # built without ctypes
    if not sys.platform.startswith("linux"):
        return
    call = ctypes.CDLL(None).syscall
    create, restrict, version = ctypes.c_long(444), ctypes.c_long(446), ctypes.c_uint32(1)
    abi = call(create, None, ctypes.c_size_t(0), version)
    if abi < 1:
        return
    # File rights by version: 13, then refer, truncate and ioctl; from 4 on bind and connect; from 6 on abstract
    # sockets and signals.
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1
    rules = (ctypes.c_uint64 * 3)(files, 3, 3)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = call(create, rules, ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        return
    no_new_privileges = ctypes.c_long(38)
    ctypes.CDLL(None).prctl(no_new_privileges, *(ctypes.c_long(value) for value in (1, 0, 0, 0)))
    call(restrict, ctypes.c_long(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def main() -> int:
    """Write the renditions of standard input, or the code of a refusal."""
    started = time.monotonic()
    content = sys.stdin.buffer.read(MAX_INPUT + 1)
    if len(content) > MAX_INPUT:
        _write({"meta": {"refused": "too_large"}})
        return 0
    show = _decoder(content, started)
    try:
        meta = show(content)
    except Refused as word:
        meta = {"refused": str(word)}
    except MemoryError:
        meta = {"refused": "memory"}
    except Exception as error:
        unready = getattr(error, "errno", None) == errno.EMFILE  # a module that should have been loaded before
        meta = {"refused": "unready" if unready else type(error).__name__}
    _write({"meta": meta})
    return 0


def _decoder(content: bytes, started: float) -> Callable[[bytes], dict[str, Any]]:
    """Load the modules for this kind of file, and set the limits."""
    if content[4:8] == b"ftyp":
        brands = {content[8:12], *(content[at : at + 4] for at in range(16, 64, 4))}
        if not brands.isdisjoint((b"avif", b"avis")):
            return _image(is_avif=True)
        return _video("video/mp4")
    if content.startswith(b"\x1aE\xdf\xa3"):
        return _video("video/webm")
    if b"%PDF-" in content[: _PDF_STARTS_WITHIN + 5] and not content.startswith(_IMAGE_STARTS):
        return _pdf(started)
    return _image()


def _write(record: dict[str, Any], content: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(record).encode() + b"\n")
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


# --- videos -----------------------------------------------------------------------------------------------------------


def _video(kind: str) -> Callable[[bytes], dict[str, Any]]:
    """Load the cleaner of videos, then set the limits. It depends on the standard library alone; the packages around it
    are not run."""
    import importlib
    import pathlib
    import sys as system  # tests replace ``sys``
    import types

    here = pathlib.Path(__file__).parent
    for name, folder in (("compliance", here.parent), ("compliance.evidence", here)):
        package = types.ModuleType(name)
        package.__path__ = [str(folder)]
        system.modules.setdefault(name, package)
    metadata = importlib.import_module("compliance.evidence.video.metadata")
    limit()

    def show(content: bytes) -> dict[str, Any]:
        try:
            cleaned = metadata.strip_metadata(content, kind)
        except metadata.UnreadableVideo as refusal:
            raise Refused(str(refusal)) from None
        if cleaned is not content:
            _rendition("film", cleaned)
        return {"video": True}

    return show


def _rendition(name: str, content: bytes) -> None:
    _write({"rendition": name, "size": len(content)}, content)


# --- images -----------------------------------------------------------------------------------------------------------


_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")


def _image(*, is_avif: bool = False) -> Callable[[bytes], dict[str, Any]]:
    """Load the image decoders, then set the limits. No decoder but these three, or the one of AVIF, is reachable.

    HEIC is left out: its decoder starts a thread, which the limits forbid.
    """
    # Also the modules that Pillow would import on first use.
    from PIL import (  # noqa: F401
        Image,
        ImageCms,
        ImageColor,
        ImageFile,
        ImageFilter,
        ImagePalette,
        JpegImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    plugins = (JpegImagePlugin.JpegImageFile, PngImagePlugin.PngImageFile, WebPImagePlugin.WebPImageFile)
    openers: dict[bytes, Any] = dict(zip(_IMAGE_STARTS, plugins, strict=True))
    if is_avif:
        openers = {b"": _avif()}
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    Image.preinit()
    limit()

    def show(content: bytes) -> dict[str, Any]:
        for magic, opener in openers.items():
            if content.startswith(magic):
                # The class instead of Image.open: a phone's JPEG with a second image after it is still a JPEG.
                with opener(io.BytesIO(content)) as image:
                    return _shown(Image, ImageCms, srgb, image)
        raise Refused("format")

    return show


def _avif() -> Any:
    from PIL import AvifImagePlugin

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # the limits allow no thread
    return AvifImagePlugin.AvifImageFile


def _shown(pil: Any, cms: Any, srgb: Any, image: Any) -> dict[str, Any]:
    width, height = image.size
    if width * height > (JPEG_PIXELS if image.format == "JPEG" else PIXELS):
        raise Refused("pixels")
    if getattr(image, "n_frames", 1) > 1:
        raise Refused("frames")
    turn = 1
    with suppress(Exception):  # unreadable metadata must not prevent showing the image
        turn = image.getexif().get(_ORIENTATION, 1)
    view = _coloured(cms, srgb, _shrunk(pil, image, SIZES["view"]))
    view = _upright(pil, view, turn)
    small = view.copy()
    small.thumbnail((SIZES["thumb"], SIZES["thumb"]))
    _rendition("thumb", _jpeg(small))
    _rendition("view", _jpeg(view))
    if turn in _TRANSPOSED:
        width, height = height, width
    return {"width": width, "height": height, "perceptual_hash": _perceptual_hash(view).hex()}


def _shrunk(pil: Any, image: Any, edge: int) -> Any:
    """Reduced to this edge, opaque, RGB, with its colour profile; strip by strip, to hold only one large copy."""
    width, height = image.size
    scale = _scale(width, height, edge)
    goal = max(1, round(width * scale)), max(1, round(height * scale))
    if image.format == "JPEG":
        # Decodes at a fraction of its size, so that a large one fits into the memory limit.
        image.draft(None, goal)
        if image.size[0] * image.size[1] > PIXELS:
            raise Refused("pixels")
    image.load()
    width, height = image.size
    factor = max(1, min(width // goal[0], height // goal[1]))
    rows = max(1, _STRIP_PIXELS // width // factor) * factor
    reduced = pil.new("CMYK" if image.mode == "CMYK" else "RGB", (-(-width // factor), -(-height // factor)))
    for top in range(0, height, rows):
        strip = _strip(pil, image.crop((0, top, width, min(height, top + rows))), factor)
        reduced.paste(strip, (0, top // factor))
    reduced.info = {"icc_profile": image.info.get("icc_profile")}
    image.close()  # frees its pixels before the next step
    if reduced.size == goal:
        return reduced
    done = reduced.resize(goal, pil.Resampling.LANCZOS)
    done.info = reduced.info
    return done


def _scale(width: int, height: int, edge: int) -> float:
    """By how much an image is reduced: to this longest edge, but a long one only as far as its short edge allows."""
    by_long, by_short = edge / max(width, height), _SHORT_EDGE / min(width, height)
    if by_short > by_long:
        by_long = max(by_long, min(by_short, (_LONG_PIXELS / (width * height)) ** 0.5))
    return min(1.0, by_long, _JPEG_EDGE / max(width, height))


def _strip(pil: Any, part: Any, factor: int) -> Any:
    """A strip reduced by this factor, with 8 bits, without transparency, which could hide content."""
    if part.mode in ("I", "I;16", "I;16B", "I;16L"):
        part = part.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    elif part.mode in ("RGBA", "LA", "PA") or "transparency" in part.info:
        part = part.convert("RGBA").reduce(factor)
        ground = pil.new("RGB", part.size, "white")
        ground.paste(part, mask=part.getchannel("A"))
        return ground
    elif part.mode not in ("RGB", "CMYK"):
        part = part.convert("RGB")
    return part.reduce(factor)


def _coloured(cms: Any, srgb: Any, image: Any) -> Any:
    """Converted by its colour profile to sRGB; an unreadable profile is ignored."""
    profile = image.info.get("icc_profile")
    if profile and len(profile) <= _LARGEST_PROFILE:
        try:
            theirs = cms.ImageCmsProfile(io.BytesIO(profile))
            return cms.profileToProfile(image, theirs, srgb, outputMode="RGB")
        except (cms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return image.convert("RGB")


def _upright(pil: Any, image: Any, turn: Any) -> Any:
    ways = pil.Transpose
    way = {
        2: ways.FLIP_LEFT_RIGHT,
        3: ways.ROTATE_180,
        4: ways.FLIP_TOP_BOTTOM,
        5: ways.TRANSPOSE,
        6: ways.ROTATE_270,
        7: ways.TRANSVERSE,
        8: ways.ROTATE_90,
    }.get(turn)
    return image if way is None else image.transpose(way)


def _jpeg(image: Any) -> bytes:
    """Encoded without metadata, with lower quality where it is large."""
    image.info.clear()
    for quality in (88, 72):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        if out.tell() <= _LARGE:
            break
    return out.getvalue()


def _perceptual_hash(image: Any) -> bytes:
    """Whether brightness rises to the right (64 bits) and downwards (64 bits)."""
    grey = image.convert("L")
    across = grey.resize((9, 8)).tobytes()
    down = grey.resize((8, 9)).tobytes()
    rises = [across[row * 9 + column] < across[row * 9 + column + 1] for row in range(8) for column in range(8)]
    falls = [down[row * 8 + column] < down[(row + 1) * 8 + column] for row in range(8) for column in range(8)]
    return sum(bit << place for place, bit in enumerate(reversed(rises + falls))).to_bytes(16, "big")


# --- PDF --------------------------------------------------------------------------------------------------------------


def _pdf(started: float) -> Callable[[bytes], dict[str, Any]]:
    """Load the PDF renderer, then set the limits. The build has no JavaScript and no XFA, and no font is opened."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as raw
    from PIL import Image

    Image.preinit()
    limit()

    def show(content: bytes) -> dict[str, Any]:
        try:
            document = pdfium.PdfDocument(content)
        except pdfium.PdfiumError as error:
            wants_password = getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD
            raise Refused("password" if wants_password else "pdf") from None
        with suppress(pdfium.PdfiumError):
            document.init_forms()  # renders filled-in fields
        count = len(document)
        if not count:
            raise Refused("no_page")
        for number, page in enumerate(_drawn(document, count, started), start=1):
            if number == 1:
                small = page.copy()
                small.thumbnail((SIZES["thumb"], SIZES["thumb"]))
                _rendition("thumb", _jpeg(small))
            _rendition(f"page-{number}", _jpeg(page))
        return {}

    return show


def _drawn(document: Any, count: int, started: float) -> Iterator[Any]:
    """The first pages, as far as time allows; a page that cannot be rendered ends the sequence: none is skipped."""
    _write({"meta": {"pages_in_file": count}})
    for number in range(min(count, PAGES)):
        if time.monotonic() - started > _NO_PAGE_AFTER:
            return
        page = document[number]
        longest = max(page.get_size())
        if not longest > 0:
            raise Refused("page size")
        bitmap = page.render(scale=PAGE_EDGE / longest, rev_byteorder=True)
        yield bitmap.to_pil().convert("RGB")
        bitmap.close()
        page.close()


if __name__ == "__main__":
    sys.exit(main())
