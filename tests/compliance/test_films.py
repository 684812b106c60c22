"""Videos lose what they tell besides picture and sound, and nothing else."""

import random
import time

import pytest

from compliance.films import without_notes
from providers.simulator.checkout_com_files import video
from providers.simulator.people import person
from tests.compliance.films import PLACE, box, element, mp4_with_place, track, webm_with_place

MP4, WEBM = "video/mp4", "video/webm"


def test_an_mp4_tells_its_place_in_no_way_any_more() -> None:
    content = mp4_with_place()
    assert content.count(PLACE) == 7
    cleaned = without_notes(content, MP4)
    assert len(cleaned) == len(content)
    assert PLACE not in cleaned and b"GPS" not in cleaned and b"quicktime.location" not in cleaned
    assert cleaned.count(b"trak") == 2 and b"vide" in cleaned and b"soun" in cleaned
    changed = [place for place, (one, other) in enumerate(zip(content, cleaned, strict=True)) if one != other]
    assert max(changed) < content.index(b"mdat") - 4
    assert without_notes(cleaned, MP4) is cleaned


@pytest.mark.parametrize("endless", [False, True])
def test_a_webm_loses_its_tags_and_the_files_inside(endless: bool) -> None:
    content = webm_with_place(endless=endless)
    cleaned = without_notes(content, WEBM)
    assert len(cleaned) == len(content)
    assert b"+06.4" in content and b"+06.4" not in cleaned and b"GPS" not in cleaned and b"LOCATION" not in cleaned
    assert cleaned.count(b"picture") == content.count(b"picture") == 200
    assert without_notes(cleaned, WEBM) is cleaned


def test_a_film_without_notes_is_left_as_it_is() -> None:
    real = video("face_video", person(7))
    assert without_notes(real, WEBM) is real
    plain = box(b"ftyp", b"isom") + box(b"moov", track(b"vide")) + box(b"mdat", bytes(1000))
    assert without_notes(plain, MP4) is plain


def test_whatever_comes_is_gone_through_in_time_and_keeps_its_length() -> None:
    dice = random.Random(11)
    films = [(mp4_with_place(5000), MP4), (webm_with_place(endless=True), WEBM), (webm_with_place(endless=False), WEBM)]
    for _ in range(1500):
        content, kind = dice.choice(films)
        bent = bytearray(content[: dice.randrange(len(content))] if dice.random() < 0.3 else content)
        for _ in range(dice.randrange(1, 8)):
            if bent:
                bent[dice.randrange(min(len(bent), 900))] = dice.randrange(256)
        assert len(without_notes(bytes(bent), kind)) == len(bent)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ((8).to_bytes(4, "big") + b"free", MP4),
        ((0).to_bytes(4, "big") + b"moov", MP4),
        (box(b"trak"), MP4),
        (b"\xec\x80", WEBM),
        (b"\x1f\x43\xb6\x75\xff", WEBM),
        (element(0xA3, b""), WEBM),
    ],
)
def test_millions_of_parts_cost_no_more_than_a_moment(content: bytes, kind: str) -> None:
    many = content * (16_000_000 // len(content))
    began = time.process_time()
    without_notes(many, kind)
    assert time.process_time() - began < 4


def test_boxes_nested_without_end_are_followed_some_way_only() -> None:
    size = 8 * 200_000
    nest = b"".join((size - place).to_bytes(4, "big") + b"moov" for place in range(0, size, 8))
    assert without_notes(nest, MP4) is nest
