"""The byte ranges of the samples of an MP4, from its sample tables and fragments.

ISO 14496-12: 8.7 for the tables (``stsc``, ``stsz``, ``stz2``, ``stco``, ``co64``), 8.8 for fragments (``trex``,
``tfhd``, ``trun``). All functions raise ``UnreadableVideo`` for tables that contradict themselves or end too early.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from compliance.evidence.video.buffer import Spans, UnreadableVideo, Video, VideoFault, sums

_BOX = 4
"""Table rows that a box counts as: it costs as much time and memory."""
_BASE, _DESCRIPTION, _DURATION, _SIZE, _MOOF_IS_BASE = 0x1, 0x2, 0x8, 0x10, 0x20000
_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_RUN_FIELDS, _RUN_SIZE = (0x100, 0x200, 0x400, 0x800), 0x200
"""Of each sample of a run: duration, size, flags, time offset."""


class Box(NamedTuple):
    """One box; ``kind`` is empty for remaining bytes that are no box."""

    kind: bytes
    start: int
    inside: int
    end: int


Parts = Mapping[bytes, Sequence[Box]]


@dataclass(slots=True)
class Track:
    """The properties of a track that fragments need."""

    is_shown: bool
    default_size: int | None = None
    """Of a sample of a fragment, by ``trex``."""


def boxes(video: Video, place: int, end: int, *, of_file: bool = False) -> Iterator[Box]:
    """The boxes in a range, and remaining bytes at its end.

    ``of_file``: a last box without a length, or cut short, extends to the end of the file. Elsewhere a length of 0
    ends the list, as in QuickTime, and a box that is longer than its parent is none.
    """
    while place < end:
        video.count_parts(_BOX)
        size, kind, inside = 0, b"", place + 8
        if inside <= end:
            size, kind = int.from_bytes(video.original[place : place + 4], "big"), video.bytes_at(place + 4, inside)
        if size == 1 and inside + 8 <= end:
            size, inside = int.from_bytes(video.original[inside : inside + 8], "big"), inside + 8
        elif size == 0 and kind and of_file:
            size = end - place
        if of_file and size > end - place:
            size = end - place
        if size < inside - place or place + size > end:
            yield Box(b"", place, place, end)
            return
        yield Box(kind, place, inside, place + size)
        place += size


def one(parts: Parts, *kinds: bytes) -> Box | None:
    """The only box of these kinds, or None. Several are ambiguous for players, and refused."""
    found = [box for kind in kinds for box in parts.get(kind, ())]
    if len(found) > 1:
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    return found[0] if found else None


def track_id(video: Video, parts: Parts) -> int:
    """The number of a track, from its header."""
    header = one(parts, b"tkhd")
    if header is None:
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    is_long = video.number(header.inside, 1, header.end) == 1
    return video.number(header.inside + (20 if is_long else 12), 4, header.end)


# --- tables -----------------------------------------------------------------------------------------------------------


def add_samples(video: Video, parts: Parts, used: Spans) -> None:
    """Add the sample ranges of a track from its tables. A fragmented track has none, or empty ones."""
    sizes, runs, chunks = one(parts, b"stsz", b"stz2"), one(parts, b"stsc"), one(parts, b"stco", b"co64")
    if sizes is None and runs is None and chunks is None:
        return
    if sizes is None or runs is None or chunks is None:
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    count, same, begins = _sizes(video, sizes)
    first = 0
    for offset, many in _chunks(video, runs, chunks):
        if first >= count:
            return
        following = min(first + many, count)
        used.add(offset, offset + (same * (following - first) if same else begins[following] - begins[first]))
        first = following


def _chunks(video: Video, runs: Box, chunks: Box) -> Iterator[tuple[int, int]]:
    """Offset and sample count of each chunk."""
    width = 8 if chunks.kind == b"co64" else 4
    offsets = video.numbers(chunks.inside + 8, width, video.number(chunks.inside + 4, 4, chunks.end), chunks.end)
    lines = video.numbers(runs.inside + 8, 4, 3 * video.number(runs.inside + 4, 4, runs.end), runs.end)
    if not offsets:
        return
    starts = [*lines[::3], max(len(offsets) + 1, lines[-3] + 1 if lines else 0)]
    if starts[0] != 1 or any(start >= following for start, following in pairwise(starts)):
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    for (start, following), many in zip(pairwise(starts), lines[1::3], strict=True):
        for offset in offsets[start - 1 : following - 1]:
            yield offset, many


def _sizes(video: Video, box: Box) -> "tuple[int, int, array[int]]":
    """The sample count, the size of each sample if all are equal, else their starts."""
    width = video.number(box.inside + 4, 4, box.end)
    count, lines = video.number(box.inside + 8, 4, box.end), box.inside + 12
    if box.kind == b"stsz":
        return count, width, array("Q") if width else sums(video.numbers(lines, 4, count, box.end))
    if width & 0xFF == 4:
        pairs = video.numbers(lines, 1, (count + 1) // 2, box.end)
        video.count_parts(count)
        return count, 0, sums(array("B", [half for pair in pairs for half in (pair >> 4, pair & 15)][:count]))
    if width & 0xFF not in (8, 16):
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    return count, 0, sums(video.numbers(lines, (width & 0xFF) // 8, count, box.end))


# --- fragments --------------------------------------------------------------------------------------------------------


def read_defaults(video: Video, box: Box, tracks: Mapping[int, Track]) -> None:
    """Read the fragment defaults of a track (``trex``)."""
    number = video.number(box.inside + 4, 4, box.end)
    if track := tracks.get(number):
        track.default_size = video.number(box.inside + 16, 4, box.end)


def add_fragment(
    video: Video, moof: Box, parts: Parts, before: int | None, tracks: Mapping[int, Track], used: Spans
) -> int | None:
    """Add the sample ranges of a track fragment and return where they end; None if the track is not playable.

    ``before`` is the end of the samples of the previous fragment in the same ``moof``, at first the start of the
    ``moof``. It is None after a track that is not playable: an offset relative to it cannot be resolved.
    """
    header = one(parts, b"tfhd")
    if header is None:
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    flags = video.number(header.inside, 4, header.end) & 0xFFFFFF
    track = tracks.get(video.number(header.inside + 4, 4, header.end))
    if track is None or not track.is_shown:
        return None
    place, base, size = header.inside + 8, before, track.default_size
    if flags & _MOOF_IS_BASE:
        base = moof.start
    if flags & _BASE:
        base, place = video.number(place, 8, header.end), place + 8
    place += 4 * (bool(flags & _DESCRIPTION) + bool(flags & _DURATION))
    if flags & _SIZE:
        size = video.number(place, 4, header.end)
    if base is None:
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    end = base
    for run in parts.get(b"trun", ()):
        end = _add_run(video, run, base, end, size, used)
    return end


def _add_run(video: Video, run: Box, base: int, before: int, size: int | None, used: Spans) -> int:
    """Add one run of consecutive samples and return its end."""
    flags = video.number(run.inside, 4, run.end) & 0xFFFFFF
    count, place, start = video.number(run.inside + 4, 4, run.end), run.inside + 8, before
    if flags & _OFFSET:
        offset = video.number(place, 4, run.end)
        start = base + (offset - 2**32 if offset >= 2**31 else offset)
        place += 4
    place += 4 * bool(flags & _FIRST_FLAGS)
    fields = [field for field in _RUN_FIELDS if flags & field]
    lines = video.numbers(place, 4, len(fields) * count, run.end)
    if _RUN_SIZE in fields:
        end = start + sum(lines[fields.index(_RUN_SIZE) :: len(fields)])
    elif size is not None:
        end = start + size * count
    else:
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    used.add(start, end)
    return end
