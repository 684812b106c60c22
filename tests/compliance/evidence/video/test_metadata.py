"""Videos lose everything but video and audio."""

import random
import struct
import tracemalloc
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from compliance.enums import Refusal
from compliance.evidence.decoding import CLEANED_VIDEO, decode
from compliance.evidence.video.buffer import MOST_PARTS
from compliance.evidence.video.metadata import UnreadableVideo, strip_metadata
from providers.simulator.checkout_com.files import video
from providers.simulator.people import person
from tests import timing
from tests.compliance.evidence.videos import (
    PLACE,
    Strand,
    block,
    box,
    description,
    element,
    fragments,
    mp4,
    mp4_with_place,
    run,
    tables,
    track,
    webm,
    webm_of,
    webm_track,
    webm_with_place,
    words,
)

MP4, WEBM = "video/mp4", "video/webm"
CLUSTER, TIME = 0x1F43B675, element(0xE7, b"\0")
PICTURES = [b"<picture %d>" % number * (number + 1) for number in range(6)]
SOUNDS = [b"<sound %d>" % number for number in range(6)]
COURSE = [b"<course %d>" % number + PLACE for number in range(6)]
STRANDS = (
    Strand(b"vide", b"avc1", PICTURES),
    Strand(b"soun", b"mp4a", SOUNDS),
    Strand(b"meta", b"gpmd", COURSE),
)
TURNS = [item for number in range(6) for item in (0, 2, 2 if number % 3 else 1, b"<between>" + PLACE, 1)]


def plain(*tracks: bytes, data: bytes = b"picture", more: bytes = b"") -> bytes:
    """An MP4 with these tracks, whose media data begin at ``FIRST``."""
    return box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", data) + box(b"moov", box(b"mvhd", bytes(100)), *tracks, more)


FIRST = 24


def picture_track(
    number: int = 1, *, sizes: Sequence[int] = (7,), chunks: Sequence[tuple[int, int]] = ((FIRST, 1),)
) -> bytes:
    return track(number, b"vide", b"avc1", tables=tables(sizes, chunks))


# --- MP4 --------------------------------------------------------------------------------------------------------------


