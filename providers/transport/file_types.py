"""File types by first bytes, never by name: the one table for providers and application."""

UNKNOWN = "application/octet-stream"
HEAD_BYTES = 128
"""Number of first bytes that are compared."""
PDF_STARTS_WITHIN = 1024
"""Bytes that may stand before the header of a PDF, as its readers accept (ISO 32000-1, implementation note 13)."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}
_STILL_BRANDS = {b"heic": "heic", b"heix": "heic", b"heim": "heic", b"heis": "heic", b"mif1": "heif", b"msf1": "heif"}
_STILL_BRANDS |= {b"avif": "avif", b"avis": "avif"}


def media_type(content: bytes) -> str:
    """The media type, such as ``image/jpeg``; ``application/octet-stream`` for an unknown type."""
    for start, name in _STARTS:
        if content.startswith(start):
            return name
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12], UNKNOWN)
    if content[4:8] == b"ftyp":
        still = _STILL_BRANDS.get(content[8:12])
        # A neutral first brand; the compatible ones name the format.
        if still == "heif" and b"avif" in (content[at : at + 4] for at in range(16, 64, 4)):
            still = "avif"
        return f"image/{still}" if still else "video/mp4"
    if content.startswith(b"\x1aE\xdf\xa3"):
        # Matroska and WebM share their first bytes; the name of the type follows within the header.
        return "video/webm" if b"webm" in content[:HEAD_BYTES] else "video/x-matroska"
    # The two letters alone are the beginning of many texts.
    if content[:2] == b"BM" and content[6:10] == bytes(4) and len(content) > 26:
        return "image/bmp"
    if b"%PDF-" in content[: PDF_STARTS_WITHIN + 5]:
        return "application/pdf"
    return UNKNOWN


def is_known(content: bytes) -> bool:
    """Whether these are the first bytes of an image, a video, a PDF or an archive."""
    return media_type(content) != UNKNOWN


def is_larger_kind(content: bytes) -> bool:
    """Whether these are the first bytes of a video, a PDF or an archive, which may be larger than an image."""
    name = media_type(content)
    return name.startswith("video/") or name in ("application/pdf", "application/zip")
