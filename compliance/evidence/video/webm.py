"""WebM: parts other than video and audio become padding that players skip.

Allowed elements are named here, after RFC 9559 (Matroska) and RFC 8794 (EBML); of the blocks only those of playable
tracks stay.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from compliance.evidence.video.buffer import UnreadableVideo, Video, VideoFault
from compliance.evidence.video.codec_comments import clean_flac, clean_vorbis

Allowed: TypeAlias = Mapping[int, "Allowed | None"]
"""Names of the allowed elements of a parent, with the allowed ones in them; None for all."""
_HEADER, _SEGMENT, _CLUSTER, _TRACKS = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1654AE6B
_INFO, _SEEK, _CUES, _TRACK = 0x1549A966, 0x114D9B74, 0x1C53BB6B, 0xAE
_VOID = 0xEC
_ENDS_A_CLUSTER = frozenset(
    {_HEADER, _SEGMENT, _CLUSTER, _TRACKS, _INFO, _SEEK, _CUES, 0x1043A770, 0x1254C367, 0x1941A469}
)
_NUMBER, _TYPE, _CODEC, _PRIVATE = 0xD7, 0x83, 0x86, 0x63A2
_SIMPLE_BLOCK, _GROUP, _BLOCK = 0xA3, 0xA0, 0xA1
_VIDEO, _ALPHA, _ADDITIONS, _ADDITION, _ADDITION_ID = 0xE0, 0x53C0, 0x75A1, 0xA6, 0xEE
_PROGRAMS = (0x4D80, 0x5741)
"""Names of the writing programs: required elements, emptied."""
_UNKNOWN = -1


def _all(*names: int) -> dict[int, None]:
    return dict.fromkeys(names)


_KEPT_OF_HEADER: Allowed = _all(0x4286, 0x42F7, 0x42F2, 0x42F3, 0x4282, 0x4287, 0x4285)
_KEPT_OF_INFO: Allowed = _all(0x2AD7B1, 0x4489, *_PROGRAMS)
_KEPT_OF_SEEK: Allowed = {0x4DBB: _all(0x53AB, 0x53AC)}
_KEPT_OF_CUES: Allowed = {0xBB: {0xB3: None, 0xB7: _all(0xF7, 0xF1, 0xF0, 0xB2, 0x5378)}}
_COLOUR: Allowed = _all(
    0x55B1, 0x55B2, 0x55B3, 0x55B4, 0x55B5, 0x55B6, 0x55B7, 0x55B8, 0x55B9, 0x55BA, 0x55BB, 0x55BC
) | {
    0x55BD: None,
    0x55D0: _all(*range(0x55D1, 0x55DB)),
}
_KEPT_OF_TRACK: Allowed = {
    **_all(_NUMBER, 0x73C5, _TYPE, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x234E7A, 0x23314F, 0x22B59C),
    **_all(_CODEC, _PRIVATE, 0x56AA, 0x56BB, 0x55EE, 0xAA),
    _VIDEO: {
        **_all(0xB0, 0xBA, 0x54B0, 0x54BA, 0x54B2, 0x54AA, 0x54BB, 0x54CC, 0x54DD, 0x54B3, 0x9A, 0x9D, 0x53B8, _ALPHA),
        0x2383E3: None,
        0x55B0: _COLOUR,
    },
    0xE1: _all(0xB5, 0x78B5, 0x9F, 0x6264),
    0x6D80: {0x6240: {**_all(0x5031, 0x5032, 0x5033), 0x5034: _all(0x4254, 0x4255)}},
}
_KEPT_OF_CLUSTER: Allowed = _all(0xE7, 0xAB, 0xA7, _SIMPLE_BLOCK, _GROUP)
_KEPT_OF_GROUP: Allowed = _all(_BLOCK, 0x9B, 0xFB, 0xFA, 0x75A2, _ADDITIONS)
_KEPT_OF_ADDITION: Allowed = _all(_ADDITION_ID, 0xA5)
_PLAYED = {
    1: frozenset({b"V_VP8", b"V_VP9", b"V_AV1", b"V_MPEG4/ISO/AVC", b"V_MPEGH/ISO/HEVC"}),
    2: frozenset({b"A_OPUS", b"A_VORBIS", b"A_FLAC", b"A_AAC", b"A_MPEG/L3", b"A_PCM/INT/LIT", b"A_PCM/FLOAT/IEEE"}),
}
"""Playable formats by the type of the track: 1 video, 2 audio. Blocks of other formats may hold any data."""


class Shown(NamedTuple):
    """The numbers of the playable tracks, and of those with an alpha channel, as browsers record a canvas."""

    all: frozenset[int]
    clear: frozenset[int]


class Element(NamedTuple):
    """One element; ``name`` is 0 for remaining bytes that are no element."""

    name: int
    start: int
    inside: int
    end: int


def clean(video: Video) -> None:
    """Overwrite all parts but video and audio. Raises ``UnreadableVideo``."""
    segments = 0
    is_any = False
    for element in _elements(video, 0, len(video.original)):
        if element.name == _HEADER:
            _filter(video, element, _KEPT_OF_HEADER)
        elif element.name == _SEGMENT and not segments:
            segments += 1
            is_any = _segment(video, element)
        else:
            _blank(video, element)
    if not is_any:
        raise UnreadableVideo(VideoFault.NOTHING_PLAYABLE)


def _segment(video: Video, segment: Element) -> bool:
    """Clean a segment and return whether anything in it can be played."""
    parts = list(_elements(video, segment.inside, segment.end))
    shown = _shown_tracks(video, [part for part in parts if part.name == _TRACKS])
    is_any = False
    others = {_INFO: _KEPT_OF_INFO, _SEEK: _KEPT_OF_SEEK, _CUES: _KEPT_OF_CUES}
    for part in parts:
        if part.name == _CLUSTER:
            is_any |= _cluster(video, part, shown)
        elif part.name in others:
            for remaining in _filter(video, part, others[part.name]):
                if remaining.name in _PROGRAMS:
                    video.zero(remaining.inside, remaining.end)
        elif part.name != _TRACKS:
            _blank(video, part)
    return is_any


# --- elements ---------------------------------------------------------------------------------------------------------


def _elements(video: Video, place: int, end: int) -> Iterator[Element]:
    """The elements in a range, and remaining bytes at its end. One that is cut short extends to the end of the file.

    Without a length (RFC 9559, section 4.4) a segment extends to the end, and a cluster to the next element of its
    level; no other element may lack one.
    """
    while place < end:
        video.count_parts()
        name, after = _number(video, place, keep_marker=True)
        size, inside = _number(video, after, keep_marker=False)
        stop = inside + size
        if size == _UNKNOWN:
            stop = {_SEGMENT: end, _CLUSTER: end}.get(name, end + 1)
            if name == _CLUSTER:
                stop = _end_of_cluster(video, inside, end)
        elif stop > end == len(video.original):
            stop = end
        if after == place or inside == after or inside > end or stop > end:
            yield Element(0, place, place, end)
            return
        yield Element(name, place, inside, stop)
        place = stop


def _end_of_cluster(video: Video, place: int, end: int) -> int:
    while place < end:
        video.count_parts()
        name, after = _number(video, place, keep_marker=True)
        size, inside = _number(video, after, keep_marker=False)
        if name in _ENDS_A_CLUSTER:
            return place
        if after == place or inside == after or size == _UNKNOWN:
            return end
        place = inside + size
    return end


def _number(video: Video, place: int, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable length and its end; the given place where there is none."""
    if place >= len(video.original) or not video.original[place]:
        return 0, place
    length = 9 - video.original[place].bit_length()
    if place + length > len(video.original):
        return 0, place
    value = int.from_bytes(video.original[place : place + length], "big")
    if keep_marker:
        return value, place + length
    value -= 1 << 7 * length
    return (_UNKNOWN if value == (1 << 7 * length) - 1 else value), place + length


