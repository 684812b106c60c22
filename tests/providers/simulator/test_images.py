"""Images and cards of the simulator's people."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from PIL import Image

from providers.simulator.images import ghost_portrait, portrait, selfie, signature
from providers.simulator.images.cards import document_back, document_front, machine_lines
from providers.simulator.people import person


def test_images_have_their_sizes_and_are_reproducible() -> None:
    images: dict[Callable[..., bytes], tuple[int, int, str]] = {
        selfie: (720, 960, "JPEG"),
        document_front: (900, 570, "JPEG"),
        document_back: (900, 570, "JPEG"),
        portrait: (420, 540, "JPEG"),
        ghost_portrait: (210, 270, "PNG"),
        signature: (480, 160, "PNG"),
    }
    for make, expected in images.items():
        content = make(person(11))
        with Image.open(io.BytesIO(content)) as image:
            assert (*image.size, image.format) == expected
        for cached in (selfie, document_front, document_back):
            cached.cache_clear()
        assert make(person(11)) == content
        assert make(person(12)) != content


def test_machine_lines_have_the_check_digits_of_icao_9303() -> None:
    # The worked example of ICAO Doc 9303: number D23145890 has the check digit 7, 740812 has 2, 120415 has 9.
    subject = replace(
        person(1),
        document_number="D23145890",
        birth_date=date(1974, 8, 12),
        document_expiry=date(2012, 4, 15),
        country3="UTO",
    )
    upper, lower = machine_lines(subject)
    assert (len(upper), len(lower)) == (36, 36)
    assert lower.startswith("D231458907UTO7408122")
    assert lower[21:28] == "1204159"
    assert lower[-1] == "6"


def test_machine_lines_of_every_country_have_their_letters() -> None:
    for serial in range(24):
        assert all(set(line) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<") for line in machine_lines(person(serial)))
