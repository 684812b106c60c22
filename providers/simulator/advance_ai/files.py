"""The files of ADVANCE.AI's links: images of the face, an archive of all frames, the video of the face step."""

import hashlib
import io
import struct
import zipfile
from functools import lru_cache

from PIL import Image

from providers.simulator.images import selfie
from providers.simulator.people import person

_SALT = "links of the simulated file store"
_FRAME_SIZE = (360, 480)
_FRAMES = 8
_MICROSECONDS = 125_000


def signature_of(reference: str, field: str, expires: str) -> str:
    """The signature in a link."""
    return hashlib.sha256(f"{_SALT} {reference} {field} {expires}".encode()).hexdigest()[:40]


def file_of(field: str, serial: int) -> tuple[bytes, str] | None:
    """(content, media type) of a field of ``faceDetail``, or None for a field without a file."""
    match field:
        case "faceImage" | "faceImageNear" | "silentImage":
            return selfie(person(serial)), "image/jpeg"
        case "faceImageFar":
            return selfie(person(serial), 2), "image/jpeg"
        case "auditImageUrl":
            return _archive(serial), "application/zip"
        case "faceVideoUrl":
            return _video(serial), "video/x-msvideo"
    return None


@lru_cache(maxsize=64)
def _archive(serial: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for shot in (1, 2):
            entry = zipfile.ZipInfo(f"frame-{shot}.jpg", date_time=(2024, 1, 1, 0, 0, 0))
            archive.writestr(entry, selfie(person(serial), shot))
    return buffer.getvalue()


@lru_cache(maxsize=16)
def _video(serial: int) -> bytes:
    """One second of Motion JPEG that fades from one selfie to the other."""
    ends = [_small(selfie(person(serial), shot)) for shot in (1, 2)]
    return _avi([_jpeg(Image.blend(ends[0], ends[1], step / (_FRAMES - 1))) for step in range(_FRAMES)])


def _small(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB").resize(_FRAME_SIZE)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _avi(frames: list[bytes]) -> bytes:
    """An AVI file with one Motion JPEG stream and an index, readable by common players."""
    width, height = _FRAME_SIZE
    largest = max(map(len, frames))
    main = struct.pack(
        "<14I", _MICROSECONDS, largest * 8, 0, 0x10, len(frames), 0, 1, largest, width, height, 0, 0, 0, 0
    )
    stream = b"vidsMJPG" + struct.pack(
        "<I2H8I4H", 0, 0, 0, 0, _MICROSECONDS, 1_000_000, 0, len(frames), largest, 0xFFFFFFFF, 0, 0, 0, width, height
    )
    bitmap = struct.pack("<3I2H4sI4I", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    headers = _list(b"hdrl", _chunk(b"avih", main) + _list(b"strl", _chunk(b"strh", stream) + _chunk(b"strf", bitmap)))
    chunks = [_chunk(b"00dc", frame) for frame in frames]
    offset, index = 4, b""
    for frame, chunk in zip(frames, chunks, strict=True):
        index += b"00dc" + struct.pack("<3I", 0x10, offset, len(frame))
        offset += len(chunk)
    return _chunk(b"RIFF", b"AVI " + headers + _list(b"movi", b"".join(chunks)) + _chunk(b"idx1", index))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _list(name: bytes, content: bytes) -> bytes:
    return _chunk(b"LIST", name + content)