def test_an_mp4_contains_its_location_in_no_form() -> None:
    content = mp4_with_place()
    assert content.count(PLACE) == 13
    cleaned = strip_metadata(content, MP4)
    assert len(cleaned) == len(content)
    for word in (PLACE, b"+06.4", b"GPS", b"quicktime.location", b"course", b"between", b"mett"):
        assert word in content and word not in cleaned
    assert cleaned.count(b"trak") == 2 and b"vide" in cleaned and b"soun" in cleaned
    picture = bytes(range(1, 256)) * (150_000 // 1020)
    assert cleaned.count(picture) == content.count(picture) == 2
    assert strip_metadata(cleaned, MP4) is cleaned


@pytest.mark.parametrize("kind", ["stsz", "stz2", "same"])
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("front", [False, True])
def test_a_location_track_among_video_and_audio_is_removed(front: bool, long: bool, kind: str) -> None:
    strands = [*STRANDS[:2], Strand(b"meta", b"gpmd", COURSE)]
    content = mp4(strands, TURNS, front=front, long=long, kind=kind)
    cleaned = strip_metadata(content, MP4)
    assert len(cleaned) == len(content)
    assert b"course" not in cleaned and b"between" not in cleaned and PLACE not in cleaned
    for sample in (*PICTURES, *SOUNDS):
        assert content.count(sample) == 1
        assert cleaned.index(sample) == content.index(sample)
    assert strip_metadata(cleaned, MP4) is cleaned


@pytest.mark.parametrize(
    ("base", "place"), [*((base, place) for base in ("moof", "file") for place in range(3)), ("before", 2)]
)
def test_a_location_track_in_fragments_is_removed(base: str, place: int) -> None:
    strands = list(STRANDS[:2])
    strands.insert(place, STRANDS[2])
    content = fragments(strands, base, gap=b"<between>" + PLACE)
    cleaned = strip_metadata(content, MP4)
    assert len(cleaned) == len(content)
    assert b"course" not in cleaned and b"between" not in cleaned and PLACE not in cleaned
    for sample in (*PICTURES, *SOUNDS):
        assert cleaned.index(sample) == content.index(sample)
    assert cleaned.count(b"traf") == 2 * 3
    assert strip_metadata(cleaned, MP4) is cleaned


@pytest.mark.parametrize("place", [0, 1])
def test_offsets_relative_to_a_removed_track_are_refused(place: int) -> None:
    strands = list(STRANDS[:2])
    strands.insert(place, STRANDS[2])
    with pytest.raises(UnreadableVideo, match=Refusal.BAD_TABLES):
        strip_metadata(fragments(strands, "before"), MP4)


def test_fragments_with_samples_of_equal_size_are_supported() -> None:
    content = fragments(
        [Strand(b"vide", b"avc1", [b"picture"] * 6), Strand(b"meta", b"gpmd", [PLACE[:7]] * 6)], "before"
    )
    assert content.count(PLACE[:7]) == 6
    cleaned = strip_metadata(content, MP4)
    assert PLACE[:7] not in cleaned and cleaned.count(b"picture") == 6


def test_audio_samples_of_equal_size_need_no_table_of_sizes() -> None:
    data = b"sound01" * 1000 + PLACE
    table = box(b"stsz", words(0, 7, 1000))
    runs = box(b"stsc", words(0, 1, 1, 1000, 1)) + box(b"stco", words(0, 1, FIRST))
    cleaned = strip_metadata(plain(track(1, b"soun", b"mp4a", tables=table + runs), data=data), MP4)
    assert cleaned.count(b"sound01") == 1000 and PLACE not in cleaned


HANDLERS = some.sampled_from([b"vide", b"soun", b"meta", b"text"])


@settings(derandomize=True, deadline=None)
@given(
    strands=some.lists(
        some.tuples(
            some.sampled_from([b"vide", b"soun", b"meta", b"text"]), some.lists(some.integers(1, 40), max_size=8)
        ),
        max_size=4,
    ),
    dice=some.randoms(use_true_random=False),
    shape=some.tuples(some.booleans(), some.booleans(), some.sampled_from(["stsz", "stz2", "same"])),
)
def test_only_samples_of_playable_tracks_stay_in_any_order(
    strands: list[tuple[bytes, list[int]]], dice: random.Random, shape: tuple[bool, bool, str]
) -> None:
    formats = {b"vide": b"hvc1", b"soun": b"mp4a", b"meta": b"mett", b"text": b"tx3g"}
    made = [
        Strand(handler, formats[handler], [dice.randbytes(size) for size in sizes]) for handler, sizes in strands
    ] + [Strand(b"vide", b"avc1", [b"always"])]
    order: list[int | bytes] = [place for place, strand in enumerate(made) for _ in strand.samples]
    order += [b"nobody refers to this"] * dice.randrange(4)
    dice.shuffle(order)
    expected, taken = b"", [iter(strand.samples) for strand in made]
    for item in order:
        data = item if isinstance(item, bytes) else next(taken[item])
        is_shown = isinstance(item, int) and made[item].handler in (b"vide", b"soun")
        expected += data if is_shown else bytes(len(data))
    front, long, kind = shape
    content = mp4(made, order, front=front, long=long, kind=kind)
    cleaned = strip_metadata(content, MP4)
    head = content.index(b"mdat") + (12 if long else 4)
    assert len(cleaned) == len(content)
    assert cleaned[head : head + len(expected)] == expected
    assert strip_metadata(cleaned, MP4) is cleaned


def test_vendor_names_and_unknown_parts_of_descriptions_are_removed() -> None:
    more = box(b"avcC", b"\1settings") + box(b"GPS ", PLACE) + box(b"uuid", PLACE) + bytes(4)
    shaped = bytearray(description(b"vide", b"avc1", more=more))
    shaped[16:24], shaped[50:82] = b"GoProGPS", b"\x1fGoPro AVC encoder" + bytes(14)
    content = mp4(STRANDS, TURNS, formats=bytes(shaped)).replace(b"vide" + bytes(13), b"videappl" + bytes(8) + b"+")
    assert b"GoPro" in content and b"videappl" in content
    cleaned = strip_metadata(content, MP4)
    for word in (b"GoPro", b"GPS", b"appl", b"videappl", PLACE):
        assert word not in cleaned
    assert box(b"avcC", b"\1settings") in cleaned


def test_longer_audio_descriptions_of_quicktime_are_supported() -> None:
    wave = box(b"wave", box(b"frma", b"mp4a"), box(b"esds", b"settings"), box(b"GPS ", PLACE), words(8, 0))
    head = bytes(6) + b"\0\1" + struct.pack(">HH4sHHHHI", 1, 0, b"appl", 2, 16, 0xFFFE, 0, 48_000 << 16)
    formats = box(b"mp4a", head, words(1024, 0, 0, 2), wave, box(b"chan", b"both"))
    cleaned = strip_metadata(mp4([STRANDS[1], STRANDS[2]], [0, 1] * 6, formats=formats), MP4)
    assert b"settings" in cleaned and b"both" in cleaned and cleaned.count(b"<sound") == 6
    assert b"appl" not in cleaned and b"GPS" not in cleaned


def test_comments_in_the_settings_of_flac_become_padding() -> None:
    stream, comments = b"\0\0\0\x22" + b"s" * 34, b"\x84\0\0" + bytes((len(PLACE),)) + PLACE
    flac = description(b"soun", b"fLaC", more=box(b"dfLa", bytes(4), stream, comments))
    cleaned = strip_metadata(mp4([Strand(b"soun", b"fLaC", SOUNDS)], [0] * 6, formats=flac), MP4)
    assert stream + b"\x81\0\0" + bytes((len(PLACE),)) + bytes(len(PLACE)) in cleaned


def test_a_truncated_video_keeps_its_beginning() -> None:
    whole = mp4(STRANDS, TURNS)
    content = whole[: whole.index(SOUNDS[-2]) + 4]
    cleaned = strip_metadata(content, MP4)
    assert len(cleaned) == len(content) and PLACE not in cleaned
    assert all(sample in cleaned for sample in (*PICTURES[:4], *SOUNDS[:4]))


def test_references_to_other_files_are_refused_or_removed() -> None:
    there = box(b"url ", words(0), b"http://127.0.0.1/place\0")
    with pytest.raises(UnreadableVideo, match=Refusal.ELSEWHERE):
        strip_metadata(plain(track(1, b"vide", b"avc1", files=there, tables=tables([7], [(FIRST, 1)]))), MP4)
    here = box(b"url ", words(1), b"file:///sdcard/" + PLACE)
    assert PLACE not in strip_metadata(
        plain(track(1, b"vide", b"avc1", files=here, tables=tables([7], [(FIRST, 1)]))), MP4
    )


BILLIONS = 0xFFFFFFFF
_STTS, _STSC, _STCO = box(b"stts", words(0, 0)), box(b"stsc", words(0, 1, 1, 1, 1)), box(b"stco", words(0, 1, FIRST))
_STSZ = box(b"stsz", words(0, 0, 1, 7))
_EXTENDS = box(b"mvex", box(b"trex", words(0, 1, 1, 0, 0, 0)))


def _with(*boxes: bytes) -> bytes:
    return plain(track(1, b"vide", b"avc1", tables=b"".join((_STTS, *boxes))))


def _in_fragment(*boxes: bytes) -> bytes:
    return plain(track(1, b"vide", b"avc1"), more=_EXTENDS) + box(b"moof", box(b"traf", *boxes))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (box(b"ftyp", b"isom"), Refusal.NOTHING_PLAYABLE),
        (plain(), Refusal.NOTHING_PLAYABLE),
        (plain(track(1, b"meta", b"gpmd")), Refusal.NOTHING_PLAYABLE),
        (plain(track(1, b"vide", b"gpmd", tables=tables([7], [(FIRST, 1)]))), Refusal.NOTHING_PLAYABLE),
        (plain(track(1, b"vide", b"avc1")), Refusal.NOTHING_PLAYABLE),
        (plain(picture_track()) + box(b"moov", picture_track()), Refusal.BAD_TABLES),
        (plain(picture_track(), picture_track()), Refusal.BAD_TABLES),
        (plain(picture_track(), track(1, b"meta", b"gpmd")), Refusal.BAD_TABLES),
        (plain(picture_track(), more=box(b"trak")).replace(b"tkhd", b"tkhe", 1), Refusal.BAD_TABLES),
        (_with(_STSC, box(b"stsz", words(0, 0, BILLIONS, 7)), _STCO), Refusal.BAD_TABLES),
        (_with(_STSC, box(b"stz2", words(0, 4, BILLIONS)), _STCO), Refusal.BAD_TABLES),
        (_with(_STSC, box(b"stz2", words(0, 5, 1, 7)), _STCO), Refusal.BAD_TABLES),
        (_with(_STSC, _STSZ, box(b"stco", words(0, BILLIONS, FIRST))), Refusal.BAD_TABLES),
        (_with(_STSC, _STSZ, box(b"co64", words(0, 1, FIRST))), Refusal.BAD_TABLES),
        (_with(box(b"stsc", words(0, BILLIONS, 1, 1, 1)), _STSZ, _STCO), Refusal.BAD_TABLES),
        (_with(box(b"stsc", words(0, 1, 2, 1, 1)), _STSZ, _STCO), Refusal.BAD_TABLES),
        (_with(box(b"stsc", words(0, 2, 1, 1, 1, 1, 1, 1)), _STSZ, _STCO), Refusal.BAD_TABLES),
        (_with(box(b"stsc", words(0, 0)), _STSZ, _STCO), Refusal.BAD_TABLES),
        (_with(_STSC, _STSZ), Refusal.BAD_TABLES),
        (_with(_STSC, _STSZ, _STCO, _STCO), Refusal.BAD_TABLES),
        (_with(_STSC, _STSZ, box(b"stz2", words(0, 8, 0)), _STCO), Refusal.BAD_TABLES),
        (_in_fragment(run([7], 0)), Refusal.BAD_TABLES),
        (_in_fragment(box(b"tfhd", words(0, 1)), box(b"tfhd", words(0, 1))), Refusal.BAD_TABLES),
        (_in_fragment(box(b"tfhd", words(1, 1, 0))), Refusal.BAD_TABLES),
        (_in_fragment(box(b"tfhd", words(0x20000, 1)), box(b"trun", words(0x201, BILLIONS, 0, 7))), Refusal.BAD_TABLES),
    ],
)
def test_an_unreadable_mp4_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableVideo, match=why):
        strip_metadata(content, MP4)
    found = decode(content)
    assert (found.media_type, found.renditions, found.refused) == (MP4, {}, why)


