"""Decoding of images and PDF files: the limits of the child, the renditions of valid files, and the effect of a faulty
child on its parent process."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw

from compliance.evidence import decoding
from compliance.evidence.decoder_process import PAGE_EDGE, SIZES
from compliance.evidence.decoding import DecodedFile, decode, media_type
from tests import hostile_pdfs

FOLDER = Path(decoding.__file__).parent
# Runs inside the limits, like code that exploits a decoder; prints the operations that succeeded.
INTRUDER = """
import ctypes, contextlib, errno, io, json, os, resource, socket, sys, time
sys.path.insert(0, sys.argv[1])
import decoder_process
other, folder = int(sys.argv[3]), sys.argv[4]
if sys.argv[2] != "same":
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
landlock = ctypes.CDLL(None).syscall(ctypes.c_long(444), None, ctypes.c_size_t(0), ctypes.c_uint32(1))
decoder_process.limit()
acts = {
    "open": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "write": lambda: os.open(folder + "/new", os.O_WRONLY | os.O_CREAT),
    "socket": socket.socket,
    "fork": os.fork,
    "memory": lambda: bytearray(decoder_process.MEMORY),
}
if landlock >= 1:
    acts |= {
        "unlink": lambda: os.unlink(folder + "/file"),
        "mkdir": lambda: os.mkdir(folder + "/sub"),
        "rename": lambda: os.rename(folder + "/file", folder + "/moved"),
        "exec": lambda: os.execve("/bin/true", ["true"], {}),
    }
if landlock >= 6:
    acts["signal"] = lambda: os.kill(other, 0)
done = []
for name, act in acts.items():
    try:
        act()
        done.append(name)
    except (OSError, MemoryError):
        pass
