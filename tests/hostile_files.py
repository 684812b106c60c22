"""Hostile files: 30 families of ten, the same in every run.

A script in one of them requests the address that the test listens at, sets a mark and opens a dialog.
"""

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from PIL import Image

from providers import EvidenceKind
from tests import hostile_pdfs
from tests.hostile_pdfs import script

Fate = Literal["shown", "refused", "either"]
GPS_PLACE = {1: "N", 2: (6.0, 27.0, 14.25), 3: "E", 4: (3.0, 23.0, 40.5)}
CAMERA = "CANARY-CAMERA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One file and its expected fate."""

    family: str
    number: int
    content: bytes
    fate: Fate
    """Whether an image of it is shown."""
    kind: EvidenceKind

    def __str__(self) -> str:
        return f"{self.family}-{self.number}"


# --- pieces -----------------------------------------------------------------------------------------------------------


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*chunks: bytes) -> bytes:
    """A PNG of these chunks."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def header(width: int, height: int, depth: int = 8, colours: int = 2, interlaced: int = 0) -> bytes:
    """The first chunk of a PNG."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, interlaced))


END = chunk(b"IEND", b"")


def segment(marker: int, data: bytes) -> bytes:
    """A segment of a JPEG, at most 65,533 bytes."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP of these chunks."""
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def member(name: str, compressed: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    """A file in an archive, with a fixed time."""
    info = zipfile.ZipInfo(name)
    info.compress_type = compressed
    return info


def box(name: bytes, data: bytes) -> bytes:
    """A box of an MP4."""
    return struct.pack(">I", len(data) + 8) + name + data


def plain(width: int = 64, height: int = 48, mode: str = "RGB", seed: int = 1) -> Image.Image:
    """An image with a pattern."""
    grain = random.Random(seed).randbytes(12 * 9 * 3)
    return Image.frombytes("RGB", (12, 9), grain).resize((width, height)).convert(mode)


@cache
def encoded(kind: str, width: int = 64, height: int = 48, mode: str = "RGB") -> bytes:
    """The plain image as a file."""
    out = io.BytesIO()
    plain(width, height, mode).save(out, kind, **({"quality": 90} if kind != "PNG" else {}))
    return out.getvalue()


@cache
def zeros(megabytes: int) -> bytes:
    """Megabytes of zeros, deflated to a thousandth."""
    squeeze = zlib.compressobj(1)
    return b"".join([squeeze.compress(bytes(1 << 20)) for _ in range(megabytes)]) + squeeze.flush()


def located_exif(orientation: int | None = None, *, thumbnail: bool = False) -> bytes:
    """Exif with a place, a camera and optionally an orientation."""
    exif = Image.Exif()
    exif[0x010F] = CAMERA
    if orientation is not None:
        exif[0x0112] = orientation
    exif.get_ifd(0x8825).update(GPS_PLACE)
    if thumbnail:
        exif.get_ifd(0x8769)[0x927C] = b"GPS " + encoded("JPEG")  # a maker note with an image
    return exif.tobytes()


def xmp(canary: str) -> bytes:
    """XMP with a place and a script."""
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="6,27.2375N" exif:GPSLongitude="3,23.675E">'
        f'<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/"><![CDATA[{page(canary)}]]></dc:title>'
        "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    ).encode()


def page(canary: str) -> str:
    """An HTML page with scripts."""
    return f'<!doctype html><html><body onload="{script(canary)}"><script>{script(canary)}</script></body></html>'


def after_start(jpeg: bytes, *segments: bytes) -> bytes:
    """The JPEG with these segments after its first two bytes."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def saved(picture: Image.Image, kind: str, **given: object) -> bytes:
    """The image as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **given)
    return out.getvalue()


# --- bombs ------------------------------------------------------------------------------------------------------------


def png_headers(canary: str) -> Iterator[bytes]:
    """PNG headers with billions of pixels."""
    data = chunk(b"IDAT", zlib.compress(bytes(1000)))
    for depth, colours in ((8, 2), (8, 0), (16, 2), (8, 6), (1, 0), (8, 3), (16, 6)):
        palette = chunk(b"PLTE", bytes(6)) if colours == 3 else b""
        yield png(header(50_000, 50_000, depth, colours), palette, data, END)
    yield png(header(50_000, 50_000, interlaced=1), data, END)
    yield png(header(2**31 - 1, 2**31 - 1), data, END)
    yield png(header(40_000_001, 1), data, END)


