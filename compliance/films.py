"""Videos without what they tell besides picture and sound: places, devices, titles, files inside.

A film is not decoded here, only its outline is read: parts that hold notes are overwritten by room that players skip.
Nothing moves, so what remains can be played as before. What has no outline is left as it is: no player reads it.
"""

from collections.abc import Iterator

MOST_PARTS = 200_000
"""Of one film: reading the outline of a longer one would take seconds."""
_DEEPEST = 8
_SKIPPED_TYPE = b"free"
# ISO 14496-12: user data (a place: (c)xyz, loci), tables of notes (QuickTime's keys), and XMP.
_NOTES = frozenset({b"udta", b"meta", b"uuid", b"ilst", b"keys", b"\xa9xyz", b"loci"})
_WITHIN = frozenset({b"moov", b"trak", b"moof", b"traf", b"mdia", b"minf", b"edts", b"mvex"})
_SHOWN_TRACKS = frozenset({b"vide", b"soun"})
# RFC 9559: Tags and Attachments are notes; Void is room.
_SEGMENT, _TAGS, _ATTACHMENTS = 0x18538067, 0x1254C367, 0x1941A469
_VOID = 0xEC
_UNKNOWN = -1


def without_notes(content: bytes, media_type: str) -> bytes:
    """The video, as long as before, with its notes blanked out; the very same object where there are none.

    ``media_type`` is ``video/mp4`` or ``video/webm``, by content. Tracks that are neither picture nor sound (a course
    of places) go with the notes.
    """
    film = memoryview(content)
    is_mp4 = media_type == "video/mp4"
    found = list(_notes_of_mp4(film, 0, len(film), [MOST_PARTS]) if is_mp4 else _notes_of_webm(film))
    if not found:
        return content
    blank = bytearray(content)
    for start, end in found:
        blank[start:end] = _free(end - start) if is_mp4 else _void(end - start)
    return bytes(blank)


def _notes_of_mp4(film: memoryview, place: int, end: int, left: list[int], depth: int = 0) -> Iterator[tuple[int, int]]:
    for kind, start, inside, stop in _boxes(film, place, end, left):
        if kind in _NOTES or (kind == b"trak" and not _is_shown(film, inside, stop, left)):
            yield start, stop
        elif kind in _WITHIN and depth < _DEEPEST:
            yield from _notes_of_mp4(film, inside, stop, left, depth + 1)


def _boxes(film: memoryview, place: int, end: int, left: list[int]) -> Iterator[tuple[bytes, int, int, int]]:
    """Kind, start, start of what is inside, and end of each box; ends where something is no box."""
    while place + 8 <= end and left[0] > 0:
        left[0] -= 1
        size, kind = int.from_bytes(film[place : place + 4], "big"), bytes(film[place + 4 : place + 8])
        inside = place + 8
        if size == 1:
            size, inside = int.from_bytes(film[place + 8 : place + 16], "big"), place + 16
        elif size == 0:
            size = end - place
        if size < inside - place or place + size > end:
            return
        yield kind, place, inside, place + size
        place += size


def _is_shown(film: memoryview, place: int, end: int, left: list[int], depth: int = 0) -> bool:
    """Whether a track is picture or sound, by its handler; one without a handler cannot be played."""
    for kind, _, inside, stop in _boxes(film, place, end, left):
        if kind == b"hdlr":
            return bytes(film[inside + 8 : inside + 12]) in _SHOWN_TRACKS
        if kind == b"mdia" and depth < _DEEPEST:
            return _is_shown(film, inside, stop, left, depth + 1)
    return False


def _notes_of_webm(film: memoryview) -> Iterator[tuple[int, int]]:
    place = 0
    for _ in range(MOST_PARTS):
        name, after_name = _number(film, place, keep_marker=True)
        size, inside = _number(film, after_name, keep_marker=False)
        if inside <= after_name:
            return
        if name in (_TAGS, _ATTACHMENTS):
            end = len(film) if size == _UNKNOWN else inside + size
            if end > len(film):
                return
            yield place, end
            place = end
            continue
        # A segment, and a cluster without a length of its own, are looked into; all else is one piece.
        if name == _SEGMENT or size == _UNKNOWN:
            place = inside
            continue
        place = inside + size


def _number(film: memoryview, place: int, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable length and where it ends; the same place where there is none."""
    if place >= len(film) or not film[place]:
        return 0, place
    length = 9 - film[place].bit_length()
    if place + length > len(film):
        return 0, place
    value = int.from_bytes(film[place : place + length], "big")
    if keep_marker:
        return value, place + length
    value -= 1 << 7 * length
    return (_UNKNOWN if value == (1 << 7 * length) - 1 else value), place + length


def _free(size: int) -> bytes:
    if size < 2**32:
        return size.to_bytes(4, "big") + _SKIPPED_TYPE + bytes(size - 8)
    return (1).to_bytes(4, "big") + _SKIPPED_TYPE + size.to_bytes(8, "big") + bytes(size - 16)


def _void(size: int) -> bytes:
    if size < 10:
        return bytes((_VOID, 0x80 | size - 2)) + bytes(size - 2)
    return bytes((_VOID, 0x01)) + (size - 9).to_bytes(7, "big") + bytes(size - 9)
