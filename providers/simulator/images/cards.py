"""Both sides of an identity card: a template in the country's colour, with the person's data printed on it."""

import unicodedata
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont, ImageOps

from providers.simulator.images import INK, ghost_image, jpeg, portrait_image, signature_image, template
from providers.simulator.national_numbers import number_of
from providers.simulator.people import Person

CARD_SIZE = (900, 570)
Colour = tuple[int, int, int]
_TEXT: Colour = (34, 44, 62)
_TITLES = {"passport": "PASSPORT CARD", "id_card": "IDENTITY CARD", "driving_licence": "DRIVING LICENCE"}
_COLOURS: tuple[Colour, ...] = (
    (40, 88, 132),
    (128, 54, 66),
    (44, 108, 84),
    (96, 76, 136),
    (140, 92, 40),
    (52, 98, 116),
    (84, 90, 104),
)
_ASCII = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
        "œ": "oe",
        "Œ": "OE",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "TH",
        "ı": "i",
        "İ": "I",
        "ħ": "h",
        "Ħ": "H",
        "’": "'",
        "ʻ": "'",
    }
)
"""Letters that removing accents does not turn into ASCII."""


@lru_cache(maxsize=256)
def document_front(person: Person) -> bytes:
    """JPEG, 900 x 570: an identity card with portrait, ghost portrait, data, signature and machine-readable lines."""
    card = _card("card_front", person)
    _paste(card, portrait_image(person), (36, 118, 216, 278))
    _paste(card, ghost_image(person), (766, 258, 100, 128))
    draw = ImageDraw.Draw(card)
    rows = (
        (280, 137, 560, latin(person.latin_family_name)),
        (280, 195, 560, latin(person.latin_given_names)),
        (280, 253, 215, f"{person.birth_date:%d %b %Y}"),
        (500, 253, 215, person.sex[:1]),
        (280, 311, 215, person.country3),
        (500, 311, 215, person.document_number),
        (280, 369, 215, f"{person.document_expiry:%d %b %Y}"),
    )
    for x, y, width, value in rows:
        _print(draw, (x, y), value, width=width, size=25)
    card.paste(INK, (500, 346), signature_image(person).resize((220, 66)))
    for row, line in enumerate(machine_lines(person)):
        # One cell a character, because the built-in font is not a fixed-width one.
        for column, letter in enumerate(line):
            draw.text((44 + 23.2 * column, 478 + row * 46), letter, font=_font(29), fill=_TEXT, anchor="mm")
    return jpeg(card, person)


@lru_cache(maxsize=256)
def document_back(person: Person) -> bytes:
    """JPEG, 900 x 570: date of issue, issuer and codes."""
    card = _card("card_back", person)
    draw = ImageDraw.Draw(card)
    authority = f"CIVIL REGISTRY {person.country3}"
    values = (f"{person.document_issued:%d %b %Y}", number_of(person), authority, person.document_number)
    for index, value in enumerate(values):
        _print(draw, (44, 141 + index * 60), value, width=600, size=23)
    return jpeg(card, person)


def latin(text: str) -> str:
    """The text in the ASCII letters that the card's font has; other scripts are left out."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII))
    return " ".join("".join(letter for letter in plain if " " <= letter <= "~").split())


def machine_lines(person: Person) -> tuple[str, str]:
    """Two machine-readable lines of 36 characters: ICAO Doc 9303 part 6, cards of the second size."""
    names = f"{_filled(person.latin_family_name)}<<{_filled(person.latin_given_names)}"
    number = _filled(person.document_number)[:9].ljust(9, "<")
    birth, expiry = f"{person.birth_date:%y%m%d}", f"{person.document_expiry:%y%m%d}"
    upper = f"I<{person.country3}{names}"[:36].ljust(36, "<")
    digits = [_check_digit(field) for field in (number, birth, expiry)]
    sex = person.sex[:1].upper() or "<"
    body = f"{number}{digits[0]}{person.country3}{birth}{digits[1]}{sex}{expiry}{digits[2]}<<<<<<<"
    composite = _check_digit(number + digits[0] + birth + digits[1] + expiry + digits[2] + "<<<<<<<")
    return upper, body + composite


def _filled(text: str) -> str:
    return "".join(letter if letter.isalnum() else "<" for letter in latin(text).upper().replace("'", ""))


def _check_digit(text: str) -> str:
    values = (int(letter, 36) if letter.isalnum() else 0 for letter in text)
    return str(sum(value * (7, 3, 1)[index % 3] for index, value in enumerate(values)) % 10)


def _card(side: str, person: Person) -> Image.Image:
    colour = _COLOURS[sum(person.country3.encode()) % len(_COLOURS)]
    card = ImageOps.colorize(template(side), black=colour, white=(255, 255, 255))
    draw = ImageDraw.Draw(card)
    _print(draw, (118, 24), latin(person.country_name), width=430, size=30, fill=(255, 255, 255))
    draw.text((864, 42), _TITLES[person.document_type], font=_font(24), fill=(236, 238, 242), anchor="rm")
    return card


def _print(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, *, width: int, size: int, fill: Colour = _TEXT
) -> None:
    """Print the text in capitals, cut where it would exceed the width."""
    text = text.upper()
    while text and _font(size).getlength(text) > width:
        text = text[:-1]
    draw.text(place, text, font=_font(size), fill=fill)


def _paste(card: Image.Image, image: Image.Image, place: tuple[int, int, int, int]) -> None:
    left, top, width, height = place
    card.paste(image.resize((width, height)), (left, top))


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size=size)
