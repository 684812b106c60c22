"""Videos for the tests, in the layouts of phones, cameras and browsers, with and without locations."""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

PLACE = b"+06.4541+003.3947/"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
EMPTY = (b"stts", b"stsc", b"stsz", b"stco")


class Strand(NamedTuple):
    """The samples of one track."""

    handler: bytes
    format: bytes
    samples: Sequence[bytes]


def box(kind: bytes, *inside: bytes) -> bytes:
    """A box of an MP4."""
    data = b"".join(inside)
    return struct.pack(">I", len(data) + 8) + kind + data


def long_box(kind: bytes, data: bytes) -> bytes:
    """A box with a length of 64 bits."""
    return struct.pack(">I", 1) + kind + struct.pack(">Q", len(data) + 16) + data


def words(*numbers: int) -> bytes:
    """Numbers of 32 bits."""
    return struct.pack(f">{len(numbers)}I", *numbers)


def description(handler: bytes, kind: bytes, size: tuple[int, int] = (360, 480), more: bytes = b"") -> bytes:
    """The sample description of a format, as in ``stsd``."""
    begin = bytes(6) + b"\0\1"
    if handler == b"vide":
        shape = struct.pack(">16xHHIII", *size, 0x480000, 0x480000, 0) + b"\0\1" + bytes(32) + b"\0\x18\xff\xff"
        return box(kind, begin, shape, more)
    return box(kind, begin, struct.pack(">8xHHIHH", 2, 16, 0, 48_000, 0) if handler == b"soun" else b"", more)


def track(
    number: int,
    handler: bytes,
    kind: bytes,
    *more: bytes,
    tables: bytes | None = None,
    files: bytes = b"",
    formats: bytes = b"",
    ticks: int = 0,
) -> bytes:
    """A track of that kind; by default its samples are in fragments."""
    head = struct.pack(">IIIII", 7, 0, 0, number, 0) + words(ticks) + bytes(8 + 8)
    head += words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000, 360 << 16, 480 << 16)
    none = (
        box(b"stts", words(0, 0)) + box(b"stsc", words(0, 0)) + box(b"stsz", words(0, 0, 0)) + box(b"stco", words(0, 0))
    )
    dref = box(b"dref", words(0, 1), files or box(b"url ", words(1)))
    stsd = box(b"stsd", words(0, 1), formats or description(handler, kind))
    media = box(b"vmhd", words(1, 0, 0)) if handler == b"vide" else box(b"smhd", words(0, 0))
    return box(
        b"trak",
        box(b"tkhd", head),
        *more,
        box(
            b"mdia",
            box(b"mdhd", words(0, 0, 0, 1000, ticks, 0x55C40000)),
            box(b"hdlr", words(0, 0), handler, bytes(12), b"\0"),
            box(b"minf", media, box(b"dinf", dref), box(b"stbl", stsd, tables if tables is not None else none)),
        ),
    )


def tables(sizes: Sequence[int], chunks: Sequence[tuple[int, int]], *, kind: str = "stsz", far: bool = False) -> bytes:
    """The tables of a track; ``chunks`` are start and sample count of each."""
    runs = [words(place, many, 1) for place, (_, many) in enumerate(chunks, 1)]
    offsets = [struct.pack(">Q" if far else ">I", start) for start, _ in chunks]
    if kind == "stsz" or (len(set(sizes)) > 1 and max(sizes) > 65_535):
        table = box(b"stsz", words(0, 0, len(sizes)), words(*sizes))
    elif kind == "same" and len(set(sizes)) == 1:
        table = box(b"stsz", words(0, sizes[0], len(sizes)))
    else:
        table = box(b"stz2", words(0, 16, len(sizes)), struct.pack(f">{len(sizes)}H", *sizes))
    return b"".join(
        (
            box(b"stts", words(0, 1, len(sizes), 150)),
            box(b"stsc", words(0, len(runs)), *runs),
            table,
            box(b"co64" if far else b"stco", words(0, len(chunks)), *offsets),
        )
    )