def _blank(video: Video, element: Element) -> None:
    """Turn an element into padding of the same length. Padding keeps its header; a single byte becomes zero."""
    size = element.end - element.start
    if element.name == _VOID:
        video.zero(element.inside, element.end)
        return
    video.zero(element.start, element.end)
    if size >= 2:
        head = bytes((_VOID, 0x80 | size - 2)) if size < 10 else bytes((_VOID, 0x01)) + (size - 9).to_bytes(7, "big")
        video.cleaned[element.start : element.start + len(head)] = head


def _filter(video: Video, element: Element, remaining: Allowed) -> list[Element]:
    """The allowed elements in an element; all others, checksums too, become padding."""
    found = []
    for part in _elements(video, element.inside, element.end):
        if part.name not in remaining:
            _blank(video, part)
            continue
        found.append(part)
        if inner := remaining[part.name]:
            _filter(video, part, inner)
    return found


# --- tracks and blocks ------------------------------------------------------------------------------------------------


def _shown_tracks(video: Video, lists: list[Element]) -> Shown:
    """The playable tracks; the others become padding."""
    shown: set[int] = set()
    clear: set[int] = set()
    hidden: set[int] = set()
    for tracks in lists:
        for track in _filter(video, tracks, {_TRACK: None}):
            parts = _filter(video, track, _KEPT_OF_TRACK)
            numbers = {_value(video, part) for part in parts if part.name == _NUMBER}
            if _is_shown(video, parts) and len(numbers) == 1:
                shown |= numbers
                clear |= numbers if _has_alpha(video, parts) else set()
                _clean_private(video, parts)
            else:
                hidden |= numbers
                _blank(video, track)
    if shown & hidden:
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    return Shown(frozenset(shown), frozenset(clear))