def test_huge_counts_and_offsets_cost_nothing() -> None:
    same = box(b"stsz", words(0, BILLIONS, BILLIONS))
    many = box(b"stsc", words(0, 1, 1, BILLIONS, 1))
    far = box(b"co64", words(0, 2), struct.pack(">QQ", FIRST, 2**64 - 1))
    for content in (
        _with(many, same, far),
        _in_fragment(box(b"tfhd", words(0x20010, 1, BILLIONS)), box(b"trun", words(1, BILLIONS, BILLIONS - 650))),
        _in_fragment(box(b"tfhd", words(0x11, 1, 0, FIRST, BILLIONS)), box(b"trun", words(0, BILLIONS))),
    ):
        cleaned = strip_metadata(content, MP4)
        assert len(cleaned) == len(content)
    assert b"picture" in cleaned


def test_samples_may_overlap() -> None:
    chunks = [(FIRST + place, 1) for place in range(90, -1, -1)]
    data = bytes(range(100, 200)) + PLACE
    cleaned = strip_metadata(plain(picture_track(sizes=[10] * 91, chunks=chunks), data=data), MP4)
    assert data[:100] in cleaned and PLACE not in cleaned


def test_metadata_is_removed_even_if_a_sample_overlaps_it() -> None:
    content = plain(picture_track(sizes=[7, 5000], chunks=[(FIRST, 1), (0, 1)]), more=box(b"udta", PLACE))
    assert PLACE in content and PLACE not in strip_metadata(content, MP4)


