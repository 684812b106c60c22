"""Images of the simulator's people: selfies, portraits and signatures from files, and identity cards made of them.

The files were drawn by a program and show no real person. 200 people have a selfie and a portrait of their own;
after that the faces repeat. Each image carries its serial in a comment, so that no two people share the same bytes.
"""

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps
from PIL.PngImagePlugin import PngInfo

from providers.simulator.people import Person

SELFIE_SIZE = (720, 960)
PORTRAIT_SIZE = (420, 540)
GHOST_SIZE = (210, 270)
SIGNATURE_SIZE = (480, 160)
INK = (28, 42, 96)
_FOLDER = Path(__file__).parent
_PAPER = (252, 252, 249)


@lru_cache(maxsize=256)
def selfie(person: Person, shot: int = 1) -> bytes:
    """JPEG, 720 x 960: the person in a room; ``shot`` 2 is a little nearer, darker and to the side."""
    image = _opened("selfies", person)
    if shot == 1:
        return jpeg(image.resize(SELFIE_SIZE), person)
    width, height = image.size
    nearer = image.resize(SELFIE_SIZE, box=(width * 0.02, height * 0.08, width * 0.88, height * 0.94))
    return jpeg(ImageEnhance.Brightness(nearer).enhance(0.93), person)


def portrait(person: Person) -> bytes:
    """JPEG, 420 x 540: the portrait cut out of the document."""
    return jpeg(portrait_image(person).resize(PORTRAIT_SIZE), person)


def ghost_portrait(person: Person) -> bytes:
    """PNG, 210 x 270: the second, faint portrait of the document."""
    return _png(ghost_image(person), person)


def signature(person: Person) -> bytes:
    """PNG, 480 x 160: the signature cut out of the document."""
    return _png(ImageOps.colorize(signature_image(person), black=_PAPER, white=INK), person)


def portrait_image(person: Person) -> Image.Image:
    """The portrait of the person's document, without glasses or smile."""
    return _opened("portraits", person)


def ghost_image(person: Person) -> Image.Image:
    """The portrait in faint blue."""
    grey = ImageOps.grayscale(portrait_image(person).resize(GHOST_SIZE))
    return ImageOps.colorize(ImageEnhance.Contrast(grey).enhance(0.5), black=(120, 136, 156), white=(232, 238, 240))


def signature_image(person: Person) -> Image.Image:
    """The signature in white on black, to be used as a mask."""
    return _opened("signatures", person).convert("L")


def template(name: str) -> Image.Image:
    """A grey image to be coloured: ``card_front`` or ``card_back``."""
    return _loaded(_FOLDER / f"{name}.webp").convert("L")


def jpeg(image: Image.Image, person: Person) -> bytes:
    """The image as JPEG with the person's serial as its comment."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88, comment=_comment(person))
    return out.getvalue()


def _png(image: Image.Image, person: Person) -> bytes:
    out, notes = io.BytesIO(), PngInfo()
    notes.add_text("Comment", _comment(person))
    image.save(out, "PNG", pnginfo=notes)
    return out.getvalue()


def _comment(person: Person) -> str:
    return f"simulated person {person.serial}"


def _opened(folder: str, person: Person) -> Image.Image:
    """The person's image of this folder; people repeat where there are more of them than files."""
    files = _files(folder)
    return _loaded(files[person.serial % len(files)])


@lru_cache(maxsize=8)
def _files(folder: str) -> list[Path]:
    return sorted((_FOLDER / folder).glob("*.webp"))


def _loaded(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image.copy()
