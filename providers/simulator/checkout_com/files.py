"""The files of Checkout.com's signed links: images, short videos of them, and a PDF report."""

import io
import struct
from functools import lru_cache

from PIL import Image, ImageDraw

from providers.simulator.images import selfie
from providers.simulator.images.cards import document_back, document_front, latin
from providers.simulator.people import Person

VIDEO_SIZE = (360, 480)
_FRAMES = 12
_FRAME_MS = 150


def content(name: str, person: Person) -> tuple[bytes, str] | None:
    """Bytes and media type by the name of a file (``face_image.jpg``, ``face_video.webm``); None if unknown."""
    kind, _, ending = name.rpartition(".")
    if ending == "pdf":
        return report_pdf(person), "application/pdf"
    if ending == "webm":
        return video(kind, person), "video/webm"
    drawn = {
        "face_image": selfie,
        "document_front_image": document_front,
        "document_back_image": document_back,
    }.get(kind)
    return (drawn(person), "image/jpeg") if drawn and ending == "jpg" else None


@lru_cache(maxsize=32)
def report_pdf(person: Person) -> bytes:
    """One page with the applicant's name and the front of the document."""
    page = Image.new("RGB", (1240, 1754), "white")
    draw = ImageDraw.Draw(page)
    draw.text((100, 100), "Simulated verification report", fill="black", font_size=48)
    draw.text((100, 190), latin(person.latin_name), fill="black", font_size=36)
    with Image.open(io.BytesIO(document_front(person))) as front:
        page.paste(front, (100, 290))
    out = io.BytesIO()
    page.save(out, "PDF", resolution=150)
    return out.getvalue()


@lru_cache(maxsize=32)
def video(kind: str, person: Person) -> bytes:
    """A WebM of two seconds that zooms in on the face or the document. Every frame is a key frame."""
    source = selfie(person) if kind.startswith("face") else document_front(person)
    with Image.open(io.BytesIO(source)) as image:
        frames = [_frame(image.convert("RGB"), 1 - step * 0.02) for step in range(_FRAMES)]
    return _webm(frames)


def _frame(image: Image.Image, part: float) -> bytes:
    """One VP8 key frame: a lossy WebP is a RIFF file around exactly that."""
    width, height = image.size
    wide = min(width, height * VIDEO_SIZE[0] / VIDEO_SIZE[1]) * part
    high = wide * VIDEO_SIZE[1] / VIDEO_SIZE[0]
    left, top = (width - wide) / 2, (height - high) / 2
    out = io.BytesIO()
    image.resize(VIDEO_SIZE, box=(left, top, left + wide, top + high)).save(out, "WEBP", quality=60)
    data = out.getvalue()
    size = struct.unpack("<I", data[16:20])[0]
    return data[20 : 20 + size]


def _webm(frames: list[bytes]) -> bytes:
    """Matroska elements by hand: header, one video track, one cluster of simple blocks."""
    header = _element(
        0x1A45DFA3,
        _element(0x4282, b"webm"),
        _element(0x4287, b"\x02"),
        _element(0x4285, b"\x02"),
    )
    info = _element(
        0x1549A966,
        _element(0x2AD7B1, (1_000_000).to_bytes(3, "big")),
        _element(0x4489, struct.pack(">d", _FRAME_MS * len(frames))),
        _element(0x4D80, b"simulator"),
        _element(0x5741, b"simulator"),
    )
    size = _element(0xB0, VIDEO_SIZE[0].to_bytes(2, "big")) + _element(0xBA, VIDEO_SIZE[1].to_bytes(2, "big"))
    entry = (_element(0xD7, b"\x01"), _element(0x73C5, b"\x01"), _element(0x83, b"\x01"), _element(0x86, b"V_VP8"))
    tracks = _element(0x1654AE6B, _element(0xAE, *entry, _element(0xE0, size)))
    blocks = [
        _element(0xA3, b"\x81" + struct.pack(">h", index * _FRAME_MS) + b"\x80" + frame)
        for index, frame in enumerate(frames)
    ]
    cluster = _element(0x1F43B675, _element(0xE7, b"\x00"), *blocks)
    return header + _element(0x18538067, info, tracks, cluster)


def _element(ident: int, *parts: bytes) -> bytes:
    """An EBML element: its id, an eight-byte length, its content."""
    body = b"".join(parts)
    return ident.to_bytes((ident.bit_length() + 7) // 8, "big") + (len(body) | 1 << 56).to_bytes(8, "big") + body
