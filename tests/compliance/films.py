"""Outlines of videos, with and without notes, for the tests; nothing in them moves."""

import struct

PLACE = b"+06.4541+003.3947/"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def box(kind: bytes, *inside: bytes) -> bytes:
    """A box of an MP4."""
    data = b"".join(inside)
    return struct.pack(">I", len(data) + 8) + kind + data


def track(handler: bytes, *more: bytes) -> bytes:
    """A track of that kind."""
    return box(b"trak", box(b"tkhd", bytes(84)), *more, box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(13))))


def mp4_with_place(size: int = 150_000) -> bytes:
    """An MP4 that tells its place in every way that telephones have."""
    keys = box(b"keys", bytes(8), box(b"mdta", b"com.apple.quicktime.location.ISO6709"))
    values = box(b"ilst", box(b"\0\0\0\1", box(b"data", bytes(8) + PLACE)))
    return b"".join(
        (
            box(b"ftyp", b"mp42\0\0\0\0mp42isom"),
            box(
                b"moov",
                box(b"mvhd", bytes(100)),
                track(b"vide", box(b"udta", box(b"\xa9xyz", PLACE))),
                track(b"soun"),
                track(b"meta", PLACE),
                box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7" + PLACE), box(b"loci", PLACE)),
                box(b"meta", box(b"hdlr", bytes(8) + b"mdta"), keys, values),
            ),
            box(b"uuid", _XMP, b"<x:xmpmeta exif:GPSLatitude='6,27.24N'/>" + PLACE),
            struct.pack(">I", 1) + b"udta" + struct.pack(">Q", 16 + len(PLACE)) + PLACE,
            box(b"mdat", bytes(range(256)) * (size // 256)),
        )
    )


def element(name: int, data: bytes, *, size: bytes | None = None) -> bytes:
    """An element of a WebM."""
    length = (name.bit_length() + 7) // 8
    return name.to_bytes(length, "big") + (size or (len(data) | 1 << 56).to_bytes(8, "big")) + data


def webm_with_place(*, endless: bool) -> bytes:
    """A WebM with its place among its tags, and a file inside."""
    unknown = b"\x01" + b"\xff" * 7 if endless else None
    tags = element(0x1254C367, b"LOCATION" + PLACE)
    short = element(0x1254C367, b"+06.4", size=b"\x85")
    inside = element(0x1941A469, b"GPS" + PLACE)
    block = element(0xA3, b"\x81\0\0\x80" + b"picture" * 20)
    cluster = element(0x1F43B675, element(0xE7, b"\0") + block * 5, size=unknown)
    head = element(0x1A45DFA3, element(0x4282, b"webm"))
    return head + element(0x18538067, tags + cluster + inside + cluster + short, size=unknown)