# --- WebM -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("endless", [False, True])
def test_a_webm_keeps_video_and_audio_only(endless: bool) -> None:
    content = webm_with_place(endless=endless)
    cleaned = strip_metadata(content, WEBM)
    assert len(cleaned) == len(content)
    for word in (PLACE, b"+06.4", b"GPS", b"LOCATION", b"S_TEXT", b"METADATA"):
        assert word in content and word not in cleaned
    for word, times in ((b"picture", 400), (b"sound", 200)):
        assert cleaned.count(word) == content.count(word) == times
    assert strip_metadata(cleaned, WEBM) is cleaned


@settings(derandomize=True, deadline=None)
@given(turns=some.lists(some.tuples(some.integers(1, 5), some.booleans(), some.binary(min_size=6, max_size=30))))
def test_only_blocks_of_playable_tracks_stay_in_any_order(turns: list[tuple[int, bool, bytes]]) -> None:
    tracks = webm_track(1, 1, b"V_VP9") + webm_track(2, 2, b"A_OPUS")
    tracks += webm_track(3, 17, b"S_TEXT/UTF8") + webm_track(4, 33, b"D_WEBVTT/METADATA")
    content, expected = TIME, TIME
    for number, group, data in (*turns, (1, False, b"picture")):
        content += (made := block(number, data, group=group))
        expected += made if number <= 2 else b"\xec\x01" + (len(made) - 9).to_bytes(7, "big") + bytes(len(made) - 9)
    cleaned = strip_metadata(webm(element(CLUSTER, content), tracks=tracks), WEBM)
    assert cleaned.endswith(element(CLUSTER, expected))