def mp4(
    strands: Sequence[Strand],
    order: Iterable[int | bytes],
    *,
    front: bool = True,
    long: bool = False,
    kind: str = "stsz",
    more: bytes = b"",
    formats: bytes = b"",
) -> bytes:
    """An MP4 with media data in this order: a number means one more sample of that strand, bytes mean bytes
    without a reference. Consecutive samples of a strand form a chunk.

    ``front``: the ``moov`` box first; ``long``: lengths and offsets of 64 bits; ``more``: further boxes of ``moov``;
    ``formats``: the sample description of the first track.
    """
    data, places = bytearray(), [list[list[int]]() for _ in strands]
    taken, last = [0] * len(strands), -1
    for item in order:
        number = item if isinstance(item, int) else -1
        if isinstance(item, bytes):
            data += item
        elif taken[item] < len(strands[item].samples):
            if number == last:
                places[item][-1][1] += 1
            else:
                places[item].append([len(data), 1])
            data += strands[item].samples[taken[item]]
            taken[item] += 1
        last = number

    def outline(start: int) -> bytes:
        tracks = []
        for place, strand in enumerate(strands):
            sizes = [len(sample) for sample in strand.samples[: taken[place]]]
            chunks = [(begin + start, many) for begin, many in places[place]]
            found = tables(sizes, chunks, kind=kind, far=long)
            given = formats if not place else b""
            ticks = 150 * len(sizes)
            tracks.append(track(place + 1, strand.handler, strand.format, tables=found, formats=given, ticks=ticks))
        longest = max(taken) * 150
        header = words(0, 0, 0, 1000, longest, 0x10000) + b"\1\0" + bytes(10)
        header += words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000) + bytes(24) + words(len(strands) + 1)
        return box(b"moov", box(b"mvhd", header), *tracks, more)

    begin = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
    media = long_box(b"mdat", bytes(data)) if long else box(b"mdat", bytes(data))
    inside = len(media) - len(data)
    if front:
        return begin + outline(len(begin) + len(outline(0)) + inside) + media
    return begin + media + outline(len(begin) + inside)


def run(sizes: Sequence[int], offset: int | None, *, same: bool = False) -> bytes:
    """A run of a fragment."""
    flags = (0 if offset is None else 1) | (0 if same else 0x200)
    return box(
        b"trun",
        words(flags, len(sizes)),
        b"" if offset is None else struct.pack(">i", offset),
        b"" if same else words(*sizes),
    )


def fragments(
    strands: Sequence[Strand], base: str, *, together: int = 2, gap: bytes = b"", formats: bytes = b""
) -> bytes:
    """An MP4 of fragments, each with so many samples of every strand. ``base``: the origin of offsets, "moof", "file",
    or "before", the end of the previous track's data. ``gap``: bytes without a reference, at the end;
    ``formats``: the sample description of the first track."""
    begin = box(b"ftyp", b"iso5\0\0\2\0iso5iso6mp41")
    tracks = [
        track(place, strand.handler, strand.format, formats=b"" if place > 1 else formats)
        for place, strand in enumerate(strands, 1)
    ]
    defaults = [box(b"trex", words(0, place, 1, 150, 7, 0)) for place, _ in enumerate(strands, 1)]
    header = words(0, 0, 0, 1000, 0, 0x10000) + b"\1\0" + bytes(10)
    header += words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000) + bytes(24) + words(len(strands) + 1)
    video = begin + box(b"moov", box(b"mvhd", header), *tracks, box(b"mvex", *defaults))
    longest = max(len(strand.samples) for strand in strands)
    for part in range(0, longest, together):
        samples = [list(strand.samples[part : part + together]) for strand in strands]
        video += _fragment(len(video), part, samples, base, gap)
    return video


def _fragment(start: int, part: int, samples: list[list[bytes]], base: str, gap: bytes) -> bytes:
    def outline(size: int) -> bytes:
        found, data = [], size + 8
        for number, some in enumerate(samples, 1):
            sizes = [len(sample) for sample in some]
            flags = {"moof": 0x20000, "file": 1, "before": 0}[base]
            header = words(flags, number) + (struct.pack(">Q", start + data) if base == "file" else b"")
            # Relative to the end of the previous track; the first is relative to the start of the box.
            offset = data if base == "moof" or (base == "before" and number == 1) else None
            same = bool(sizes) and set(sizes) == {7}
            times = box(b"tfdt", words(0, part * 150))
            found.append(box(b"traf", box(b"tfhd", header), times, run(sizes, offset, same=same)))
            data += sum(sizes)
        return box(b"moof", box(b"mfhd", words(0, part + 1)), *found)

    return outline(len(outline(0))) + box(b"mdat", *(sample for some in samples for sample in some), gap)