def png_data(canary: str) -> Iterator[bytes]:
    """Many more pixels than bytes, and data after the last pixel."""
    for side, colours in ((6300, 6), (6300, 2), (6300, 0), (4500, 6), (8944, 2)):
        yield png(header(side, side, 8, colours), chunk(b"IDAT", zeros(side * side * 4 // 1_000_000)), END)
    yield png(header(6300, 6300, 16, 6), chunk(b"IDAT", zeros(310)), END)
    yield png(header(10, 10), chunk(b"IDAT", zeros(300)), END)
    yield png(header(6300, 6300, 8, 6, interlaced=1), chunk(b"IDAT", zeros(160)), END)
    yield png(header(20_000, 2_000), *[chunk(b"IDAT", zeros(120)[place : place + 1]) for place in range(50_000)], END)
    yield png(header(6300, 6300), chunk(b"IDAT", zeros(120)), chunk(b"IDAT", zeros(120)), END)


def png_notes(canary: str) -> Iterator[bytes]:
    """Text chunks and profiles that inflate to a thousand times their size, and thousands of text chunks."""
    pixels = chunk(b"IDAT", zlib.compress(bytes(31 * 10)))
    for name, lead in ((b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0"), (b"iCCP", b"a\0\0")):
        yield png(header(10, 10), chunk(name, lead + zeros(200)), pixels, END)
        yield png(header(10, 10), *[chunk(name, lead + zeros(1))] * 100, pixels, END)
    yield png(header(10, 10), *[chunk(b"tEXt", b"a\0" + bytes(1000))] * 8000, pixels, END)
    yield png(header(10, 10), *[chunk(b"puNK", b"")] * 300_000, pixels, END)
    yield png(header(10, 10), pixels, *[chunk(b"zTXt", b"a\0\0" + zeros(1))] * 1000, END)
    yield png(header(10, 10), chunk(b"PLTE", bytes(3 * 256)), struct.pack(">I", 2**31 - 1) + b"tEXt", pixels, END)


def png_frames(canary: str) -> Iterator[bytes]:
    """Animated PNG: up to 10,000 frames, and headers with more."""
    pixels = zlib.compress(b"\0\xff\0\0")
    for count, promised in ((2, 2), (10, 10), (100, 100), (1000, 1000), (10_000, 10_000), (2, 2**31 - 1), (0, 10_000)):
        frames = [chunk(b"acTL", struct.pack(">II", promised, 0)), _frame_of(0), chunk(b"IDAT", pixels)]
        for number in range(1, count):
            frames += [_frame_of(2 * number - 1), chunk(b"fdAT", struct.pack(">I", 2 * number) + pixels)]
        yield png(header(1, 1), *frames, END)
    yield saved(plain(), "PNG", save_all=True, append_images=[plain(seed=place) for place in range(2, 40)])
    yield png(header(1, 1), chunk(b"acTL", b"\0"), chunk(b"IDAT", pixels), END)
    yield png(header(1, 1), chunk(b"IDAT", pixels), chunk(b"acTL", struct.pack(">II", 10_000, 0)), END)


def _frame_of(number: int) -> bytes:
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, 1, 1, 0, 0, 1, 10, 0, 0))


def webp_headers(canary: str) -> Iterator[bytes]:
    """WebP headers with the largest size or more."""
    flags = b"\0\0\0\0"
    inner = encoded("WEBP")[12:]
    for side in (2**24, 50_000, 16_383):
        yield riff((b"VP8X", flags + (side - 1).to_bytes(3, "little") * 2)) + inner
    for side in (16_383, 6_300):
        bits = (side - 1) | (side - 1) << 14
        yield riff((b"VP8L", b"\x2f" + struct.pack("<I", bits) + bytes(100)))
        yield riff((b"VP8 ", b"\x30\1\0\x9d\x01\x2a" + struct.pack("<HH", side, side) + bytes(100)))
    yield saved(Image.new("RGB", (6_300, 6_300)), "WEBP", method=0, quality=1)
    yield riff((b"VP8X", b"\xff" * 10)) + inner
    yield b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff" + inner


def webp_frames(canary: str) -> Iterator[bytes]:
    """Animated WebP: up to 10,000 frames."""
    one = saved(Image.new("RGB", (1, 1)), "WEBP", lossless=True)[12:]
    frame = bytes(6) + bytes(6) + b"\x0a\0\0\0" + one
    for count in (2, 10, 100, 1000, 10_000, 50_000):
        yield riff((b"VP8X", b"\x02" + bytes(9)), (b"ANIM", bytes(6)), *[(b"ANMF", frame)] * count)
    yield riff((b"VP8X", b"\x02" + bytes(9)), (b"ANIM", bytes(6)))
    yield riff((b"VP8X", b"\x02\0\0\0" + b"\xff" * 6), (b"ANIM", bytes(6)), *[(b"ANMF", frame)] * 10)
    yield saved(plain(), "WEBP", save_all=True, append_images=[plain(seed=place) for place in range(2, 40)])
    yield riff((b"VP8X", b"\x02" + bytes(9)), (b"ANIM", bytes(6)), *[(b"ANMF", b"\xff" * 40)] * 100)


def jpeg_headers(canary: str) -> Iterator[bytes]:
    """JPEG with another size in its header than in its data."""
    for kind in ("baseline", "progressive"):
        whole = saved(plain(), "JPEG", progressive=kind == "progressive")
        place = next(whole.index(mark) for mark in (b"\xff\xc0\0", b"\xff\xc2\0") if mark in whole) + 5
        for height, width in ((50_000, 50_000), (65_500, 65_500), (6_300, 6_300), (0, 0), (65_500, 1)):
            yield whole[:place] + struct.pack(">HH", height, width) + whole[place + 4 :]


def jpeg_scans(canary: str) -> Iterator[bytes]:
    """Progressive JPEG with many equal passes over all its pixels."""
    for side, times in ((6_000, 20), (6_000, 200), (6_000, 2_000), (2_000, 5_000), (800, 20_000)):
        for grey in (False, True):
            whole = saved(Image.new("L" if grey else "RGB", (side, side), "gray"), "JPEG", progressive=True)
            last = whole.rindex(b"\xff\xda")
            yield whole[:-2] + whole[last:-2] * times + whole[-2:]


def zips(canary: str) -> Iterator[bytes]:
    """Archives that inflate to a thousand times their size, some of them named as images."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(member("selfie.jpg", zipfile.ZIP_DEFLATED), bytes(100 << 20), compresslevel=1)
    bomb = out.getvalue()
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as archive:
        for number in range(16):
            archive.writestr(member(f"{number}.zip"), bomb)
    yield from (bomb, b"\xff\xd8\xff\xe0" + bomb, b"\x89PNG\r\n\x1a\n" + bomb, nested.getvalue())
    yield encoded("JPEG") + bomb
    yield gzip.compress(bytes(100 << 20), 1, mtime=0)
    yield zeros(100)
    yield bomb[:-10]
    yield b"PK\x05\x06" + bytes(18)
    yield riff((b"VP8 ", bomb))


# --- polyglots --------------------------------------------------------------------------------------------------------


def gifars(canary: str) -> Iterator[bytes]:
    """A GIF that is also an archive or a script."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(member("META-INF/MANIFEST.MF"), "Main-Class: Run")
    gif = saved(plain(mode="P"), "GIF")
    yield gif + out.getvalue()
    yield f"GIF89a/*\0\0*/=1;{script(canary)}//".encode()
    yield f"GIF89a=0;{script(canary)}".encode()
    yield gif + page(canary).encode()
    yield saved(plain(mode="P"), "GIF", comment=page(canary).encode()[:250])
    yield gif[:6] + page(canary).encode()
    yield saved(plain(mode="P"), "GIF", save_all=True, append_images=[plain(mode="P", seed=n) for n in range(2, 300)])
    yield gif[:6] + struct.pack("<HH", 65_535, 65_535) + gif[10:]
    yield b"\xff\xd8\xff" + gif
    yield gif[:-1] + out.getvalue() + b";"


def jpeg_pages(canary: str) -> Iterator[bytes]:
    """A JPEG that is also an HTML page."""
    jpeg, html = encoded("JPEG"), page(canary).encode()
    yield after_start(jpeg, segment(0xFE, html))
    yield after_start(jpeg, segment(0xE1, b"Exif\0\0" + html))
    yield jpeg + html
    yield after_start(jpeg, segment(0xED, b"Photoshop 3.0\0" + html))
    yield after_start(jpeg, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(canary)))
    yield b"\xff\xd8\xff" + html
    yield jpeg[:-2] + html + jpeg[-2:]
    yield after_start(jpeg, segment(0xFE, f"*/=1;{script(canary)}/*".encode()))
    yield after_start(jpeg, segment(0xEE, html), segment(0xFE, html * 100))
    yield jpeg + b"\0" * 1000 + html + jpeg


def png_pages(canary: str) -> Iterator[bytes]:
    """A PNG that is also an HTML page or a script."""
    whole, html = encoded("PNG"), page(canary).encode()
    start, rest = whole[:33], whole[33:]
    yield start + chunk(b"tEXt", b"Title\0" + html) + rest
    yield start + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(canary)) + rest
    yield start + chunk(b"zTXt", b"Title\0\0" + zlib.compress(html)) + rest
    yield whole + html
    yield start + chunk(b"puNK", html) + rest
    yield whole[:8] + html
    yield start + chunk(b"iCCP", html[:79] + b"\0\0" + zlib.compress(html)) + rest
    yield png(header(10, 10), chunk(b"IDAT", zlib.compress(html * 10, 0)), END)
    yield start + chunk(b"eXIf", b"MM\0*" + html) + rest
    yield f"/*\x89PNG*/{script(canary)}".encode("latin-1") + whole


def svgs(canary: str) -> Iterator[bytes]:
    """SVG with scripts."""
    run, space = script(canary), 'xmlns="http://www.w3.org/2000/svg"'
    yield f'<svg {space} onload="{run}"/>'.encode()
    yield f"<?xml version='1.0'?><svg {space}><script>{run}</script></svg>".encode()
    yield f"<svg {space}><foreignObject>{page(canary)}</foreignObject></svg>".encode()
    yield f'<svg {space}><image href="{canary}" onerror="{run}"/></svg>'.encode()
    yield f'<?xml-stylesheet href="{canary}"?><svg {space}><a href="javascript:{run}"><text>x</text></a></svg>'.encode()
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    yield f'<!DOCTYPE svg [<!ENTITY l0 "ha">{laughs}]><svg {space}><text>&l9;</text></svg>'.encode()
    yield gzip.compress(f'<svg {space} onload="{run}"/>'.encode(), mtime=0)
    yield f'<!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]><svg {space}><text>&e;</text></svg>'.encode()
    yield f'\ufeff<svg {space} onload="{run}"/>'.encode("utf-16")
    yield encoded("PNG")[:8] + f'<svg {space} onload="{run}"/>'.encode()


def pages(canary: str) -> Iterator[bytes]:
    """HTML pages and scripts named as images."""
    html = page(canary)
    yield html.encode()
    yield b"\xef\xbb\xbf" + html.encode()
    yield html.encode("utf-16")
    yield f"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script>{script(canary)}</script></html>".encode()
    yield f"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n{html}".encode()
    yield script(canary).encode()
    yield f"@import url({canary});body{{background:url({canary})}}".encode()
    yield ("\0" * 600 + html).encode()
    yield f"#!/bin/sh\ncurl {canary}\n".encode()
    yield f"MZ\0\0{html}".encode()


# --- videos -----------------------------------------------------------------------------------------------------------


def mp4s(canary: str) -> Iterator[bytes]:
    """MP4 with HTML inside, without an end, and of other kinds with the same beginning."""
    html = page(canary).encode()
    start = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
    yield start + box(b"free", html) + box(b"mdat", html)
    yield start + box(b"moov", box(b"udta", box(b"meta", html)))
    yield box(b"ftyp", b"isom" + html)
    yield start + struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 2**63 - 1) + html
    yield start + box(b"moov", box(b"mvhd", b"\xff" * 100) + b"\0\0\0\0trak" * 1000)
    yield start + html
    yield html[:4] + b"ftypisom" + html
    yield box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", html)
    yield box(b"ftyp", b"avif\0\0\0\0mif1avif") + box(b"meta", bytes(1000))
    yield start + box(b"moov", b"".join(box(b"trak", html) for _ in range(50)))


