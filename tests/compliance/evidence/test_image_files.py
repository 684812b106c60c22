"""A table of files with right answers. All are made here, by Pillow, or by hand where a source is
named."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw

from compliance.enums import Refusal
from compliance.evidence.decoding import CLEANED_VIDEO, decode, has_view
from compliance.evidence.video.buffer import VideoFault
from tests.compliance.evidence import videos
from tests.decoded_files import decoded_once, in_child, in_process
from tests.hostile_pdfs import document, locked, one_page, sound

LEFT, RIGHT = (200, 30, 30), (30, 30, 200)


def picture(width: int = 120, height: int = 80, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    found = Image.new("RGB", (width, height), LEFT)
    ImageDraw.Draw(found).rectangle((width // 2, 0, width, height), fill=RIGHT)
    return found.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def heic(brand: bytes = b"heic") -> bytes:
    """The beginning of a HEIC file (ISO/IEC 23008-12, 10.2), whose decoder needs a thread that the limits forbid."""
    return b"\0\0\0\x18ftyp" + brand + bytes(4) + b"mif1heic" + bytes(64)


def turned(orientation: int, kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(picture(), kind, exif=exif)


def tall_jpeg(width: int, height: int) -> bytes:
    return saved(Image.new("L", (width, height), 200), "JPEG", quality=30)


def pdf(before: bytes = b"") -> bytes:
    return before + saved(picture(300, 200), "PDF")


def jpeg_after_jpeg() -> bytes:
    """A phone's JPEG with a second one behind it (CIPA DC-007, multi-picture format)."""
    return saved(picture(), "JPEG") + saved(Image.new("RGB", (10, 10)), "JPEG")


def chunk(kind: bytes, data: bytes, *, checksum: int | None = None) -> bytes:
    """A chunk of a PNG (ISO/IEC 15948, 5.3)."""
    found = zlib.crc32(kind + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", found)


def png_by_hand(*, checksum: int | None = None, text: bytes = b"", end: bytes = chunk(b"IEND", b"")) -> bytes:
    """Red and blue with 16 bits a colour, which Pillow does not write."""
    row = b"".join(struct.pack(">HHH", *(value * 257 for value in side)) * 60 for side in (LEFT, RIGHT))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 120, 80, 16, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + text + chunk(b"IDAT", zlib.compress((b"\0" + row) * 80), checksum=checksum) + end
    )


