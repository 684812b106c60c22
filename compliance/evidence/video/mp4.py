"""MP4 and QuickTime: what is neither picture nor sound becomes room that players skip.

Of each box only what is named here stays, by ISO 14496-12, 14496-14 and 14496-15 and the QuickTime File Format; of the
media data only the bytes that a sample of a shown track refers to.
"""

from collections.abc import Iterable
from itertools import islice

from compliance.evidence.video.buffer import NOTHING, TABLES, Film, NotUnderstood, Spans
from compliance.evidence.video.codec_comments import clean_flac
from compliance.evidence.video.mp4_samples import (
    Box,
    Track,
    add_fragment,
    add_samples,
    boxes,
    one,
    read_defaults,
    track_id,
)

ELSEWHERE = "parts of it lie in another file"
_FREE = b"free"
_OF_FILE = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"mfra"})
_KEPT = {
    b"moov": frozenset({b"mvhd", b"trak", b"mvex"}),
    b"mvex": frozenset({b"mehd", b"trex"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia"}),
    b"edts": frozenset({b"elst"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"dinf", b"stbl"}),
    b"dinf": frozenset({b"dref"}),
    b"stbl": frozenset(
        {b"stsd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss", b"stps", b"sdtp"}
        | {b"sbgp", b"sgpd"}
    ),
    b"moof": frozenset({b"mfhd", b"traf"}),
    b"traf": frozenset({b"tfhd", b"tfdt", b"trun", b"sdtp", b"sbgp", b"sgpd"}),
    b"mfra": frozenset({b"tfra", b"mfro"}),
    b"wave": frozenset({b"frma", b"esds", b"mp4a", b"enda", b"alac"}),
}
_PLAYED = {
    b"vide": frozenset(
        {b"avc1", b"avc3", b"hvc1", b"hev1", b"dvh1", b"dvhe", b"dvav", b"dva1", b"vp08", b"vp09", b"av01", b"mp4v"}
    ),
    b"soun": frozenset({b"mp4a", b".mp3", b"Opus", b"fLaC", b"ac-3", b"ec-3", b"alac", b"samr", b"sawb"}),
}
"""Formats by the handler of the track. In others a sample may be anything, and none is played."""
_FORMAT_PARTS = frozenset(
    {
        b"avcC",
        b"hvcC",
        b"vpcC",
        b"av1C",
        b"dvcC",
        b"dvvC",
        b"dvwC",
        b"lhvC",
        b"esds",
        b"dOps",
        b"dfLa",
        b"dac3",
        b"dec3",
    }
    | {b"alac", b"damr", b"wave", b"chan", b"chnl", b"srat", b"colr", b"pasp", b"clap", b"btrt", b"fiel"}
    | {b"SmDm", b"mdcv", b"clli", b"CoLL"}
)
_VISUAL, _SOUND, _SOUND_MORE = 78, 28, {1: 16, 2: 36}
"""Bytes of a description before the boxes in it; QuickTime has longer ones for sound."""


def clean(film: Film) -> None:
    """Overwrite what is neither picture nor sound. Raises ``NotUnderstood``."""
    top = list(boxes(film, 0, len(film.old), of_file=True))
    movies = [box for box in top if box.kind == b"moov"]
    if len(movies) > 1:
        raise NotUnderstood(TABLES)
    used = Spans(len(film.old))
    tracks = _movie(film, movies[0], used) if movies else {}
    if not any(track.is_shown for track in tracks.values()):
        raise NotUnderstood(NOTHING)
    for box in top:
        if box.kind == b"moof":
            _fragments(film, box, tracks, used)
        elif box.kind == b"mfra":
            _kept(film, box)
        elif box.kind not in _OF_FILE:
            _free(film, box)
    _media(film, [box for box in top if box.kind == b"mdat"], used.merged())


def _media(film: Film, media: Iterable[Box], used: list[tuple[int, int]]) -> None:
    """Of the media data only what is used stays."""
    is_any, following = False, 0
    for box in media:
        place = box.inside
        while following < len(used) and used[following][1] <= box.inside:
            following += 1
        while following < len(used) and used[following][0] < box.end:
            start, end = used[following]
            is_any = True
            film.zero(place, min(start, box.end))
            place = min(end, box.end)
            if end > box.end:
                break
            following += 1
        film.zero(place, box.end)
    if not is_any:
        raise NotUnderstood(NOTHING)


def _free(film: Film, box: Box) -> None:
    """Room, of the same length; too little room for a box is only zeros."""
    size = box.end - box.start
    film.zero(box.start, box.end)
    if size < 8:
        return
    head = size.to_bytes(4, "big") if size < 2**32 else (1).to_bytes(4, "big")
    head += _FREE + (b"" if size < 2**32 else size.to_bytes(8, "big"))
    film.new[box.start : box.start + len(head)] = head


def _kept(film: Film, box: Box) -> list[Box]:
    """What stays in a box; all else in it becomes room."""
    found = []
    for part in boxes(film, box.inside, box.end):
        if part.kind in _KEPT[box.kind]:
            found.append(part)
        else:
            _free(film, part)
    return found


def _parts(film: Film, box: Box) -> dict[bytes, list[Box]]:
    """What stays in a box and in the boxes in it, by kind."""
    found: dict[bytes, list[Box]] = {}
    for part in _kept(film, box):
        found.setdefault(part.kind, []).append(part)
        if part.kind in _KEPT:
            for kind, inner in _parts(film, part).items():
                found.setdefault(kind, []).extend(inner)
    return found


def _movie(film: Film, moov: Box, used: Spans) -> dict[int, Track]:
    """Every track by its number; those that are not shown are room afterwards."""
    tracks: dict[int, Track] = {}
    kept = _kept(film, moov)
    for box in kept:
        if box.kind != b"trak":
            continue
        parts = _parts(film, box)
        is_shown = _is_shown(film, parts)
        if is_shown:
            _clean_track(film, parts)
            add_samples(film, parts, used)
        else:
            _free(film, box)
        if not is_shown and len(parts.get(b"tkhd", ())) != 1:
            continue  # no fragment can be meant for it
        number = track_id(film, parts)
        if number in tracks and is_shown | tracks[number].is_shown:
            raise NotUnderstood(TABLES)
        tracks[number] = Track(is_shown=is_shown)
    for box in kept:
        if box.kind == b"mvex":
            for defaults in _parts(film, box).get(b"trex", ()):
                read_defaults(film, defaults, tracks)
    return tracks


def _fragments(film: Film, moof: Box, tracks: dict[int, Track], used: Spans) -> None:
    end: int | None = moof.start
    for box in _kept(film, moof):
        if box.kind == b"traf":
            end = add_fragment(film, moof, _parts(film, box), end, tracks, used)
            if end is None:
                _free(film, box)


# --- a track ----------------------------------------------------------------------------------------------------------


def _is_shown(film: Film, parts: dict[bytes, list[Box]]) -> bool:
    """Whether a track is picture or sound of a format that is played."""
    handlers = {film.words(box.inside + 8, min(box.inside + 12, box.end)) for box in parts.get(b"hdlr", ())}
    played = _PLAYED.get(handlers.pop(), frozenset()) if len(handlers) == 1 else frozenset()
    if not played:
        return False
    formats = {entry.kind for box in parts.get(b"stsd", ()) for entry in _entries(film, box)}
    return bool(formats) and formats <= played


def _entries(film: Film, box: Box) -> list[Box]:
    """The boxes of a box that says how many there are."""
    count = film.number(box.inside + 4, 4, box.end)
    found = list(islice(boxes(film, box.inside + 8, box.end), count))
    if len(found) < count or not all(entry.kind for entry in found):
        raise NotUnderstood(TABLES)
    return found


def _clean_track(film: Film, parts: dict[bytes, list[Box]]) -> None:
    """Names, references to other files, and what is unknown in the descriptions."""
    for kind in (b"mdia", b"minf", b"stbl", b"dinf"):
        one(parts, kind)
    handler, formats = one(parts, b"hdlr"), one(parts, b"stsd")
    if handler is None or formats is None:
        raise NotUnderstood(TABLES)
    film.zero(handler.inside + 12, handler.end)  # who made it, and a name
    if files := one(parts, b"dref"):
        _clean_references(film, files)
    is_visual = film.words(handler.inside + 8, handler.inside + 12) == b"vide"
    end = formats.inside + 8
    is_newer = film.number(formats.inside, 1, formats.end) == 1
    for entry in _entries(film, formats):
        end = entry.end
        _clean_format(film, entry, is_visual=is_visual, is_newer=is_newer)
    film.zero(end, formats.end)


def _clean_references(film: Film, files: Box) -> None:
    """A reference says that all is in this file, or the film is refused; what it says besides goes."""
    end = files.inside + 8
    for entry in _entries(film, files):
        if not film.number(entry.inside, 4, entry.end) & 1:
            raise NotUnderstood(ELSEWHERE)
        film.zero(entry.inside + 4, entry.end)
        end = entry.end
    film.zero(end, files.end)


def _clean_format(film: Film, entry: Box, *, is_visual: bool, is_newer: bool) -> None:
    """The description of a format: names of makers and encoders, and boxes in it that say something else.

    ``is_newer``: a list of the second version of ISO 14496-12, in which no description of sound is longer.
    """
    place = entry.inside
    if is_visual:
        film.number(place, _VISUAL, entry.end)
        film.zero(place + 8, place + 24)
        film.zero(place + 42, place + 74)
        place += _VISUAL
    else:
        version = film.number(place + 8, 2, entry.end)
        film.number(place, _SOUND, entry.end)
        film.zero(place + 12, place + 16)
        place += _SOUND + (0 if is_newer else _SOUND_MORE.get(version, 0))
    for part in boxes(film, place, entry.end):
        if part.kind not in _FORMAT_PARTS:
            _free(film, part)
        elif part.kind == b"wave":
            _kept(film, part)
        elif part.kind == b"dfLa":
            clean_flac(film, part.inside + 4, part.end)