def webms(canary: str) -> Iterator[bytes]:
    """WebM with scripts inside, without an end, and files with the same beginning."""
    html = page(canary).encode()
    start = (
        b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04B\x85\x81\x02"
    )
    endless = b"\x18S\x80g\x01\xff\xff\xff\xff\xff\xff\xff"
    yield start + endless + b"\xec" + struct.pack(">Q", len(html) | 1 << 56) + html
    yield start + html
    yield b"\x1aE\xdf\xa3" + html + b"webm"
    yield b"\x1aE\xdf\xa3\x9fB\x82\x88matroska" + html
    yield start + endless * 1000
    yield start + b"\x18S\x80g\x00" + b"\x1f\x43\xb6\x75\x81\xff" * 500
    yield f"/*\x1aE\xdf\xa3webm*/{script(canary)}".encode("latin-1")
    yield start + endless + b"\x12T\xc3g" + struct.pack(">Q", len(html) | 1 << 56) + html
    yield start + b"\xff" * 5000
    yield start


# --- metadata ---------------------------------------------------------------------------------------------------------


def located_jpegs(canary: str) -> Iterator[bytes]:
    """JPEG of every orientation with the place where it was taken."""
    for orientation in range(1, 9):
        yield saved(plain(), "JPEG", exif=located_exif(orientation))
    yield saved(plain(), "JPEG", exif=located_exif(3, thumbnail=True), comment=b"GPS 6.45 3.39")
    yield after_start(encoded("JPEG"), *[segment(0xE1, b"Exif\0\0" + located_exif(6)[6:])] * 3)