def declared_png(width: int, height: int) -> bytes:
    """The head of a PNG of this size."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", b"")
    )


def of_twelve_bits() -> bytes:
    return saved(picture(), "JPEG").replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c")


def _webm() -> bytes:
    return videos.webm_with_place(endless=False)


def neutral_brand(content: bytes) -> bytes:
    """The same file whose first brand is ``mif1`` (ISO/IEC 23008-12, 10.2): the format is a compatible brand."""
    return content[:8] + b"mif1" + content[12:]


Answer = tuple[str, tuple[int, int] | None, tuple[int, int] | None, str]
"""Media type, size of the original (upright), size of the view, refusal."""
FILES: dict[str, tuple[Callable[[], bytes], Answer]] = {
    "jpeg": (lambda: saved(picture(), "JPEG"), ("image/jpeg", (120, 80), (120, 80), "")),
    "jpeg progressive": (
        lambda: saved(picture(), "JPEG", progressive=True), ("image/jpeg", (120, 80), (120, 80), "")
    ),
    "jpeg grey": (lambda: saved(picture(mode="L"), "JPEG"), ("image/jpeg", (120, 80), (120, 80), "")),
    "jpeg cmyk": (lambda: saved(picture(mode="CMYK"), "JPEG"), ("image/jpeg", (120, 80), (120, 80), "")),
    "jpeg and another": (jpeg_after_jpeg, ("image/jpeg", (120, 80), (120, 80), "")),
    "jpeg cut": (lambda: saved(picture(900, 900), "JPEG")[:500], ("image/jpeg", None, None, "cut_short")),
    **{
        f"jpeg turned {way}": (
            lambda way=way: turned(way),  # type: ignore[misc]
            ("image/jpeg", (120, 80) if way < 5 else (80, 120), (120, 80) if way < 5 else (80, 120), ""),
        )
        for way in range(2, 9)
    },
    "jpeg of 45 megapixels": (lambda: tall_jpeg(9000, 5000), ("image/jpeg", (9000, 5000), (2400, 1333), "")),
    "jpeg above 200 megapixels": (
        lambda: saved(picture(), "JPEG").replace(struct.pack(">HH", 80, 120), struct.pack(">HH", 20_001, 10_000)),
        ("image/jpeg", None, None, "pixels"),
    ),
    "receipt": (lambda: tall_jpeg(1000, 9000), ("image/jpeg", (1000, 9000), (1000, 9000), "")),
    "receipt, larger": (lambda: tall_jpeg(2000, 12_000), ("image/jpeg", (2000, 12_000), (1000, 6000), "")),
    "very tall": (lambda: tall_jpeg(800, 30_000), ("image/jpeg", (800, 30_000), (516, 19_365), "")),
    "panorama": (lambda: tall_jpeg(9000, 1500), ("image/jpeg", (9000, 1500), (6000, 1000), "")),
    "line": (lambda: saved(picture(3000, 20), "PNG"), ("image/png", (3000, 20), (3000, 20), "")),
    "png": (lambda: saved(picture(), "PNG"), ("image/png", (120, 80), (120, 80), "")),
    "png palette": (lambda: saved(picture(mode="P"), "PNG"), ("image/png", (120, 80), (120, 80), "")),
    "png transparent": (lambda: saved(picture(mode="RGBA"), "PNG"), ("image/png", (120, 80), (120, 80), "")),
    "png of one bit": (lambda: saved(picture(mode="1"), "PNG"), ("image/png", (120, 80), (120, 80), "")),
    "png of 16 bits": (lambda: saved(picture(mode="I;16"), "PNG"), ("image/png", (120, 80), (120, 80), "")),
    "png animated": (
        lambda: saved(picture(), "PNG", save_all=True, append_images=[picture(mode="L").convert("RGB")]),
        ("image/png", None, None, "frames"),
    ),
    "webp": (lambda: saved(picture(), "WEBP"), ("image/webp", (120, 80), (120, 80), "")),
    "webp lossless": (lambda: saved(picture(), "WEBP", lossless=True), ("image/webp", (120, 80), (120, 80), "")),
    "avif": (lambda: saved(picture(), "AVIF"), ("image/avif", (120, 80), (120, 80), "")),
    "avif of 12 megapixels": (
        lambda: saved(picture(4032, 3024), "AVIF", speed=10), ("image/avif", (4032, 3024), (2400, 1800), "")
    ),
    "avif neutral": (lambda: neutral_brand(saved(picture(), "AVIF")), ("image/avif", (120, 80), (120, 80), "")),
    "avif turned": (lambda: turned(6, "AVIF"), ("image/avif", (80, 120), (80, 120), "")),
    "avif cut": (lambda: saved(picture(), "AVIF")[:60], ("image/avif", None, None, "damaged")),
    "heic": (heic, ("image/heic", None, None, "")),
    "heic neutral": (lambda: heic(b"mif1"), ("image/heif", None, None, "")),
    "pdf": (pdf, ("application/pdf", None, None, "")),
    "pdf after a line": (lambda: pdf(b"\r\n"), ("application/pdf", None, None, "")),
    "pdf after 1,024 bytes": (lambda: pdf(b"\n" * 1024), ("application/pdf", None, None, "")),
    "pdf after 1,025 bytes": (lambda: pdf(b"\n" * 1025), ("application/octet-stream", None, None, "")),
    "png of 16 bits a colour": (png_by_hand, ("image/png", (120, 80), (120, 80), "")),
    "png with a wrong checksum": (lambda: png_by_hand(checksum=1), ("image/png", (120, 80), (120, 80), "")),
    "png with a damaged comment": (
        lambda: png_by_hand(text=chunk(b"tEXt", b"a\0b", checksum=1)), ("image/png", None, None, "damaged")
    ),
    "png without its end": (lambda: png_by_hand(end=b""), ("image/png", (120, 80), (120, 80), "")),
    "png cut": (lambda: saved(picture(900, 900), "PNG")[:-300], ("image/png", None, None, "cut_short")),
    "png turned": (lambda: turned(6, "PNG"), ("image/png", (80, 120), (80, 120), "")),
    "png of 10,000 megapixels": (lambda: declared_png(100_000, 100_000), ("image/png", None, None, "pixels")),
    "longer than a JPEG": (lambda: saved(picture(65_535, 1), "PNG"), ("image/png", (65_535, 1), (65_500, 1), "")),
    "one pixel": (lambda: saved(picture(1, 1), "PNG"), ("image/png", (1, 1), (1, 1), "")),
    "jpeg turned 9": (lambda: turned(9), ("image/jpeg", (120, 80), (120, 80), "")),
    "jpeg without its end": (lambda: saved(picture(), "JPEG")[:-2], ("image/jpeg", (120, 80), (120, 80), "")),
    "jpeg of 12 bits": (of_twelve_bits, ("image/jpeg", None, None, "damaged")),
    "jpeg of several pictures": (
        lambda: saved(picture(), "MPO", save_all=True, append_images=[picture(60, 40)]),
        ("image/jpeg", (120, 80), (120, 80), ""),
    ),
    "webp animated": (
        lambda: saved(picture(), "WEBP", save_all=True, append_images=[picture(mode="L").convert("RGB")]),
        ("image/webp", None, None, "frames"),
    ),
    "webp turned": (lambda: turned(6, "WEBP"), ("image/webp", (80, 120), (80, 120), "")),
    "webp cut": (lambda: saved(picture(900, 900), "WEBP")[:200], ("image/webp", None, None, "cut_short")),
    "avif animated": (
        lambda: saved(picture(), "AVIF", save_all=True, append_images=[picture(mode="L").convert("RGB")]),
        ("image/avif", None, None, "frames"),
    ),
    "pdf of a huge page": (lambda: one_page(size="0 0 100000000 100000000"), ("application/pdf", None, None, "")),
    "pdf of a thin page": (lambda: one_page(size="0 0 1 100000"), ("application/pdf", None, None, "")),
    "pdf without its end": (lambda: sound()[:400], ("application/pdf", None, None, "pdf")),
    "pdf without a page": (
        lambda: document("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"),
        ("application/pdf", None, None, "pdf"),
    ),
    "pdf with a password": (lambda: next(locked("")), ("application/pdf", None, None, "password")),
    "mp4 without an index": (
        lambda: videos.box(b"ftyp", b"isom", bytes(4), b"isom") + videos.box(b"mdat", bytes(5000)),
        ("video/mp4", None, None, "nothing_playable"),
    ),
    "mp4 cut": (lambda: videos.mp4_with_place()[:700], ("video/mp4", None, None, "nothing_playable")),
    "matroska": (lambda: b"\x1aE\xdf\xa3\x93B\x82\x88matroska", ("video/x-matroska", None, None, "")),
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", ("application/octet-stream", None, None, "")),
    "bmp": (lambda: saved(picture(), "BMP"), ("image/bmp", None, None, "")),
    "gif": (lambda: saved(picture(), "GIF"), ("image/gif", None, None, "")),
    "tiff": (lambda: saved(picture(), "TIFF"), ("image/tiff", None, None, "")),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_decoded_as_its_row_states(name: str) -> None:
    made, answer = FILES[name]
    with decoded_once(in_process):
        found = decode(made())
    view = Image.open(io.BytesIO(found.renditions["view"])) if "view" in found.renditions else None
    size = (found.width, found.height) if found.width else None
    refused = found.refused.partition(":")[0]
    assert (found.media_type, size, view and view.size, refused) == answer
    assert found.pages == (found.media_type == "application/pdf" and not refused)


SIDES = ["jpeg", "jpeg cmyk", "png palette", "webp", "avif", "avif neutral", "png of 16 bits a colour"]


@pytest.mark.parametrize("name", SIDES)
def test_colours_and_sides_are_those_of_the_file(name: str) -> None:
    with decoded_once(in_process):
        view = Image.open(io.BytesIO(decode(FILES[name][0]()).renditions["view"]))
    for place, colour in (((20, 40), LEFT), ((100, 40), RIGHT)):
        shown = view.getpixel(place)
        assert isinstance(shown, tuple)
        assert max(abs(have - want) for have, want in zip(shown, colour, strict=True)) < 40, name


@pytest.mark.parametrize("name", ["avif", "avif of 12 megapixels", "receipt, larger", "pdf after 1,024 bytes"])
def test_the_limited_process_decodes_it(name: str) -> None:
    made, (media_type, size, _, _) = FILES[name]
    with decoded_once(in_child):
        found = decode(made())
    assert (found.media_type, found.refused) == (media_type, "")
    assert size is None or (found.width, found.height) == size


def test_a_jpeg_of_200_megapixels_is_decoded_within_the_memory_limit() -> None:
    found = decode(tall_jpeg(16_000, 12_500))
    assert (found.refused, found.width, found.height) == ("", 16_000, 12_500)
    assert Image.open(io.BytesIO(found.renditions["view"])).size == (2400, 1875)


@pytest.mark.parametrize(("made", "kind"), [(videos.mp4_with_place, "video/mp4"), (_webm, "video/webm")])
def test_videos_are_cleaned_in_the_limited_process(made: Callable[[], bytes], kind: str) -> None:
    content = made()
    assert videos.PLACE in content
    with decoded_once(in_child):
        found = decode(content)
    assert (found.media_type, found.refused) == (kind, "")
    cleaned = found.renditions[CLEANED_VIDEO]
    assert len(cleaned) == len(content)
    assert videos.PLACE not in cleaned


def test_the_refusals_of_videos_are_those_of_files() -> None:
    assert {fault.value for fault in VideoFault} <= set(Refusal.values)


def test_a_video_of_the_largest_size_is_cleaned_within_the_limits() -> None:
    content = videos.mp4_with_place(30 * 1024 * 1024)
    with decoded_once(in_child):
        found = decode(content)
    assert (found.refused, list(found.renditions)) == ("", [CLEANED_VIDEO])


@pytest.mark.parametrize(
    ("media_type", "refused", "width", "shown"),
    [
        ("image/jpeg", "", 10, True), ("image/jpeg", "pixels", None, False), ("image/png", "", None, True),
        ("image/avif", "", 10, True), ("image/avif", "", None, False), ("video/mp4", "", None, False),
    ],
)  # fmt: skip
def test_an_avif_file_of_an_earlier_release_has_no_view(
    media_type: str, refused: str, width: int | None, shown: bool
) -> None:
    assert has_view(media_type, refused, width) is shown