def mp4_with_place(size: int = 150_000) -> bytes:
    """An MP4 with its location in every form that phones use."""
    keys = box(b"keys", bytes(8), box(b"mdta", b"com.apple.quicktime.location.ISO6709"))
    values = box(b"ilst", box(b"\0\0\0\1", box(b"data", bytes(8) + PLACE)))
    picture = bytes(range(1, 256)) * (size // 1020)
    sound = bytes(range(255, 0, -1)) * (size // 1020)
    strands = (
        Strand(b"vide", b"avc1", [picture] * 2),
        Strand(b"meta", b"mett", [b"course" + PLACE] * 2),
        Strand(b"soun", b"mp4a", [sound] * 2),
    )
    notes = (
        box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7" + PLACE), box(b"loci", PLACE)),
        box(b"meta", box(b"hdlr", bytes(8) + b"mdta"), keys, values),
        box(b"uuid", _XMP, b"<x:xmpmeta exif:GPSLatitude='6,27.24N'/>" + PLACE),
        box(b"gps ", PLACE),
    )
    video = mp4(strands, (0, 1, 2, b"between" + PLACE, 0, 1, 2), front=False, more=b"".join(notes))
    ahead = video.index(b"mdat") - 4
    # Metadata before the data would shift the offsets of the tables; after ``moov`` it shifts none.
    assert video[:ahead] == box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
    rest = (
        long_box(b"udta", PLACE),
        box(b"free", PLACE),
        box(b"skip", PLACE),
        box(b"GPS ", PLACE),
        box(b"uuid", PLACE),
    )
    return video + b"".join(rest)


def element(name: int, data: bytes, *, size: bytes | None = None) -> bytes:
    """An element of a WebM."""
    length = (name.bit_length() + 7) // 8
    return name.to_bytes(length, "big") + (size or (len(data) | 1 << 56).to_bytes(8, "big")) + data


def webm_track(number: int, kind: int, codec: bytes, *more: bytes) -> bytes:
    """An entry of the list of tracks."""
    parts = element(0xD7, bytes((number,))), element(0x83, bytes((kind,))), element(0x86, codec)
    return element(0xAE, b"".join((*parts, *more)))


def block(number: int, data: bytes, *more: bytes, group: bool = False) -> bytes:
    """A block of that track, simple or in a group."""
    content = bytes((0x80 | number,)) + b"\0\0\x80" + data
    return element(0xA0, element(0xA1, content) + b"".join(more)) if group else element(0xA3, content)


def webm(*clusters: bytes, tracks: bytes = b"", endless: bool = False) -> bytes:
    """A WebM of these clusters, with one video track unless others are given."""
    head = element(0x1A45DFA3, element(0x4282, b"webm"))
    entries = element(0x1654AE6B, tracks or webm_track(1, 1, b"V_VP8"))
    unknown = b"\x01" + b"\xff" * 7 if endless else None
    return head + element(0x18538067, entries + b"".join(clusters), size=unknown)


def webm_of(data: bytes = b"picture") -> bytes:
    """The smallest WebM, with these bytes in its only block at the end."""
    return webm(element(0x1F43B675, element(0xE7, b"\0") + block(1, data)))


def pictures_in(video: bytes) -> list[bytes]:
    """The frames of a WebM with one cluster of simple blocks, as the simulator makes it."""
    found, place = [], video.index(b"\x1f\x43\xb6\x75") + 12
    while place < len(video):
        following = place + 9 + int.from_bytes(video[place + 2 : place + 9], "big")
        if video[place] == 0xA3:
            found.append(video[place + 13 : following])
        place = following
    return found


def webm_with_place(*, endless: bool) -> bytes:
    """A WebM with its location in every element that can hold it."""
    unknown = b"\x01" + b"\xff" * 7 if endless else None
    void, summed = element(0xEC, b"void" + PLACE), element(0xBF, b"GPS!", size=b"\x84")
    tags = element(0x1254C367, b"LOCATION" + PLACE)
    short = element(0x1254C367, b"+06.4", size=b"\x85")
    inside = element(0x1941A469, b"GPS" + PLACE)
    chapters = element(0x1043A770, b"GPS" + PLACE)
    info = element(
        0x1549A966,
        b"".join(
            (
                summed,
                element(0x2AD7B1, b"\x0f\x42\x40"),
                element(0x7BA9, b"GPS title" + PLACE),
                element(0x4461, b"GPS date"),
                element(0x5741, b"GPS program" + PLACE),
                element(0x7384, PLACE),
            )
        ),
    )
    tracks = element(
        0x1654AE6B,
        b"".join(
            (
                webm_track(1, 1, b"V_VP8", element(0x536E, b"GPS" + PLACE), element(0x55EE, b"\0")),
                webm_track(2, 2, b"A_OPUS"),
                webm_track(3, 17, b"S_TEXT/UTF8", element(0x536E, PLACE)),
                webm_track(4, 33, b"D_WEBVTT/METADATA", element(0x536E, PLACE)),
            )
        ),
    )
    picture, sound = block(1, b"picture" * 20), block(2, b"sound" * 20, group=True)
    course = block(3, PLACE), block(4, PLACE, group=True), block(9, PLACE)
    more = element(0x75A1, element(0xA6, element(0xA5, PLACE)))
    pictures = (picture, *course, block(1, b"picture" * 20, more, group=True), void, sound)
    cluster = element(0x1F43B675, summed + element(0xE7, b"\0") + b"".join(pictures) * 5, size=unknown)
    head = element(0x1A45DFA3, element(0x4282, b"webm") + void)
    rest = (tags, info, void, tracks, cluster, inside, chapters, element(0x4156, PLACE), cluster, short)
    return head + element(0x18538067, b"".join(rest), size=unknown)
