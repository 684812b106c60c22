"""Pictures of the simulator's people: selfies, documents and what is cut out of documents.

Everything is drawn from a person's serial and data, so the same person always has the same face, card and signature,
and nothing shows anybody who exists. What was drawn once is kept: a demo asks for the same picture many times.
"""

import hashlib
import io
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from providers.simulator.drawing import (
    OVERSAMPLE,
    Colour,
    draw_person,
    draw_room,
    finish,
    look_of,
    shade,
    smooth,
    tint,
    wash,
)
from providers.simulator.people import Person

SELFIE_SIZE = (720, 960)
CARD_SIZE = (900, 570)
PORTRAIT_SIZE = (420, 540)
GHOST_SIZE = (210, 270)
SIGNATURE_SIZE = (480, 160)

_INK: Colour = (34, 44, 62)
_FAINT: Colour = (96, 108, 126)
_TITLES = {"passport": "PASSPORT CARD", "id_card": "IDENTITY CARD", "driving_licence": "DRIVING LICENCE"}
# What taking the accents off does not turn into ASCII.
_LETTERS = str.maketrans(
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


def selfie(person: Person, shot: int = 1) -> bytes:
    """JPEG, 720 x 960: the person in a room; ``shot`` 2 is the same person a little further away, to the side."""
    return _selfie(person, shot)


def document_front(person: Person) -> bytes:
    """JPEG, 900 x 570: an identity card with portrait, ghost portrait, data, signature and machine-readable lines."""
    return _document_front(person)


def document_back(person: Person) -> bytes:
    """JPEG, 900 x 570: date of issue, issuer and codes."""
    return _document_back(person)


def portrait(person: Person) -> bytes:
    """JPEG, 420 x 540: the portrait cut out of the document."""
    return _jpeg(_portrait_image(person, PORTRAIT_SIZE))


def ghost_portrait(person: Person) -> bytes:
    """PNG, 210 x 270: the second, faint portrait of the document."""
    return _png(_ghost_image(person, GHOST_SIZE))


def signature(person: Person) -> bytes:
    """PNG, 480 x 160: the signature cut out of the document."""
    return _png(_signature_image(person, SIGNATURE_SIZE, (252, 252, 249)))


def latin(text: str) -> str:
    """The text in ASCII, as a card's font can print it: accents off, other letters spelled out, the rest left out."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return " ".join("".join(letter for letter in plain if " " <= letter <= "~").split())


def machine_lines(person: Person) -> tuple[str, str]:
    """Two machine-readable lines of 36 characters, laid out as ICAO 9303 does for cards of the second size."""
    names = f"{_filled(person.latin_family_name)}<<{_filled(person.latin_given_names)}"
    number = _filled(person.document_number)[:9].ljust(9, "<")
    birth, expiry = (_short_date(day) for day in (person.birth_date, person.document_expiry))
    upper = f"I<{person.country3}{names}"[:36].ljust(36, "<")
    fields = (number, birth, expiry)
    digits = [_check_digit(field) for field in fields]
    sex = person.sex[:1].upper() or "<"
    body = f"{number}{digits[0]}{person.country3}{birth}{digits[1]}{sex}{expiry}{digits[2]}<<<<<<<"
    composite = _check_digit(number + digits[0] + birth + digits[1] + expiry + digits[2] + "<<<<<<<")
    return upper, body + composite


def _filled(text: str) -> str:
    return "".join(letter if letter.isalnum() else "<" for letter in latin(text).upper().replace("'", ""))


def _short_date(day: date) -> str:
    return f"{day:%y%m%d}"


def _check_digit(text: str) -> str:
    values = (int(letter, 36) if letter.isalnum() else 0 for letter in text)
    return str(sum(value * (7, 3, 1)[index % 3] for index, value in enumerate(values)) % 10)


# --- the pictures -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _selfie(person: Person, shot: int) -> bytes:
    look = look_of(person.serial, person.sex)
    dice = hashlib.sha256(f"room {person.serial}".encode()).digest()
    width, height = (side * OVERSAMPLE for side in SELFIE_SIZE)
    # Light falls from above, from below or from a side.
    image = wash((width, height), shade(look.wall, 1.06), shade(look.wall, 0.82), turned=dice[20] % 4)
    scale = width / 600
    draw_room(image, look, scale, dice)
    # Nobody holds a camera as the neighbour does: nearer or further, a little to the side, higher or lower.
    near = 0.86 + dice[21] % 33 / 100
    x, y = 300 - 300 * near + dice[22] % 121 - 60, 345 - 345 * near + dice[23] % 81 + 10
    if shot == 2:
        near, x, y = near * 0.84, x + 86, y + 108
    draw_person(image, look, scale=scale * near, x=x * scale, y=y * scale, formal=False)
    picture = finish(image)
    return _jpeg(picture if shot == 1 else ImageEnhance.Brightness(picture).enhance(0.93))


@lru_cache(maxsize=256)
def _portrait_image(person: Person, size: tuple[int, int]) -> Image.Image:
    look = look_of(person.serial, person.sex)
    width, height = (side * OVERSAMPLE for side in size)
    image = wash((width, height), (222, 231, 238), (196, 209, 220))
    scale = width / 480
    draw_person(image, look, scale=scale, x=-60 * scale, y=-100 * scale, formal=True)
    _waves(image, 14, (255, 255, 255, 40))
    return finish(image)


def _ghost_image(person: Person, size: tuple[int, int]) -> Image.Image:
    grey = ImageOps.grayscale(_portrait_image(person, PORTRAIT_SIZE).resize(size, Image.Resampling.LANCZOS))
    return ImageOps.colorize(ImageEnhance.Contrast(grey).enhance(0.5), black=(120, 136, 156), white=(232, 238, 240))


@lru_cache(maxsize=256)
def _document_front(person: Person) -> bytes:
    accent = _accent(person)
    image = _card(person, accent)
    draw = ImageDraw.Draw(image, "RGBA")
    unit = OVERSAMPLE
    _paste(image, _portrait_image(person, PORTRAIT_SIZE), (36, 118, 216, 278))
    _paste(image, _ghost_image(person, GHOST_SIZE), (766, 258, 100, 128))
    rows = (
        ("Surname", latin(person.latin_family_name)),
        ("Given names", latin(person.latin_given_names)),
        ("Date of birth", f"{person.birth_date:%d %b %Y}"),
        ("Sex", person.sex[:1].upper()),
        ("Nationality", person.country3),
        ("Document No.", person.document_number),
        ("Date of expiry", f"{person.document_expiry:%d %b %Y}"),
    )
    places = ((280, 118), (280, 176), (280, 234), (500, 234), (280, 292), (500, 292), (280, 350))
    for (label, value), (x, y) in zip(rows, places, strict=True):
        draw.text((x * unit, y * unit), label, font=_font(15), fill=_FAINT)
        draw.text(
            (x * unit, (y + 19) * unit), _fitted(value.upper(), 560 if y < 234 else 215, 25), font=_font(25), fill=_INK
        )
    sign = _signature_image(person, (220, 66), None)
    image.paste(sign, (500 * unit, 346 * unit), sign)
    _machine_strip(draw, machine_lines(person))
    return _jpeg(finish(image))


@lru_cache(maxsize=256)
def _document_back(person: Person) -> bytes:
    accent = _accent(person)
    image = _card(person, accent)
    draw = ImageDraw.Draw(image, "RGBA")
    unit = OVERSAMPLE
    rows = (
        ("Date of issue", f"{person.document_issued:%d %b %Y}"),
        ("National number", person.national_number),
        ("Authority", f"CIVIL REGISTRY {person.country3}"),
        ("Document No.", person.document_number),
    )
    for index, (label, value) in enumerate(rows):
        top = 122 + index * 60
        draw.text((44 * unit, top * unit), label, font=_font(15), fill=_FAINT)
        draw.text((44 * unit, (top + 19) * unit), _fitted(value.upper(), 600, 23), font=_font(23), fill=_INK)
    dice = hashlib.sha256(f"card {person.serial}".encode()).digest()
    _dots(draw, dice, (704, 140), 150)
    _bars(draw, dice, (44, 390), (812, 104))
    draw.text((44 * unit, 512 * unit), "SPECIMEN DRAWN FOR DEMONSTRATION. NOT A DOCUMENT.", font=_font(17), fill=_FAINT)
    return _jpeg(finish(image))


def _card(person: Person, accent: Colour) -> Image.Image:
    """An empty card: paper, waves, a rosette and the heading."""
    unit = OVERSAMPLE
    width, height = (side * unit for side in CARD_SIZE)
    image = wash((width, height), tint(accent, 0.86), tint(accent, 0.7))
    _waves(image, 12, (*accent, 40))
    draw = ImageDraw.Draw(image, "RGBA")
    for index in range(26):
        size = (150 - index * 4) * unit
        x, y = 690 * unit, 270 * unit
        draw.ellipse((x - size, y - size * 0.8, x + size, y + size * 0.8), outline=(*accent, 60), width=unit)
    draw.rectangle((0, 0, width, 84 * unit), fill=accent)
    draw.rounded_rectangle((36 * unit, 22 * unit, 96 * unit, 62 * unit), 6 * unit, fill=tint(accent, 0.7))
    draw.ellipse((52 * unit, 28 * unit, 80 * unit, 56 * unit), fill=accent)
    title = _fitted(latin(person.country_name).upper(), 430, 30)
    draw.text((118 * unit, 24 * unit), title, font=_font(30), fill=(255, 255, 255))
    draw.text(
        (864 * unit, 42 * unit), _TITLES[person.document_type], font=_font(24), fill=tint(accent, 0.8), anchor="rm"
    )
    return image


def _accent(person: Person) -> Colour:
    choices: tuple[Colour, ...] = (
        (40, 88, 132),
        (128, 54, 66),
        (44, 108, 84),
        (96, 76, 136),
        (140, 92, 40),
        (52, 98, 116),
        (84, 90, 104),
    )
    return choices[sum(person.country3.encode()) % len(choices)]


def _machine_strip(draw: ImageDraw.ImageDraw, lines: tuple[str, str]) -> None:
    unit = OVERSAMPLE
    draw.rectangle((0, 440 * unit, CARD_SIZE[0] * unit, CARD_SIZE[1] * unit), fill=(246, 247, 244))
    for row, line in enumerate(lines):
        # One cell a character: the built-in font is not a fixed-width one.
        for column, letter in enumerate(line):
            centre = ((44 + 23.2 * column) * unit, (478 + row * 46) * unit)
            draw.text(centre, letter, font=_font(29), fill=_INK, anchor="mm")
    draw.text((44 * unit, 546 * unit), "SPECIMEN DRAWN FOR DEMONSTRATION", font=_font(11), fill=_FAINT)


def _signature_image(person: Person, size: tuple[int, int], paper: Colour | None) -> Image.Image:
    """A line that wanders as the person's hash says; on paper, or on nothing so that it can be laid over a card."""
    dice = hashlib.sha256(f"signature {person.serial}".encode()).digest()
    width, height = (side * OVERSAMPLE for side in size)
    ground = (*paper, 255) if paper else (0, 0, 0, 0)
    image = Image.new("RGBA", (width, height), ground)
    loops = 7 + dice[0] % 5
    points = []
    for index in range(loops * 2):
        lean = width * (0.08 + 0.8 * index / (loops * 2)) + (dice[index % 31] % 30 - 6) * width / 480
        tall = 0.42 if index < 3 else 0.2
        rise = (-1 if index % 2 else 1) * tall * height * (0.5 + dice[(index + 7) % 32] / 400)
        points.append((lean, height * 0.52 + rise))
    points += [(width * 0.94, height * 0.44), (width * 0.3, height * 0.82), (width * 0.9, height * 0.74)]
    draw = ImageDraw.Draw(image)
    line = smooth(points, closed=False, steps=12)
    draw.line(line, fill=(28, 42, 96, 255), width=max(2, height // 42), joint="curve")
    return finish(image) if paper else image


# --- small parts ------------------------------------------------------------------------------------------------------


def _waves(image: Image.Image, gap: int, colour: tuple[int, int, int, int]) -> None:
    """The fine wavy lines of printed paper."""
    draw = ImageDraw.Draw(image, "RGBA")
    step, gap = 24 * OVERSAMPLE, gap * OVERSAMPLE
    for top in range(0, image.height + gap, gap):
        bends = [
            (x, top + (5 * OVERSAMPLE if (x // step) % 2 else 0)) for x in range(-step, image.width + 2 * step, step)
        ]
        draw.line(smooth(bends, closed=False, steps=5), fill=colour, width=OVERSAMPLE)


def _dots(draw: ImageDraw.ImageDraw, dice: bytes, corner: tuple[int, int], size: int) -> None:
    """A square of dots that looks like a matrix code and holds nothing."""
    cells = 21
    unit = size * OVERSAMPLE / cells
    left, top = (part * OVERSAMPLE for part in corner)
    draw.rectangle(
        (left - unit, top - unit, left + size * OVERSAMPLE + unit, top + size * OVERSAMPLE + unit), fill="white"
    )
    for row in range(cells):
        for column in range(cells):
            edge = row in (0, cells - 1) or column in (0, cells - 1)
            dark = (row + column) % 2 == 0 if edge else dice[(row * 7 + column * 13) % 32] >> (row * column % 8) & 1
            if dark:
                x, y = left + column * unit, top + row * unit
                draw.rectangle((x, y, x + unit, y + unit), fill=_INK)


def _bars(draw: ImageDraw.ImageDraw, dice: bytes, corner: tuple[int, int], size: tuple[int, int]) -> None:
    left, top = (part * OVERSAMPLE for part in corner)
    right, bottom = left + size[0] * OVERSAMPLE, top + size[1] * OVERSAMPLE
    draw.rectangle((left, top, right, bottom), fill="white")
    x, index = left + 10 * OVERSAMPLE, 0
    while x < right - 10 * OVERSAMPLE:
        part = dice[index % 32] ^ (index // 32 * 37 & 255)
        width = (2 + part % 5) * OVERSAMPLE
        draw.rectangle((x, top + 6 * OVERSAMPLE, x + width, bottom - 6 * OVERSAMPLE), fill=_INK)
        x += width + (2 + part // 8 % 5) * OVERSAMPLE
        index += 1


def _paste(card: Image.Image, picture: Image.Image, place: tuple[int, int, int, int]) -> None:
    left, top, width, height = (part * OVERSAMPLE for part in place)
    card.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (left, top))


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size=size * OVERSAMPLE)


def _fitted(text: str, width: int, size: int) -> str:
    """The text cut so that it stays within the width."""
    font = _font(size)
    while text and font.getlength(text) > width * OVERSAMPLE:
        text = text[:-1]
    return text


def _jpeg(image: Image.Image) -> bytes:
    return _encoded(image.convert("RGB"), lambda picture, out: picture.save(out, "JPEG", quality=88))


def _png(image: Image.Image) -> bytes:
    return _encoded(image.convert("RGB"), lambda picture, out: picture.save(out, "PNG"))


def _encoded(image: Image.Image, save: Callable[[Image.Image, io.BytesIO], None]) -> bytes:
    out = io.BytesIO()
    save(image, out)
    return out.getvalue()
