"""The limited child in which pictures are decoded; run as a script, imports nothing of ours, trusts nothing it reads.

Reads the original from standard input; writes one line of JSON and then the renditions. Limits are set before the
decoder is loaded: memory, processor time, no files written, no core.
"""

import io
import json
import resource
import sys
from typing import Any

MEMORY = 256 * 1024 * 1024
SECONDS = 5
PIXELS = 40_000_000
SIZES = {"thumb": 320, "view": 1600}


def limit() -> None:
    """From here on this process can do little harm."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Decode, turn upright, re-encode; say in one word why not."""
    content = sys.stdin.buffer.read()
    from PIL import Image, ImageFile, ImageOps  # loads shared objects: the limit on memory comes after

    Image.init()
    limit()
    Image.MAX_IMAGE_PIXELS = PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        found = _renditions(Image, ImageOps, content)
    except MemoryError:
        found = {"refused": "too large"}, {}
    except Exception as error:
        found = {"refused": type(error).__name__}, {}
    meta, pictures = found
    meta["sizes"] = {name: len(data) for name, data in pictures.items()}
    sys.stdout.buffer.write(json.dumps(meta).encode() + b"\n")
    for data in pictures.values():
        sys.stdout.buffer.write(data)
    return 0


def _renditions(image_module: Any, ops: Any, content: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    with image_module.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
        width, height = picture.size
        if width * height > PIXELS:
            return {"refused": "too many pixels"}, {}
        if getattr(picture, "n_frames", 1) > 1:
            return {"refused": "more than one frame"}, {}
        media_type = image_module.MIME[picture.format]
        upright = width, height
        if picture.getexif().get(0x0112, 1) in (5, 6, 7, 8):
            upright = height, width
        # JPEG decodes at a fraction of its size, so that a large one fits into the memory.
        picture.draft("RGB", (SIZES["view"], SIZES["view"]))
        orientation = picture.getexif()
        picture.thumbnail((SIZES["view"], SIZES["view"]))
        picture.info.pop("exif", None)
        view = _on_white(image_module, picture)
    view.getexif()[0x0112] = orientation.get(0x0112, 1)
    view = ops.exif_transpose(view)
    small = view.copy()
    small.thumbnail((SIZES["thumb"], SIZES["thumb"]))
    meta = {"media_type": media_type, "width": upright[0], "height": upright[1]}
    return meta, {"thumb": _jpeg(small), "view": _jpeg(view)}


def _on_white(image_module: Any, picture: Any) -> Any:
    """Without transparency, which hides things."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        ground = image_module.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        return ground
    return picture.convert("RGB")


def _jpeg(picture: Any) -> bytes:
    clean = picture.copy()
    clean.info.clear()
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=88, optimize=False)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
