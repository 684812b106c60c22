"""What encoders of sound put beside their settings: comments, which may name a place as well as a program."""

from compliance.evidence.video.buffer import Film

_STREAM, _PADDING, _LAST = 0, 1, 0x80
_COMMENTS = b"\x03vorbis"


def clean_flac(film: Film, place: int, end: int) -> None:
    """Blocks of FLAC (RFC 9639, section 8): all but the description of the stream become padding."""
    while place + 4 <= end:
        film.spend()
        kind, following = film.old[place], place + 4 + int.from_bytes(film.old[place + 1 : place + 4], "big")
        if kind & ~_LAST != _STREAM or following > end:
            film.new[place] = kind & _LAST | _PADDING
            film.zero(place + 4, min(following, end))
        place = following
        if kind & _LAST:
            break
    film.zero(place, end)


def clean_vorbis(film: Film, place: int, end: int) -> None:
    """The second of the three headers of Vorbis, in the lacing of Matroska (RFC 9559, section 5.1.4.1.22 and 10.3):
    without maker and comments. What is no such lacing is overwritten as a whole; no player could use it."""
    lengths = []
    start = place + 1
    for _ in range(2):
        length = 0
        while start < end and film.old[start] == 255:
            length, start = length + 255, start + 1
        if start < end:
            length, start = length + film.old[start], start + 1
        lengths.append(length)
    first, second = start + lengths[0], start + sum(lengths)
    if second >= end or film.old[place] != 2 or film.words(first, first + len(_COMMENTS)) != _COMMENTS:
        film.zero(place, end)
        return
    film.zero(first + len(_COMMENTS), second)
