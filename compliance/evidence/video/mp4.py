"""MP4 and QuickTime: parts other than video and audio become padding that players skip.

Allowed boxes are named here, after ISO 14496-12, 14496-14 and 14496-15 and the QuickTime File Format; of the media
data only the samples of playable tracks stay.
"""

from collections.abc import Iterable
from itertools import islice

from compliance.evidence.video.buffer import Spans, UnreadableVideo, Video, VideoFault
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

_FREE = b"free"
_TOP_LEVEL = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"mfra"})
_ALLOWED = {
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
"""Playable formats by the handler of the track. Samples of other formats may hold any data."""
_FORMAT_PARTS = frozenset((
    b"avcC", b"hvcC", b"vpcC", b"av1C", b"dvcC", b"dvvC", b"dvwC", b"lhvC", b"esds", b"dOps", b"dfLa", b"dac3", b"dec3",
    b"alac", b"damr", b"wave", b"chan", b"chnl", b"srat", b"colr", b"pasp", b"clap", b"btrt", b"fiel", b"SmDm", b"mdcv",
    b"clli", b"CoLL",
))  # fmt: skip
_VISUAL, _SOUND, _SOUND_MORE = 78, 28, {1: 16, 2: 36}
"""Bytes of a sample description before its boxes; QuickTime has longer ones for audio."""


def clean(video: Video) -> None:
    """Overwrite all parts but video and audio. Raises ``UnreadableVideo``."""
    top = list(boxes(video, 0, len(video.original), of_file=True))
    movies = [box for box in top if box.kind == b"moov"]
    if len(movies) > 1:
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    used = Spans(len(video.original))
    tracks = _movie(video, movies[0], used) if movies else {}
    if not any(track.is_shown for track in tracks.values()):
        raise UnreadableVideo(VideoFault.NOTHING_PLAYABLE)
    for box in top:
        if box.kind == b"moof":
            _fragments(video, box, tracks, used)
        elif box.kind == b"mfra":
            _filter(video, box)
        elif box.kind not in _TOP_LEVEL:
            _blank(video, box)
    _media(video, [box for box in top if box.kind == b"mdat"], used.merged())


def _media(video: Video, media: Iterable[Box], used: list[tuple[int, int]]) -> None:
    """Overwrite the unused media data."""
    is_any, following = False, 0
    for box in media:
        place = box.inside
        while following < len(used) and used[following][1] <= box.inside:
            following += 1
        while following < len(used) and used[following][0] < box.end:
            start, end = used[following]
            is_any = True
            video.zero(place, min(start, box.end))
            place = min(end, box.end)
            if end > box.end:
                break
            following += 1
        video.zero(place, box.end)
    if not is_any:
        raise UnreadableVideo(VideoFault.NOTHING_PLAYABLE)


def _blank(video: Video, box: Box) -> None:
    """Turn a box into padding of the same length; zeros where it is too short for a box."""
    size = box.end - box.start
    video.zero(box.start, box.end)
    if size < 8:
        return
    head = size.to_bytes(4, "big") if size < 2**32 else (1).to_bytes(4, "big")
    head += _FREE + (b"" if size < 2**32 else size.to_bytes(8, "big"))
    video.cleaned[box.start : box.start + len(head)] = head


def _filter(video: Video, box: Box) -> list[Box]:
    """The allowed boxes in a box; all others become padding."""
    found = []
    for part in boxes(video, box.inside, box.end):
        if part.kind in _ALLOWED[box.kind]:
            found.append(part)
        else:
            _blank(video, part)
    return found


def _parts(video: Video, box: Box) -> dict[bytes, list[Box]]:
    """The allowed boxes in a box, at any depth, by kind."""
    found: dict[bytes, list[Box]] = {}
    for part in _filter(video, box):
        found.setdefault(part.kind, []).append(part)
        if part.kind in _ALLOWED:
            for kind, inner in _parts(video, part).items():
                found.setdefault(kind, []).extend(inner)
    return found


def _movie(video: Video, moov: Box, used: Spans) -> dict[int, Track]:
    """Every track by its number; tracks that are not playable become padding."""
    tracks: dict[int, Track] = {}
    remaining = _filter(video, moov)
    for box in remaining:
        if box.kind != b"trak":
            continue
        parts = _parts(video, box)
        is_shown = _is_shown(video, parts)
        if is_shown:
            _clean_track(video, parts)
            add_samples(video, parts, used)
        else:
            _blank(video, box)
        if not is_shown and len(parts.get(b"tkhd", ())) != 1:
            continue  # no fragment can be meant for it
        number = track_id(video, parts)
        if number in tracks and is_shown | tracks[number].is_shown:
            raise UnreadableVideo(VideoFault.BAD_TABLES)
        tracks[number] = Track(is_shown=is_shown)
    for box in remaining:
        if box.kind == b"mvex":
            for defaults in _parts(video, box).get(b"trex", ()):
                read_defaults(video, defaults, tracks)
    return tracks


def _fragments(video: Video, moof: Box, tracks: dict[int, Track], used: Spans) -> None:
    end: int | None = moof.start
    for box in _filter(video, moof):
        if box.kind == b"traf":
            end = add_fragment(video, moof, _parts(video, box), end, tracks, used)
            if end is None:
                _blank(video, box)


# --- a track ----------------------------------------------------------------------------------------------------------


def _is_shown(video: Video, parts: dict[bytes, list[Box]]) -> bool:
    """Whether a track is video or audio of a playable format."""
    handlers = {video.bytes_at(box.inside + 8, min(box.inside + 12, box.end)) for box in parts.get(b"hdlr", ())}
    played = _PLAYED.get(handlers.pop(), frozenset()) if len(handlers) == 1 else frozenset()
    if not played:
        return False
    formats = {entry.kind for box in parts.get(b"stsd", ()) for entry in _entries(video, box)}
    return bool(formats) and formats <= played


def _entries(video: Video, box: Box) -> list[Box]:
    """The boxes of a box with a count."""
    count = video.number(box.inside + 4, 4, box.end)
    found = list(islice(boxes(video, box.inside + 8, box.end), count))
    if len(found) < count or not all(entry.kind for entry in found):
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    return found


def _clean_track(video: Video, parts: dict[bytes, list[Box]]) -> None:
    """Remove names, references to other files and unknown parts of the descriptions."""
    for kind in (b"mdia", b"minf", b"stbl", b"dinf"):
        one(parts, kind)
    handler, formats = one(parts, b"hdlr"), one(parts, b"stsd")
    if handler is None or formats is None:
        raise UnreadableVideo(VideoFault.BAD_TABLES)
    video.zero(handler.inside + 12, handler.end)  # vendor and name
    if files := one(parts, b"dref"):
        _clean_references(video, files)
    is_visual = video.bytes_at(handler.inside + 8, handler.inside + 12) == b"vide"
    end = formats.inside + 8
    is_newer = video.number(formats.inside, 1, formats.end) == 1
    for entry in _entries(video, formats):
        end = entry.end
        _clean_format(video, entry, is_visual=is_visual, is_newer=is_newer)
    video.zero(end, formats.end)


def _clean_references(video: Video, files: Box) -> None:
    """Remove the text of data references. Raises ``UnreadableVideo`` for a reference to another file."""
    end = files.inside + 8
    for entry in _entries(video, files):
        if not video.number(entry.inside, 4, entry.end) & 1:
            raise UnreadableVideo(VideoFault.ELSEWHERE)
        video.zero(entry.inside + 4, entry.end)
        end = entry.end
    video.zero(end, files.end)


def _clean_format(video: Video, entry: Box, *, is_visual: bool, is_newer: bool) -> None:
    """Remove vendor and encoder names, and boxes that are not allowed, from a sample description.

    ``is_newer``: from a list of version 1, in which audio descriptions have no extensions.
    """
    place = entry.inside
    if is_visual:
        video.number(place, _VISUAL, entry.end)
        video.zero(place + 8, place + 24)
        video.zero(place + 42, place + 74)
        place += _VISUAL
    else:
        version = video.number(place + 8, 2, entry.end)
        video.number(place, _SOUND, entry.end)
        video.zero(place + 12, place + 16)
        place += _SOUND + (0 if is_newer else _SOUND_MORE.get(version, 0))
    for part in boxes(video, place, entry.end):
        if part.kind not in _FORMAT_PARTS:
            _blank(video, part)
        elif part.kind == b"wave":
            _filter(video, part)
        elif part.kind == b"dfLa":
            clean_flac(video, part.inside + 4, part.end)