def test_the_alpha_channel_stays_and_other_additions_are_removed() -> None:
    clear = element(0x75A1, element(0xA6, element(0xA5, b"clear")))
    attachment = element(0x75A1, element(0xA6, element(0xEE, b"\4") + element(0xA5, PLACE)))
    blocks = block(1, b"picture", clear, attachment, group=True)
    alpha = webm_track(1, 1, b"V_VP8", element(0xE0, element(0xB0, b"\1") + element(0x53C0, b"\1")))
    cleaned = strip_metadata(webm(element(CLUSTER, TIME + blocks), tracks=alpha), WEBM)
    assert b"clear" in cleaned and PLACE not in cleaned and element(0xB0, b"\1") in cleaned
    assert b"clear" not in strip_metadata(webm(element(CLUSTER, TIME + blocks)), WEBM)


def test_comments_in_the_settings_of_vorbis_are_removed() -> None:
    first, third = b"\x01vorbis" + b"i" * 23, b"\x05vorbis" + b"s" * 90
    second = b"\x03vorbis" + PLACE * 20 + b"\1"
    private = b"\2" + bytes((len(first), 255, len(second) - 255)) + first + second + third
    sound = webm_track(1, 2, b"A_VORBIS", element(0x63A2, private))
    cleaned = strip_metadata(webm(element(CLUSTER, TIME + block(1, b"sound")), tracks=sound), WEBM)
    assert first + b"\x03vorbis" + bytes(len(second) - 7) + third in cleaned
    for broken in (b"", b"\2", b"\2\xff", PLACE, b"\2\1\1", b"\2\1\1" + PLACE):
        sound = webm_track(1, 2, b"A_VORBIS", element(0x63A2, broken))
        assert PLACE not in strip_metadata(webm(element(CLUSTER, TIME + block(1, b"sound")), tracks=sound), WEBM)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x1aE\xdf\xa3\x93B\x82\x84webm" + bytes(40), Refusal.NOTHING_PLAYABLE),
        (webm(), Refusal.NOTHING_PLAYABLE),
        (webm(element(CLUSTER, TIME + block(2, b"course"))), Refusal.NOTHING_PLAYABLE),
        (
            webm(element(CLUSTER, block(1, b"course")), tracks=webm_track(1, 17, b"S_TEXT/UTF8")),
            Refusal.NOTHING_PLAYABLE,
        ),
        (
            webm(element(CLUSTER, block(1, b"course")), tracks=webm_track(1, 1, b"S_TEXT/UTF8")),
            Refusal.NOTHING_PLAYABLE,
        ),
        (
            webm(
                element(CLUSTER, block(1, b"?")), tracks=webm_track(1, 1, b"V_VP8") + webm_track(1, 17, b"S_TEXT/UTF8")
            ),
            Refusal.BAD_TABLES,
        ),
    ],
)
def test_an_unreadable_webm_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableVideo, match=why):
        strip_metadata(content, WEBM)
    assert decode(content).refused == why


def test_bytes_that_are_no_element_are_removed_to_the_end_of_their_parent() -> None:
    for junk in (
        PLACE,
        b"\0" + PLACE,
        b"\xa3\x7f\xff" + PLACE,
        b"\xff" * 9 + PLACE,
        b"\x12T\xc3g\x01" + b"\xff" * 7 + PLACE,
    ):
        content = webm(element(CLUSTER, TIME + block(1, b"picture") + junk), element(CLUSTER, TIME + block(1, b"more")))
        cleaned = strip_metadata(content + junk, WEBM)
        assert b"picture" in cleaned and b"more" in cleaned and PLACE not in cleaned
        assert strip_metadata(cleaned, WEBM) is cleaned


# --- both -------------------------------------------------------------------------------------------------------------


def test_a_video_without_metadata_is_unchanged() -> None:
    quiet = mp4([Strand(b"vide", b"avc1", PICTURES)], [0] * 6).replace(b"\x0cTelephone", bytes(10))
    assert strip_metadata(quiet, MP4) is quiet
    least = webm_of()
    assert strip_metadata(least, WEBM) is least
    assert decode(least).renditions == {} and CLEANED_VIDEO in decode(mp4_with_place()).renditions