def located_others(canary: str) -> Iterator[bytes]:
    """Places in other formats and other metadata."""
    note = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(canary))
    for kind in ("PNG", "WEBP"):
        yield saved(plain(), kind, exif=located_exif(6))
        yield saved(plain(mode="RGBA"), kind, exif=located_exif(8))
    yield after_start(encoded("JPEG"), note)
    yield encoded("PNG")[:33] + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(canary)) + encoded("PNG")[33:]
    yield saved(plain(), "WEBP", xmp=xmp(canary))
    iptc = (
        b"Photoshop 3.0\x008BIM\x04\x04\0\0"
        + struct.pack(">I", 24)
        + b"\x1c\x02\x5a\x00\x05Lagos\x1c\x02\x65\x00\x09GPS 6.45N"
    )
    yield after_start(encoded("JPEG"), segment(0xED, iptc))
    yield saved(plain(), "MPO", save_all=True, append_images=[plain(seed=2)], exif=located_exif(1))
    yield saved(plain(mode="L"), "JPEG", exif=located_exif(5), comment=b"GPSLatitude 6.45")


def broken_notes(canary: str) -> Iterator[bytes]:
    """Exif and colour profiles that are false, circular or useless, in images without a fault."""
    jpeg = encoded("JPEG")
    for orientation in (0, 9, 65_535):
        yield saved(plain(), "JPEG", exif=located_exif(orientation))
    circle = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\x08"
    yield after_start(jpeg, segment(0xE1, circle))
    yield after_start(jpeg, segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"))
    yield after_start(
        jpeg, segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 65_535) + b"\1\x0f\0\2" * 5000)
    )
    many = [segment(0xE2, b"ICC_PROFILE\0" + bytes((place, 255)) + bytes(65_000)) for place in range(1, 256)]
    yield after_start(jpeg, *many[:160])
    profile = bytes(36) + b"acsp" + bytes(88) + struct.pack(">I", 2**31 - 1) + bytes(60_000)
    yield after_start(jpeg, segment(0xE2, b"ICC_PROFILE\0\1\1" + struct.pack(">I", 2**32 - 1) + profile[4:]))
    yield after_start(jpeg, segment(0xE2, b"ICC_PROFILE\0\1\1" + random.Random(7).randbytes(3000)))
    yield saved(plain(), "PNG", icc_profile=random.Random(8).randbytes(3000))


