"""Comments in the settings of audio codecs, which may name places and programs."""

from compliance.evidence.video.buffer import Video

_STREAM, _PADDING, _LAST = 0, 1, 0x80
_COMMENTS = b"\x03vorbis"


def clean_flac(video: Video, place: int, end: int) -> None:
    """Turn all FLAC metadata blocks but STREAMINFO into padding (RFC 9639, section 8)."""
    while place + 4 <= end:
        video.count_parts()
        kind = video.original[place]
        following = place + 4 + int.from_bytes(video.original[place + 1 : place + 4], "big")
        if kind & ~_LAST != _STREAM or following > end:
            video.cleaned[place] = kind & _LAST | _PADDING
            video.zero(place + 4, min(following, end))
        place = following
        if kind & _LAST:
            break
    video.zero(place, end)


def clean_vorbis(video: Video, place: int, end: int) -> None:
    """Remove vendor and comments from the second of the three Vorbis headers, in the lacing of Matroska (RFC 9559,
    sections 5.1.4.1.22 and 10.3). Data without that lacing is overwritten; no player could use it."""
    lengths = []
    start = place + 1
    for _ in range(2):
        length = 0
        while start < end and video.original[start] == 255:
            length, start = length + 255, start + 1
        if start < end:
            length, start = length + video.original[start], start + 1
        lengths.append(length)
    first, second = start + lengths[0], start + sum(lengths)
    if second >= end or video.original[place] != 2 or video.bytes_at(first, first + len(_COMMENTS)) != _COMMENTS:
        video.zero(place, end)
        return
    video.zero(first + len(_COMMENTS), second)
