"""Hostile PDF files: seven families of ten."""

import random
import zlib
from collections.abc import Iterator


def script(canary: str) -> str:
    """A script without quotes, so that it fits into any attribute and any string."""
    return f"window.__ran=1;new Image().src=`{canary}`;alert(1)"


def document(*bodies: str | bytes, root: int = 1, trailer: str = "") -> bytes:
    """A PDF of these objects, numbered from 1."""
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + (body if isinstance(body, bytes) else body.encode("latin-1")) + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += f"trailer\n<</Size {len(bodies) + 1}/Root {root} 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def stream(data: bytes, words: str = "") -> bytes:
    """An object that holds bytes."""
    return f"<</Length {len(data)}{words}>>\nstream\n".encode() + data + b"\nendstream"


PAGES = "<</Type/Pages/Kids[3 0 R]/Count 1>>"
TEXT = b"BT /F1 24 Tf 50 700 Td (Report) Tj ET 0.2 0.5 0.5 rg 50 500 200 100 re f"
FONT = "/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"


def one_page(catalog: str = "", on_page: str = "", *more: str | bytes, size: str = "0 0 595 842") -> bytes:
    """A valid page with these entries in its catalog and on the page; further objects are numbered from 5."""
    return document(
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        PAGES,
        f"<</Type/Page/Parent 2 0 R/MediaBox[{size}]/Contents 4 0 R{FONT}{on_page}>>",
        stream(TEXT),
        *more,
    )


def sound() -> bytes:
    """A valid PDF."""
    return one_page()


def scripts(canary: str) -> Iterator[bytes]:
    """Actions that some readers perform automatically: run, open, send, start."""
    run = f"/S/JavaScript/JS(app.alert\\(1\\);app.launchURL\\('{canary}'\\);{script(canary)})"
    run = run.replace("alert(1)", "alert\\(1\\)").replace("Image()", "Image\\(\\)")
    yield one_page(f"/OpenAction<<{run}>>")
    yield one_page(f"/Names<</JavaScript<</Names[(a)<<{run}>>]>>>>")
    yield one_page("", f"/AA<</O<<{run}>>/C<<{run}>>>>")
    yield one_page(f"/OpenAction<</S/URI/URI({canary})>>")
    yield one_page("/OpenAction<</S/Launch/F(/bin/sh)/Win<</F(cmd.exe)/P(/c calc)>>>>")
    yield one_page(f"/OpenAction<</S/SubmitForm/F<</FS/URL/F({canary})>>>>/AcroForm<</Fields[]>>")
    yield one_page("", f"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 595 842]/A<<{run}>>>>]")
    yield one_page(f"/OpenAction<</S/GoToR/F(\\\\\\\\127.0.0.1\\\\share)>>/URI<</Base({canary})>>")
    xfa = f"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><script>{script(canary)}</script></xdp:xdp>".encode()
    yield one_page("/AcroForm<</XFA 5 0 R/Fields[6 0 R]>>", "/Annots[6 0 R]", stream(xfa), _field(run))
    yield sound() + f"<html><script>{script(canary)}</script></html>".encode()


def _field(run: str) -> str:
    return f"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(filled in)/Rect[50 300 250 330]/AA<</K<<{run}>>/F<<{run}>>>>>>"


def files_inside(canary: str) -> Iterator[bytes]:
    """Embedded files, opened by actions."""
    html = f"<html><script>{script(canary)}</script></html>".encode()
    for name, data in (
        ("a.html", html),
        ("a.exe", b"MZ" + bytes(200)),
        ("a.pdf", sound()),
        ("a.js", script(canary).encode()),
        ("a.zip", b"PK\5\6" + bytes(18)),
    ):
        inside = stream(data, "/Type/EmbeddedFile/Subtype/text#2Fhtml")
        named = f"<</Type/Filespec/F({name})/EF<</F 5 0 R>>>>"
        yield one_page(f"/Names<</EmbeddedFiles<</Names[({name}) 6 0 R]>>>>", "", inside, named)
        yield one_page(
            "/Collection<</View/D>>/OpenAction<</S/GoToE/T<</R/C/N(a)>>>>",
            "/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[9 9 50 50]/FS 6 0 R>>]",
            inside,
            named,
        )


def sizes(canary: str) -> Iterator[bytes]:
    """Pages of extreme sizes."""
    for size in (
        "0 0 14400000 14400000",
        "0 0 1e38 1e38",
        "0 0 0 0",
        "0 0 -595 -842",
        "0 0 100000 1",
        "0 0 1 100000",
        "0 0 0.0001 0.0001",
        "842 595 0 0",
        "-1e9 -1e9 1e9 1e9",
    ):
        yield one_page(size=size)
    yield one_page("", "/UserUnit 75000/Rotate 45")