def test_a_real_video_loses_only_its_program_name() -> None:
    real = video("face_video", person(7))
    cleaned = strip_metadata(real, WEBM)
    assert cleaned == real.replace(b"simulator", bytes(9)) != real


def test_any_file_keeps_its_length_or_is_refused() -> None:
    dice = random.Random(11)
    videos: list[tuple[bytes, str]] = [
        (mp4_with_place(5000), MP4),
        (mp4(STRANDS, TURNS, long=True, kind="stz2"), MP4),
        *((fragments(STRANDS, base), MP4) for base in ("moof", "file", "before")),
        *((webm_with_place(endless=endless), WEBM) for endless in (True, False)),
    ]
    kept = 0
    for _ in range(1500):
        content, kind = dice.choice(videos)
        bent = bytearray(content[: dice.randrange(len(content))] if dice.random() < 0.3 else content)
        for _ in range(dice.randrange(1, 8)):
            if bent:
                bent[dice.randrange(len(bent))] = dice.randrange(256)
        try:
            cleaned = strip_metadata(bytes(bent), kind)
        except UnreadableVideo:
            continue
        kept += 1
        assert len(cleaned) == len(bent) and strip_metadata(cleaned, kind) is cleaned
    assert 300 < kept < 1400


_LINES = 500_000
_CHUNKS = words(*range(0, 4 * _LINES, 4))
FLOODS: dict[str, tuple[Callable[[], bytes], str]] = {
    "boxes": (lambda: box(b"free") * 500_000, MP4),
    "boxes of a track": (lambda: box(b"moov", box(b"trak", box(b"mdia") * 500_000)), MP4),
    "tracks": (lambda: box(b"moov", box(b"trak") * 500_000), MP4),
    "fragments": (lambda: plain(picture_track()) + box(b"moof", box(b"traf")) * 500_000, MP4),
    "chunks": (lambda: _with(_STSC, box(b"stsz", words(0, 1, BILLIONS)), box(b"stco", words(0, _LINES), _CHUNKS)), MP4),
    "samples": (lambda: _with(_STSC, box(b"stsz", words(0, 0, _LINES), _CHUNKS), _STCO), MP4),
    "nested": (
        lambda: b"".join((4_000_000 - place).to_bytes(4, "big") + b"moov" for place in range(0, 4_000_000, 8)),
        MP4,
    ),
    "void": (lambda: webm(b"\xec\x80" * 1_000_000), WEBM),
    "clusters": (lambda: webm(b"\x1f\x43\xb6\x75\xff" * 1_000_000), WEBM),
    "blocks": (lambda: webm(element(CLUSTER, b"\xa3\x80" * 1_000_000)), WEBM),
    "groups": (lambda: webm(element(CLUSTER, b"\xa0\x82\xa1\x80" * 1_000_000)), WEBM),
    "segments": (lambda: webm_of() + element(0x18538067, b"") * 1_000_000, WEBM),
    "lists of tracks": (lambda: webm(tracks=webm_track(1, 1, b"V_VP8") * 400_000), WEBM),
}


@pytest.mark.parametrize("name", FLOODS)
def test_millions_of_parts_are_refused_within_a_moment(name: str) -> None:
    content, kind = FLOODS[name][0](), FLOODS[name][1]
    sentences = f"{Refusal.TOO_MANY_PARTS}|{Refusal.NOTHING_PLAYABLE}|{Refusal.BAD_TABLES}"

    def refuse() -> None:
        with pytest.raises(UnreadableVideo, match=sentences):
            strip_metadata(content, kind)

    timing.within(30, refuse)


def test_the_maximum_number_of_parts_needs_little_memory() -> None:
    lines = MOST_PARTS // 3
    table = box(b"stsz", words(0, 1, lines)) + box(b"stsc", words(0, 1, 1, 1, 1))
    places = words(*(FIRST + 2 * place for place in range(lines)))
    data = b"+" * (2 * lines) + PLACE
    content = plain(track(1, b"vide", b"avc1", tables=table + box(b"stco", words(0, lines), places)), data=data)
    tracemalloc.start()
    cleaned = strip_metadata(content, MP4)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert PLACE not in cleaned and cleaned[FIRST : FIRST + 2 * lines] == b"+\0" * lines
    assert most < 40 * 2**20