print(json.dumps(done), len(acts))
"""


@pytest.mark.promise("G23")
@pytest.mark.parametrize("account", ["same", "65533"])
def test_code_in_the_decoder_has_access_to_nothing(account: str, tmp_path: Path) -> None:
    if account != "same" and os.geteuid() != 0:
        pytest.skip("only root can try it as somebody else")
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "file").write_text("theirs")
    for path in (folder, folder / "file"):
        path.chmod(0o777)
    if account != "same":
        os.chown(folder, int(account), int(account))
    for path in (folder, *folder.parents):
        if path.is_relative_to(tmp_path.parent.parent):
            path.chmod(path.stat().st_mode | 0o011)
    with subprocess.Popen(["sleep", "60"]) as other:
        ran = subprocess.run(
            [sys.executable, "-c", INTRUDER, str(FOLDER), account, str(other.pid), str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        other.kill()
    done, _, tried = ran.stdout.strip().rpartition(" ")
    assert (done, ran.stderr) == ("[]", "")
    assert int(tried) >= 5
    assert [path.name for path in folder.iterdir()] == ["file"]


# --- faulty child -----------------------------------------------------------------------------------------------------

JPEG = b"\xff\xd8\xff\xe0"
GONE_WRONG = {
    "drips": "import time, sys\nwhile True:\n sys.stdout.write('{'); sys.stdout.flush(); time.sleep(.05)",
    "says nothing": "import time; time.sleep(60)",
    "reads nothing and sleeps": "import os, time; os.close(0); time.sleep(60)",
    "floods": "import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))",
    "floods the other way": "import sys\nwhile True: sys.stderr.buffer.write(bytes(1 << 20))",
    "ends at once": "",
    "falls": "import os; os.kill(os.getpid(), 9)",
    "speaks nonsense": "print('nonsense')",
    "a list": "print('[1]')",
    "a deep nest": "print('[' * 100000)",
    "a name that climbs": r"print('{\"rendition\": \"../../x\", \"size\": 3}'); print(chr(255) * 3)",
    "no JPEG": 'print(\'{"rendition": "view", "size": 3}\'); print(\'<a>{"meta": {"perceptual_hash": "00"}}\')',
    "a size below nothing": 'print(\'{"rendition": "view", "size": -30}\')',
    "a size without end": 'print(\'{"rendition": "view", "size": 1e400}\')',
    "sizes of another kind": 'print(\'{"meta": {"width": "a", "height": [], "perceptual_hash": "zz"}}\')',
}


@pytest.mark.parametrize("how", GONE_WRONG)
def test_a_faulty_child_affects_its_image_only(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child.py"
    child.write_text(GONE_WRONG[how])
    monkeypatch.setattr(decoding, "_CHILD", child)
    assert decoding.SECONDS < 5
    monkeypatch.setattr(decoding, "SECONDS", 1.0)  # the rest of the five seconds is for a busy machine
    began = time.monotonic()
    found = decode(JPEG + bytes(3_000_000))
    assert time.monotonic() - began <= 5
    assert found.media_type == "image/jpeg" and found.refused and not found.renditions
    assert len(found.refused) <= 120


# --- valid images -----------------------------------------------------------------------------------------------------


def saved(picture: Image.Image, kind: str = "PNG", **given: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **given)
    return out.getvalue()


def view_of(found: DecodedFile, size: str = "view") -> Image.Image:
    assert not found.refused
    return Image.open(io.BytesIO(found.renditions[size])).convert("RGB")


def colour_at(picture: Image.Image, across: float, down: float) -> tuple[int, ...]:
    value = picture.getpixel((int(picture.width * across), int(picture.height * down)))
    assert isinstance(value, tuple)
    return value


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 24


RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 180, 40), (30, 40, 200), (255, 255, 255)


def quarters(width: int = 120, height: int = 80) -> Image.Image:
    """Red, green / blue, white."""
    picture = Image.new("RGB", (width, height), WHITE)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), RED)
    draw.rectangle((width // 2, 0, width, height // 2 - 1), GREEN)
    draw.rectangle((0, height // 2, width // 2 - 1, height), BLUE)
    return picture


UPRIGHT = {  # the pixels that a camera in this orientation stores
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_every_orientation_is_shown_upright(orientation: int, kind: str) -> None:
    way = UPRIGHT[orientation]
    stored = quarters() if way is None else quarters().transpose(way)
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = decode(saved(stored, kind, exif=exif))
    assert (found.width, found.height) == (120, 80)
    for picture in (view_of(found), view_of(found, "thumb")):
        assert picture.size == (120, 80)
        seen = [colour_at(picture, across, down) for down in (0.25, 0.75) for across in (0.25, 0.75)]
        assert all(map(near, seen, (RED, GREEN, BLUE, WHITE))), seen


def test_colours_follow_their_profile() -> None:
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile with red and green swapped.
    swapped = plain.replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")
    for kind in ("JPEG", "PNG", "WEBP"):
        as_it_is = colour_at(view_of(decode(saved(quarters(), kind, icc_profile=plain))), 0.25, 0.25)
        assert near(as_it_is, RED), as_it_is
        red, green, *_ = colour_at(view_of(decode(saved(quarters(), kind, icc_profile=swapped))), 0.25, 0.25)
        assert green > red + 100
        for rendition in decode(saved(quarters(), kind, icc_profile=swapped)).renditions.values():
            assert b"ICC" not in rendition


def test_every_colour_mode_is_rendered() -> None:
    grey = Image.linear_gradient("L")
    deep = Image.frombytes("I;16", (256, 256), b"".join(bytes((0, value)) for value in grey.tobytes()))
    hidden = quarters().convert("RGBA")
    hidden.putalpha(Image.new("L", hidden.size, 0))
    palette = quarters().quantize(8)
    for name, content, across, down, colour in (
        ("grey", saved(grey), 0.5, 0.5, (128, 128, 128)),
        ("sixteen bits", saved(deep), 0.5, 0.5, (128, 128, 128)),
        ("black and white", saved(grey.convert("1")), 0.5, 0.99, WHITE),
        ("palette", saved(palette), 0.25, 0.25, RED),
        ("palette with a hole", saved(palette, transparency=palette.getpixel((5, 5))), 0.25, 0.25, WHITE),
        ("hidden by transparency", saved(hidden), 0.25, 0.25, WHITE),
        ("grey with alpha", saved(grey.convert("LA")), 0.5, 0.5, (128, 128, 128)),
        ("print colours", saved(quarters().convert("CMYK"), "JPEG", quality=95), 0.25, 0.25, RED),
        ("without loss", saved(quarters(), "WEBP", lossless=True), 0.75, 0.25, GREEN),
        ("in passes", saved(quarters(), "JPEG", progressive=True, quality=95), 0.25, 0.75, BLUE),
    ):
        assert near(colour_at(view_of(decode(content)), across, down), colour), name


def test_a_photograph_of_24_megapixels_and_a_scan_of_35_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    # The child's own limit on processor time holds; only the wall time may be longer, on a busy machine.
    monkeypatch.setattr(decoding, "SECONDS", 120.0)
    photograph = Image.effect_noise((1500, 1000), 60).resize((6000, 4000)).convert("RGB")
    for picture, kind, given in (
        (photograph, "JPEG", {"quality": 88}),
        (photograph, "JPEG", {"quality": 80, "progressive": True}),
        (Image.new("RGB", (4960, 7016), "white"), "PNG", {"compress_level": 1}),
        (Image.new("RGBA", (4960, 7016), (200, 200, 200, 128)), "PNG", {"compress_level": 1}),
    ):
        found = decode(saved(picture, kind, **given))
        assert (found.width, found.height) == picture.size, found.refused
        view = view_of(found)
        assert max(view.size) == SIZES["view"]
        assert abs(view.width / view.height - picture.width / picture.height) < 0.01
        assert max(view_of(found, "thumb").size) == SIZES["thumb"]
        assert len(found.renditions["view"]) < 2_500_000


def test_a_phones_jpeg_with_a_second_image_is_rendered_as_one() -> None:
    found = decode(saved(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (300, 300))]))
    assert (found.media_type, found.width, found.height) == ("image/jpeg", 120, 80)


def test_a_small_image_is_not_enlarged() -> None:
    found = decode(saved(quarters(12, 8)))
    assert view_of(found).size == view_of(found, "thumb").size == (12, 8)


# --- perceptual hash --------------------------------------------------------------------------------------------------


def differing(one: DecodedFile, other: DecodedFile) -> int:
    assert len(one.perceptual_hash) == len(other.perceptual_hash) == 16
    return (int.from_bytes(one.perceptual_hash, "big") ^ int.from_bytes(other.perceptual_hash, "big")).bit_count()


def test_only_the_same_image_in_other_bytes_is_similar() -> None:
    first, second = (Image.effect_noise((16, 12), 90).resize((800, 600)).convert("RGB") for _ in range(2))
    found = decode(saved(first))
    turned = Image.Exif()
    turned[0x0112] = 6
    assert differing(found, decode(saved(first, "JPEG", quality=60))) <= 6
    assert differing(found, decode(saved(first.resize((400, 300)), "WEBP"))) <= 6
    assert differing(found, decode(saved(first.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=turned))) <= 6
    assert differing(found, decode(saved(second))) > 30
    assert (
        b""
        == decode(hostile_pdfs.sound()).perceptual_hash
        == decode(b"%PDF-").perceptual_hash
        == decode(b"").perceptual_hash
    )


def test_the_perceptual_hash_has_a_bit_where_brightness_rises() -> None:
    across = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).resize((90, 80))
    assert decode(saved(across)).perceptual_hash == b"\xff" * 8 + bytes(8)
    assert decode(saved(Image.linear_gradient("L").resize((80, 90)))).perceptual_hash == bytes(8) + b"\xff" * 8


# --- PDF --------------------------------------------------------------------------------------------------------------


def test_at_most_twenty_pages_are_rendered_in_order() -> None:
    pages = [Image.new("RGB", (60, 90), (place * 10, 0, 255 - place * 10)) for place in range(23)]
    found = decode(saved(pages[0], "PDF", save_all=True, append_images=pages[1:]))
    assert (found.media_type, found.pages, found.pages_in_file, found.refused) == ("application/pdf", 20, 23, "")
    assert list(found.renditions) == ["thumb", *(f"page-{number}" for number in range(1, 21))]
    for place in (0, 9, 19):
        drawn = view_of(found, f"page-{place + 1}")
        assert max(drawn.size) == PAGE_EDGE
        assert near(colour_at(drawn, 0.5, 0.5), (place * 10, 0, 255 - place * 10))
    assert max(view_of(found, "thumb").size) == SIZES["thumb"]


def test_filled_form_fields_are_rendered() -> None:
    def dark(filled: str) -> int:
        look_of = f"<</Type/XObject/Subtype/Form/BBox[0 0 200 30]/Length {len(filled)}>>"
        appearance = look_of.encode() + b"\nstream\n" + filled.encode() + b"\nendstream"
        field = "<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(x)/F 4/Rect[50 300 250 330]/AP<</N 6 0 R>>>>"
        content = hostile_pdfs.one_page("/AcroForm<</Fields[5 0 R]>>", "/Annots[5 0 R]", field, appearance)
        page = view_of(decode(content), "page-1").convert("L")
        return sum(page.histogram()[:100])

    assert dark("0 0 200 30 re f") > dark("") + 10_000


def test_pages_before_an_endless_one_are_rendered() -> None:
    tile = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.0001/YStep 0.0001/Resources<<>>"
    endless = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 6 0 R/Resources<</Pattern<</P 7 0 R>>>>>>"
    plain = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R>>"
    content = hostile_pdfs.document(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R 3 0 R 4 0 R 3 0 R]/Count 4>>",
        plain,
        endless,
        hostile_pdfs.stream(b"0 0 99 99 re f"),
        hostile_pdfs.stream(b"/Pattern cs /P scn 0 0 595 842 re f"),
        hostile_pdfs.stream(b"0 0 1 1 re f", tile),
    )
    began = time.monotonic()
    found = decode(content)
    assert time.monotonic() - began <= 5
    assert (found.pages, found.pages_in_file, found.refused) == (2, 4, "")


# --- types ------------------------------------------------------------------------------------------------------------

KINDS: dict[str, Callable[[], bytes] | bytes] = {
    "image/jpeg": lambda: saved(quarters(), "JPEG"),
    "image/png": lambda: saved(quarters()),
    "image/webp": lambda: saved(quarters(), "WEBP"),
    "application/pdf": b"%PDF-1.7",
    "application/zip": b"PK\x03\x04",
    "video/mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    "video/webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm",
    "video/x-matroska": b"\x1aE\xdf\xa3\x93B\x82\x88matroska",
    "image/heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "image/avif": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
    "application/octet-stream": b"<html>",
}


@pytest.mark.parametrize("name", KINDS)
def test_the_type_is_recognised_by_content(name: str) -> None:
    content = KINDS[name]
    assert media_type(content if isinstance(content, bytes) else content()) == name