def page_counts(canary: str) -> Iterator[bytes]:
    """Thousands of pages, wrong page counts, and circular page trees."""
    for count in (21, 1_000, 10_000):
        kids = " ".join(f"{number} 0 R" for number in range(4, count + 4))
        leaf = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R>>"
        tree = f"<</Type/Pages/Kids[{kids}]/Count {count}>>"
        yield document("<</Type/Catalog/Pages 2 0 R>>", tree, stream(TEXT), *[leaf] * count)
    same = "<</Type/Pages/Kids[" + "3 0 R " * 10_000 + "]/Count 10000>>"
    yield document("<</Type/Catalog/Pages 2 0 R>>", same, f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]{FONT}>>")
    for claimed in (2_147_483_647, -1, 0):
        tree = f"<</Type/Pages/Kids[3 0 R]/Count {claimed}>>"
        yield document("<</Type/Catalog/Pages 2 0 R>>", tree, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")
    yield document("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 10>>")
    yield document(
        "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 9>>", "<</Type/Pages/Kids[2 0 R]/Count 9>>"
    )
    deep = [f"<</Type/Pages/Kids[{number + 1} 0 R]/Count 1>>" for number in range(2, 5_000)]
    yield document("<</Type/Catalog/Pages 2 0 R>>", *deep, "<</Type/Page/MediaBox[0 0 595 842]>>")


def locked(canary: str) -> Iterator[bytes]:
    """Files with a password, of every version."""
    dice = random.Random(5)
    kinds = [(1, 2, 40), (2, 3, 128), (4, 4, 128), (5, 5, 256), (5, 6, 256), (9, 9, 256), (0, 0, 0)]
    for version, revision, bits in [*kinds, (1, 2, 40), (2, 3, 64), (4, 4, 128)]:
        long = 48 if revision >= 5 else 32
        owner, user, more = (dice.randbytes(long).hex() for _ in range(3))
        words = f"<</Filter/Standard/V {version}/R {revision}/Length {bits}/P -44/O<{owner}>/U<{user}>"
        if revision >= 5:
            words += f"/OE<{owner[:64]}>/UE<{user[:64]}>/Perms<{more[:32]}>"
        if version >= 4:
            words += "/CF<</StdCF<</CFM/AESV3/Length 32>>>>/StmF/StdCF/StrF/StdCF"
        yield document(
            "<</Type/Catalog/Pages 2 0 R>>",
            PAGES,
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
            stream(dice.randbytes(200)),
            words + ">>",
            trailer=f"/Encrypt 5 0 R/ID[<{more[:32]}><{more[:32]}>]",
        )


def bombs(canary: str) -> Iterator[bytes]:
    """Small files that take long to render."""
    yield _drawing(_flat(b"0 0 595 842 re f\n" * 3_000_000))
    yield _drawing(_flat(bytes(400 << 20)))
    yield _drawing(_flat(b"q " * 20_000_000))
    # Each form renders the next one ten times.
    laughs = [_form(b"/X Do " * 10, f"/Resources<</XObject<</X {number} 0 R>>>>") for number in range(6, 16)]
    yield _drawing(b"/X Do", "/XObject<</X 5 0 R>>", *laughs, _form(b"0 0 9 9 re f"))
    yield _drawing(b"/X Do", "/XObject<</X 5 0 R>>", _form(b"/X Do", "/Resources<</XObject<</X 5 0 R>>>>"))
    for words in ("/ColorSpace/DeviceRGB/BitsPerComponent 8", "/ImageMask true/BitsPerComponent 1"):
        image = f"/Type/XObject/Subtype/Image/Width 50000/Height 50000{words}/Filter/FlateDecode"
        yield _drawing(
            b"500 0 0 500 0 0 cm /X Do", "/XObject<</X 5 0 R>>", stream(zlib.compress(bytes(99 << 20), 1), image)
        )
    yield _drawing(_flat(b" ".join(b"%d %d m %d %d l S" % (n % 595, n % 842, n % 83, n % 97) for n in range(900_000))))
    shading = "<</ShadingType 1/ColorSpace/DeviceRGB/Domain[0 1e6 0 1e6]/Function 6 0 R>>"
    formula = stream(
        b"{ " + b"dup mul sin " * 20_000 + b"dup dup }", "/FunctionType 4/Domain[0 1 0 1]/Range[0 1 0 1 0 1]"
    )
    yield _drawing(b"/S sh", "/Shading<</S 5 0 R>>", shading, formula)
    tile = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.0001/YStep 0.0001/Resources<<>>"
    yield _drawing(b"/Pattern cs /P scn 0 0 595 842 re f", "/Pattern<</P 5 0 R>>", stream(b"0 0 1 1 re f", tile))


def _drawing(content: bytes, resources: str = "", *more: str | bytes) -> bytes:
    packed = "/Filter/FlateDecode" if content[:1] == b"\x78" else ""
    return document(
        "<</Type/Catalog/Pages 2 0 R>>",
        PAGES,
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<{resources}>>>>",
        stream(content, packed),
        *more,
    )


def _flat(content: bytes) -> bytes:
    return zlib.compress(content, 1)


def _form(content: bytes, words: str = "") -> bytes:
    return stream(content, f"/Type/XObject/Subtype/Form/BBox[0 0 595 842]{words}")


def broken(canary: str) -> Iterator[bytes]:
    """Files with contradictory structures."""
    whole = sound()
    yield whole[: len(whole) // 2]
    yield whole.replace(b"startxref\n", b"startxref\n9")
    yield whole.replace(b"/Root 1 0 R", b"/Root 3 0 R")
    yield whole.replace(b"/Root 1 0 R", b"/Root 99 0 R")
    yield b"%PDF-1.7\n" + random.Random(6).randbytes(4000)
    yield b"%PDF-1.7\n" + f"<script>{script(canary)}</script>".encode()
    yield whole.replace(b"/Contents 4 0 R", b"/Contents 3 0 R")
    yield whole.replace(b"/Length", b"/Lengte")
    yield b"%PDF-1.7\n" + b"[" * 500_000
    yield b"%PDF-1.7\n1 0 obj\n" + b"<</A" * 300_000 + b"\nendobj\ntrailer<</Root 1 0 R>>"