def _has_alpha(video: Video, parts: list[Element]) -> bool:
    videos = [part for part in parts if part.name == _VIDEO]
    inner = (one for settings in videos for one in _elements(video, settings.inside, settings.end))
    return any(one.name == _ALPHA and _value(video, one) == 1 for one in inner)


def _is_shown(video: Video, parts: list[Element]) -> bool:
    types = [_value(video, part) for part in parts if part.name == _TYPE]
    codecs = [_codec(video, part) for part in parts if part.name == _CODEC]
    return len(types) == len(codecs) == 1 and codecs[0] in _PLAYED.get(types[0], ())


def _value(video: Video, part: Element) -> int:
    return video.number(part.inside, part.end - part.inside, part.end) if part.end - part.inside <= 8 else 0


def _codec(video: Video, part: Element) -> bytes:
    return video.bytes_at(part.inside, min(part.end, part.inside + 40)).rstrip(b"\0")


def _clean_private(video: Video, parts: list[Element]) -> None:
    cleaned = {b"A_VORBIS": (clean_vorbis, 0), b"A_FLAC": (clean_flac, 4)}
    codec = next(_codec(video, part) for part in parts if part.name == _CODEC)
    for part in parts:
        if part.name == _PRIVATE and codec in cleaned:
            clean_it, mark = cleaned[codec]
            clean_it(video, part.inside + mark, part.end)


def _cluster(video: Video, cluster: Element, shown: Shown) -> bool:
    """Clean a cluster and return whether any of its blocks can be played."""
    is_any = False
    for part in _filter(video, cluster, _KEPT_OF_CLUSTER):
        if part.name not in (_SIMPLE_BLOCK, _GROUP):
            continue
        inner = [part] if part.name == _SIMPLE_BLOCK else _filter(video, part, _KEPT_OF_GROUP)
        blocks = [block for block in inner if block.name in (_SIMPLE_BLOCK, _BLOCK)]
        numbers = {_number(video, block.inside, keep_marker=False)[0] for block in blocks}
        if not numbers or not numbers <= shown.all:
            _blank(video, part)
            continue
        is_any = True
        for more in inner:
            if more.name == _ADDITIONS:
                _clean_additions(video, more, is_picture=numbers <= shown.clear)
    return is_any


def _clean_additions(video: Video, additions: Element, *, is_picture: bool) -> None:
    """Overwrite block additions other than the alpha channel, whose number is 1, also by default."""
    if not is_picture:
        _blank(video, additions)
        return
    for addition in _filter(video, additions, {_ADDITION: None}):
        parts = _filter(video, addition, _KEPT_OF_ADDITION)
        if any(part.name == _ADDITION_ID and _value(video, part) != 1 for part in parts):
            _blank(video, addition)
