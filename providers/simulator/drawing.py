"""Faces and lines drawn with a few smooth shapes: nobody's face, the same one for the same serial every time.

Everything is drawn at twice its size and scaled down once, which is what makes the edges smooth.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

OVERSAMPLE = 2

Colour = tuple[int, int, int]
Point = tuple[float, float]

_SKINS: tuple[Colour, ...] = (
    (250, 219, 197),
    (240, 200, 170),
    (226, 178, 142),
    (206, 153, 114),
    (178, 124, 86),
    (140, 93, 62),
    (106, 68, 46),
)
_HAIRS: tuple[Colour, ...] = ((32, 25, 24), (58, 38, 28), (96, 62, 38), (150, 104, 58), (196, 160, 98), (140, 138, 138))
_EYES: tuple[Colour, ...] = ((58, 38, 26), (92, 62, 36), (70, 98, 74), (84, 120, 152))
_CLOTHES: tuple[Colour, ...] = (
    (45, 112, 116),
    (122, 58, 74),
    (66, 82, 140),
    (90, 110, 64),
    (158, 104, 52),
    (84, 78, 94),
)
_WALLS: tuple[Colour, ...] = ((226, 219, 207), (212, 222, 226), (226, 214, 214), (214, 220, 206), (220, 216, 230))
_SHORT_STYLES = ("short", "parted", "curls", "bald", "tall")
_LONG_STYLES = ("long", "bun", "bob", "scarf", "curls")


@dataclass(frozen=True, slots=True)
class Look:
    """What makes one drawn person differ from the next."""

    skin: Colour
    hair: Colour
    eyes: Colour
    cloth: Colour
    wall: Colour
    style: str
    beard: str
    glasses: bool
    width: float
    """Half width of the head in units, 96 to 112."""
    jaw: float
    brow: float
    mouth: float


def look_of(serial: int, sex: str) -> Look:
    """The look of a serial: chosen by its hash, so that it never changes and neighbours do not resemble each other."""
    dice = hashlib.sha256(f"look {serial}".encode()).digest()
    styles = _LONG_STYLES if sex.upper().startswith("F") else _SHORT_STYLES
    bearded = not sex.upper().startswith("F")
    return Look(
        skin=_SKINS[dice[0] % len(_SKINS)],
        # Fair hair on fair heads only; the drawing looks odd otherwise.
        hair=_HAIRS[dice[1] % (len(_HAIRS) if dice[0] % len(_SKINS) < 3 else 3)],
        eyes=_EYES[dice[2] % (len(_EYES) if dice[0] % len(_SKINS) < 3 else 2)],
        cloth=_CLOTHES[dice[3] % len(_CLOTHES)],
        wall=_WALLS[dice[4] % len(_WALLS)],
        style=styles[dice[5] % len(styles)],
        beard=("", "", "full", "moustache")[dice[6] % 4] if bearded else "",
        glasses=dice[7] % 4 == 0,
        width=96 + dice[8] % 17,
        jaw=48 + dice[9] % 22,
        brow=dice[10] % 9 - 4,
        mouth=dice[11] % 13 - 4,
    )


def shade(colour: Colour, factor: float) -> Colour:
    """The colour made darker (below 1) or lighter (above 1)."""
    red, green, blue = (max(0, min(255, round(part * factor))) for part in colour)
    return red, green, blue


def tint(colour: Colour, share: float) -> Colour:
    """The colour mixed with white; ``share`` 1 is white."""
    red, green, blue = (round(part + (255 - part) * share) for part in colour)
    return red, green, blue


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 8) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    count = len(points)
    spans = count if closed else count - 1
    curve: list[Point] = []
    for index in range(spans):
        if closed:
            a, b, c, d = (points[(index + shift) % count] for shift in (-1, 0, 1, 2))
        else:
            a, b, c, d = (points[max(0, min(count - 1, index + shift))] for shift in (-1, 0, 1, 2))
        for step in range(steps):
            curve.append(_between(a, b, c, d, step / steps))
    if not closed:
        curve.append(points[-1])
    return curve


def _between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    x, y = (
        0.5
        * (
            2 * b[i]
            + (c[i] - a[i]) * t
            + (2 * a[i] - 5 * b[i] + 4 * c[i] - d[i]) * t * t
            + (3 * b[i] - a[i] - 3 * c[i] + d[i]) * t**3
        )
        for i in (0, 1)
    )
    return x, y


class Pen:
    """Draws in units of a 600 x 750 frame, placed and scaled onto a picture."""

    def __init__(self, image: Image.Image, scale: float, x: float = 0, y: float = 0) -> None:
        self.draw = ImageDraw.Draw(image, "RGBA")
        self.scale = scale
        self.x = x
        self.y = y

    def _at(self, point: Point) -> Point:
        return self.x + point[0] * self.scale, self.y + point[1] * self.scale

    def blob(self, points: Sequence[Point], fill: Sequence[int]) -> None:
        """A filled closed curve."""
        self.draw.polygon([self._at(point) for point in smooth(points)], fill=tuple(fill))

    def polygon(self, points: Sequence[Point], fill: Sequence[int]) -> None:
        """A filled shape with corners."""
        self.draw.polygon([self._at(point) for point in points], fill=tuple(fill))

    def ellipse(self, centre: Point, rx: float, ry: float, fill: Sequence[int]) -> None:
        """A filled ellipse."""
        left, top = self._at((centre[0] - rx, centre[1] - ry))
        right, bottom = self._at((centre[0] + rx, centre[1] + ry))
        self.draw.ellipse((left, top, right, bottom), fill=tuple(fill))

    def ring(self, centre: Point, rx: float, ry: float, colour: Sequence[int], width: float) -> None:
        """The outline of an ellipse."""
        left, top = self._at((centre[0] - rx, centre[1] - ry))
        right, bottom = self._at((centre[0] + rx, centre[1] + ry))
        self.draw.ellipse((left, top, right, bottom), outline=tuple(colour), width=max(1, round(width * self.scale)))

    def stroke(self, points: Sequence[Point], colour: Sequence[int], width: float) -> None:
        """A curve through the points, drawn as a line."""
        line = [self._at(point) for point in smooth(points, closed=False)]
        self.draw.line(line, fill=tuple(colour), width=max(1, round(width * self.scale)), joint="curve")


def wash(size: tuple[int, int], top: Colour, bottom: Colour, *, turned: int = 0) -> Image.Image:
    """A picture that fades from one colour to another, downwards, or turned by so many quarters."""
    fade = Image.linear_gradient("L").rotate(90 * turned)
    return ImageOps.colorize(fade.resize(size), black=top, white=bottom)


def draw_room(image: Image.Image, look: Look, scale: float, dice: bytes) -> None:
    """What stands around a selfie: four things, chosen and placed by the dice, so that rooms differ as rooms do."""
    pen = Pen(image, scale)
    things = sorted(_THINGS, key=lambda thing: dice[_THINGS.index(thing)])
    for number, (left, top) in enumerate(((8, 20), (430, 20), (8, 300), (430, 300))):
        across, down, grown = dice[number * 3 + 8 : number * 3 + 11]
        x, y = left + across % 5 * 12 - 24, top + down % 7 * 14 - 28
        wide, tall = 120 + grown % 4 * 18, 170 + grown // 4 % 5 * 24
        things[number](pen, look, (x, y, x + wide, y + tall))


Box = tuple[float, float, float, float]


def _box(pen: Pen, box: Box, fill: Sequence[int]) -> None:
    left, top, right, bottom = box
    pen.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill)


def _window(pen: Pen, look: Look, box: Box) -> None:
    left, top, right, bottom = box
    _box(pen, box, shade(look.wall, 0.82))
    middle, height = (left + right) / 2, (bottom - top) / 2
    for x, end in ((left + 10, middle - 5), (middle + 5, right - 10)):
        for y in (top + 10, top + height + 5):
            _box(pen, (x, y, end, y + height - 15), (238, 244, 247))


def _frame(pen: Pen, look: Look, box: Box) -> None:
    left, top, right, bottom = box
    low = top + (bottom - top) * 0.55
    _box(pen, (left, top, right, low), shade(look.wall, 1.08))
    _box(pen, (left + 10, top + 10, right - 10, low - 10), shade(look.wall, 0.9))
    hills = [
        (left + 10, low - 10),
        (left + 50, top + 40),
        (left + 80, low - 40),
        (right - 30, top + 56),
        (right - 10, low - 10),
    ]
    pen.polygon(hills, shade(look.wall, 0.66))


def _shelf(pen: Pen, look: Look, box: Box) -> None:
    left, top, right, bottom = box
    _box(pen, box, shade(look.wall, 0.62))
    for row in range(3):
        base = top + (bottom - top) * (row + 1) / 3
        for place in range(5):
            x = left + 6 + place * (right - left - 12) / 5
            colour = shade(look.cloth, 0.7 + (place * 3 + row * 2) % 5 * 0.16)
            _box(pen, (x, base - 26 - (place + row) % 3 * 9, x + (right - left) / 6, base - 6), colour)


def _door(pen: Pen, look: Look, box: Box) -> None:
    left, top, right, _ = box
    _box(pen, (left, top, right, 900), shade(look.wall, 0.55))
    _box(pen, (left + 10, top + 10, right - 10, 900), shade(look.wall, 0.74))
    pen.ellipse((right - 26, top + 260), 7, 7, shade(look.wall, 0.4))


def _curtain(pen: Pen, look: Look, box: Box) -> None:
    left, _, right, bottom = box
    for fold in range(6):
        x = left + fold * (right - left) / 6
        _box(pen, (x, 0, x + (right - left) / 6, bottom + 60), tint(look.cloth, 0.35 if fold % 2 else 0.55))


def _lamp(pen: Pen, look: Look, box: Box) -> None:
    left, top, right, _ = box
    middle = (left + right) / 2
    for size in (120, 92, 66):
        pen.ellipse((middle, top + 70), size, size, (255, 246, 214, 60))
    pen.polygon(
        [(middle - 26, top + 30), (middle + 26, top + 30), (middle + 46, top + 96), (middle - 46, top + 96)],
        (255, 240, 200),
    )
    _box(pen, (middle - 4, top + 96, middle + 4, 900), shade(look.wall, 0.4))


def _plant(pen: Pen, look: Look, box: Box) -> None:
    left, top, right, bottom = box
    middle = (left + right) / 2
    for lean in (-70, -38, 0, 38, 70):
        pen.blob(
            [
                (middle, bottom - 40),
                (middle + lean - 14, top + 60 + abs(lean)),
                (middle + lean, top + abs(lean)),
                (middle + lean + 16, top + 60 + abs(lean)),
            ],
            (52, 98, 62),
        )
    pen.polygon(
        [
            (middle - 34, bottom - 50),
            (middle + 34, bottom - 50),
            (middle + 24, bottom + 10),
            (middle - 24, bottom + 10),
        ],
        (168, 96, 66),
    )


def _nothing(pen: Pen, look: Look, box: Box) -> None:
    """A bare wall."""


_THINGS = (_window, _frame, _shelf, _door, _curtain, _lamp, _plant, _nothing)


def draw_person(image: Image.Image, look: Look, *, scale: float, x: float, y: float, formal: bool) -> None:
    """Head and shoulders; ``formal`` is how people look on a document: jacket, no glasses, no smile."""
    pen = Pen(image, scale, x, y)
    _hair_behind(pen, look)
    _body(pen, look, formal)
    _head(pen, look)
    _features(pen, look, formal)
    _beard(pen, look)
    _mouth(pen, look, formal)
    _hair_front(pen, look)
    if look.glasses and not formal:
        _glasses(pen)


def _hair_behind(pen: Pen, look: Look) -> None:
    w = look.width
    dark = shade(look.hair, 0.8)
    if look.style == "long":
        pen.blob(
            [
                (300, 172),
                (300 - w - 32, 260),
                (300 - w - 40, 430),
                (300 - w - 26, 590),
                (300, 600),
                (300 + w + 26, 590),
                (300 + w + 40, 430),
                (300 + w + 32, 260),
            ],
            dark,
        )
    elif look.style == "bob":
        pen.blob(
            [
                (300, 176),
                (300 - w - 34, 270),
                (300 - w - 30, 420),
                (300 - w + 10, 480),
                (300, 470),
                (300 + w - 10, 480),
                (300 + w + 30, 420),
                (300 + w + 34, 270),
            ],
            dark,
        )
    elif look.style == "bun":
        pen.ellipse((300, 172), 56, 50, dark)
    elif look.style == "scarf":
        pen.blob(
            [
                (300, 150),
                (300 - w - 46, 260),
                (300 - w - 44, 430),
                (300 - w - 60, 600),
                (300, 640),
                (300 + w + 60, 600),
                (300 + w + 44, 430),
                (300 + w + 46, 260),
            ],
            look.cloth,
        )


def _body(pen: Pen, look: Look, formal: bool) -> None:
    cloth = (56, 64, 80) if formal else look.cloth
    pen.blob(
        [(300, 556), (180, 580), (92, 622), (50, 720), (30, 900), (570, 900), (550, 720), (508, 622), (420, 580)], cloth
    )
    neck = shade(look.skin, 0.86)
    pen.polygon([(252, 440), (348, 440), (356, 580), (300, 622), (244, 580)], neck)
    pen.blob([(252, 470), (300, 520), (348, 470), (340, 450), (260, 450)], shade(look.skin, 0.76))
    if not formal:
        pen.stroke([(236, 572), (262, 616), (300, 632), (338, 616), (364, 572)], shade(cloth, 0.75), 16)
        return
    pen.polygon([(246, 570), (300, 628), (354, 570), (388, 760), (212, 760)], (238, 240, 243))
    pen.polygon([(246, 566), (300, 626), (262, 668), (226, 590)], (252, 253, 254))
    pen.polygon([(354, 566), (300, 626), (338, 668), (374, 590)], (252, 253, 254))
    pen.polygon([(286, 634), (314, 634), (326, 760), (274, 760)], shade(look.cloth, 0.8))
    pen.polygon([(226, 590), (150, 610), (214, 760), (262, 760)], shade(cloth, 0.86))
    pen.polygon([(374, 590), (450, 610), (386, 760), (338, 760)], shade(cloth, 0.86))


def _head(pen: Pen, look: Look) -> None:
    w, jaw = look.width, look.jaw
    for side in (-1, 1):
        pen.ellipse((300 + side * (w + 6), 345), 18, 32, shade(look.skin, 0.9))
    pen.blob(
        [
            (300, 196),
            (300 - w * 0.78, 236),
            (300 - w, 330),
            (300 - w * 0.9, 408),
            (300 - jaw, 470),
            (300, 496),
            (300 + jaw, 470),
            (300 + w * 0.9, 408),
            (300 + w, 330),
            (300 + w * 0.78, 236),
        ],
        look.skin,
    )
    pen.blob(
        [
            (310, 210),
            (300 + w * 0.7, 250),
            (300 + w * 0.94, 330),
            (300 + w * 0.84, 408),
            (300 + jaw * 0.9, 464),
            (312, 488),
            (334, 420),
            (322, 330),
        ],
        (*shade(look.skin, 0.84), 70),
    )
    for side in (-1, 1):
        pen.ellipse((300 + side * 62, 392), 26, 18, (226, 110, 96, 30))


def _features(pen: Pen, look: Look, formal: bool) -> None:
    for side in (-1, 1):
        x = 300 + side * 46
        pen.blob([(x - 24, 334), (x, 320), (x + 24, 334), (x, 346)], (250, 249, 246))
        pen.ellipse((x, 333), 11, 12, look.eyes)
        pen.ellipse((x, 333), 5, 6, (16, 14, 14))
        pen.ellipse((x + 4, 328), 2.6, 2.6, (255, 255, 255))
        pen.stroke([(x - 26, 334), (x, 318), (x + 26, 334)], shade(look.skin, 0.5), 4)
        lift = look.brow if not formal else 0
        pen.stroke([(x - 30, 304 + lift * side), (x, 292), (x + 30, 302 - lift * side)], shade(look.hair, 0.9), 9)
    line = shade(look.skin, 0.68)
    pen.stroke([(306, 338), (312, 378), (320, 396), (300, 406), (284, 398)], line, 4)
    pen.ellipse((290, 402), 4, 2.6, shade(look.skin, 0.55))
    pen.ellipse((312, 402), 4, 2.6, shade(look.skin, 0.55))


def _mouth(pen: Pen, look: Look, formal: bool) -> None:
    smile = 0 if formal else look.mouth
    red, green, blue = look.skin
    lips: Colour = (min(255, round(red * 0.72 + 46)), round(green * 0.56), round(blue * 0.58))
    pen.blob([(262, 438 - smile), (286, 430), (300, 434), (314, 430), (338, 438 - smile), (316, 452), (284, 452)], lips)
    pen.stroke([(262, 438 - smile), (300, 440 + smile / 3), (338, 438 - smile)], shade(lips, 0.6), 3)


def _beard(pen: Pen, look: Look) -> None:
    if not look.beard:
        return
    if look.beard == "full":
        w, jaw = look.width, look.jaw
        pen.blob(
            [
                (300 - w * 0.97, 366),
                (300 - w * 0.9, 420),
                (300 - jaw, 478),
                (300, 510),
                (300 + jaw, 478),
                (300 + w * 0.9, 420),
                (300 + w * 0.97, 366),
                (300 + w * 0.68, 420),
                (346, 420),
                (300, 414),
                (254, 420),
                (300 - w * 0.68, 420),
            ],
            look.hair,
        )
    pen.blob(
        [(254, 428), (276, 414), (300, 418), (324, 414), (346, 428), (322, 428), (300, 424), (278, 428)], look.hair
    )


def _hair_front(pen: Pen, look: Look) -> None:
    w, hair = look.width, look.hair
    light = shade(hair, 1.25)
    if look.style == "bald":
        pen.blob([(252, 222), (300, 206), (320, 214), (290, 226)], (*shade(look.skin, 1.12), 120))
        return
    if look.style == "scarf":
        pen.blob(
            [
                (300, 158),
                (300 - w - 30, 250),
                (300 - w - 26, 420),
                (300 - w * 0.7, 520),
                (300 - w * 0.8, 420),
                (300 - w * 0.86, 300),
                (300, 226),
                (300 + w * 0.86, 300),
                (300 + w * 0.8, 420),
                (300 + w * 0.7, 520),
                (300 + w + 26, 420),
                (300 + w + 30, 250),
            ],
            shade(look.cloth, 1.15),
        )
        return
    if look.style == "curls":
        for index in range(11):
            x = 300 - w + index * (w / 5)
            pen.ellipse((x, 208 + abs(index - 5) ** 1.8 * 4.4), 34, 34, hair if index % 2 else shade(hair, 1.12))
        return
    top = 150 if look.style == "tall" else 172
    low = 330 if look.style in {"long", "bob"} else 300
    fringe = 262 if look.style != "parted" else 240
    pen.blob(
        [
            (300, top),
            (300 - w * 0.8, top + 34),
            (300 - w - 14, 262),
            (300 - w - 4, low),
            (300 - w * 0.84, 270),
            (300 - w * 0.4, fringe - 8),
            (318, fringe - 14),
            (300 + w * 0.6, fringe - 4),
            (300 + w * 0.86, 274),
            (300 + w + 4, low),
            (300 + w + 14, 262),
            (300 + w * 0.8, top + 34),
        ],
        hair,
    )
    pen.stroke([(300 - w * 0.5, top + 38), (290, top + 24), (300 + w * 0.3, top + 30)], (*light, 150), 6)


def _glasses(pen: Pen) -> None:
    colour = (38, 40, 46)
    for x in (254, 346):
        pen.ellipse((x, 336), 36, 30, (255, 255, 255, 36))
        pen.ring((x, 336), 37, 31, colour, 6)
    pen.stroke([(290, 332), (300, 326), (310, 332)], colour, 6)
    for side in (-1, 1):
        pen.stroke([(300 + side * 82, 330), (300 + side * 104, 324)], colour, 6)


def finish(image: Image.Image) -> Image.Image:
    """The picture scaled down to the size that was asked for."""
    return image.resize((image.width // OVERSAMPLE, image.height // OVERSAMPLE), Image.Resampling.LANCZOS)