# --- broken files -----------------------------------------------------------------------------------------------------


def wrong_types(canary: str) -> Iterator[bytes]:
    """Image formats that are not supported."""
    for kind in ("BMP", "TIFF", "ICO", "TGA", "PPM", "PCX"):
        yield saved(plain(), kind)
    yield b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\nshowpage\n"
    yield b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 50_000, 50_000, 8, 3) + bytes(100)
    yield b"SIMPLE  =                    T" + b" " * 50 + gzip.compress(bytes(1 << 20), mtime=0)
    yield b"CWS\x0a" + bytes(100)


def cut(canary: str) -> Iterator[bytes]:
    """Valid files that end too early."""
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = encoded(kind, 300, 200)
        for share in (0.1, 0.5, 0.98):
            yield whole[: int(len(whole) * share)]
    yield hostile_pdfs.sound()[:300]


def tiny(canary: str) -> Iterator[bytes]:
    """Empty files, or a few bytes."""
    yield from (b"", b"\0", b"\xff", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP")
    yield from (b"%PDF-", b"\xff\xd8\xff\xd9", b"\0" * 70_000, b"\x89PNG\r\n\x1a\n" + END)


def bent(canary: str) -> Iterator[bytes]:
    """Valid files with flipped bits."""
    dice = random.Random(20_261)
    for kind in ("JPEG", "PNG", "WEBP"):
        for turned in (1, 20, 200):
            whole = bytearray(encoded(kind, 300, 200))
            for _ in range(turned):
                whole[dice.randrange(12, len(whole))] ^= 1 << dice.randrange(8)
            yield bytes(whole)
    whole = bytearray(hostile_pdfs.sound())
    for _ in range(40):
        whole[dice.randrange(8, len(whole))] ^= 1 << dice.randrange(8)
    yield bytes(whole)


# --- all --------------------------------------------------------------------------------------------------------------

Family = tuple[Callable[[str], Iterable[bytes]], Fate, EvidenceKind]
_SELFIE, _PDF, _VIDEO = EvidenceKind.SELFIE, EvidenceKind.REPORT_PDF, EvidenceKind.VIDEO
FAMILIES: dict[str, Family] = {
    "png-header": (png_headers, "refused", _SELFIE),
    "png-data": (png_data, "either", _SELFIE),
    "png-notes": (png_notes, "either", _SELFIE),
    "png-frames": (png_frames, "either", _SELFIE),
    "webp-header": (webp_headers, "either", _SELFIE),
    "webp-frames": (webp_frames, "either", _SELFIE),
    "jpeg-header": (jpeg_headers, "either", _SELFIE),
    "jpeg-scans": (jpeg_scans, "either", _SELFIE),
    "zip": (zips, "either", _SELFIE),
    "gifar": (gifars, "refused", _SELFIE),
    "jpeg-page": (jpeg_pages, "either", _SELFIE),
    "png-page": (png_pages, "either", _SELFIE),
    "svg": (svgs, "refused", _SELFIE),
    "page": (pages, "refused", _SELFIE),
    "mp4": (mp4s, "refused", _VIDEO),
    "webm": (webms, "refused", _VIDEO),
    "located-jpeg": (located_jpegs, "shown", _SELFIE),
    "located": (located_others, "shown", _SELFIE),
    "broken-notes": (broken_notes, "shown", _SELFIE),
    "wrong-type": (wrong_types, "refused", _SELFIE),
    "cut": (cut, "either", _SELFIE),
    "tiny": (tiny, "refused", _SELFIE),
    "bent": (bent, "either", _SELFIE),
    "pdf-script": (hostile_pdfs.scripts, "shown", _PDF),
    "pdf-files": (hostile_pdfs.files_inside, "shown", _PDF),
    "pdf-size": (hostile_pdfs.sizes, "either", _PDF),
    "pdf-pages": (hostile_pdfs.page_counts, "either", _PDF),
    "pdf-locked": (hostile_pdfs.locked, "refused", _PDF),
    "pdf-bomb": (hostile_pdfs.bombs, "either", _PDF),
    "pdf-broken": (hostile_pdfs.broken, "either", _PDF),
}
PER_FAMILY = 10


@cache
def hostile_file(family: str, number: int, canary: str) -> Hostile:
    """The file of that number in its family, counted from 1; ``canary`` is the address that its script requests."""
    made, fate, kind = FAMILIES[family]
    content = next(content for place, content in enumerate(made(canary), start=1) if place == number)
    return Hostile(family=family, number=number, content=content, fate=fate, kind=kind)


def names(*, every: bool) -> list[tuple[str, int]]:
    """Family and number: of all 300, or the first of each family."""
    return [(family, number) for family in FAMILIES for number in range(1, (PER_FAMILY if every else 1) + 1)]
