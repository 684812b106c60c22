"""Pictures out of a Preventor answer whose shape is not published.

The page names the types and says which are uploads and which are cut out; how bytes travel is unknown. So the JSON is
walked, and a picture is taken as data URI, as bare base64 or as a link, wherever it stands.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from providers import payload_paths
from providers.evidence_files import MAX_FILE_BYTES, MAX_PICTURE_BYTES, unpacked
from providers.preventor_parts import snake
from providers.report import Evidence, EvidenceKind

# "Specifies which images must be retrieved"; ALL and lists are understood but never asked for.
IMAGE_TYPES = {
    "SELF_PORTRAITS": EvidenceKind.SELFIE,
    "DOCUMENT": EvidenceKind.DOCUMENT,
    "DOCUMENT_PORTRAIT": EvidenceKind.DOCUMENT_PORTRAIT,
    "DOCUMENT_SIGNATURE": EvidenceKind.DOCUMENT_SIGNATURE,
    "DOCUMENT_GHOST_PORTRAIT": EvidenceKind.DOCUMENT_GHOST_PORTRAIT,
}
# What the way to a picture must hold, all of it, the most particular first. "portraits" alone is an older name of the
# selfies and a plain one of the cut-out portrait, so it names nothing.
_BY_CONTAINER = (
    (("ghost",), "DOCUMENT_GHOST_PORTRAIT"),
    (("signature",), "DOCUMENT_SIGNATURE"),
    (("self_portrait",), "SELF_PORTRAITS"),
    (("selfie",), "SELF_PORTRAITS"),
    (("document", "portrait"), "DOCUMENT_PORTRAIT"),
    (("document",), "DOCUMENT"),
)
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"%PDF", "application/pdf"))
_PDF_START = "JVBERi"
_BASE64_STARTS = ("/9j/", "iVBORw", _PDF_START)
_SHORTEST_BASE64 = 64
"""Characters from which text in the letters of base64 is a picture and not a word that happens to begin like one."""
IN_TICKET = "ticket: "
"""How the label of a picture begins that stood in the ticket itself; its path follows."""
LONGEST_LABEL = 200
_PICTURE_WORDS = frozenset((
    "picture", "image", "photo", "selfie", "portrait", "signature", "ghost", "scan", "thumbnail", "img", "pic",
    "snapshot", "foto", "imagen",
))  # fmt: skip
_NUMBERED = re.compile(r"(?:picture|image|photo|document|self_portrait|selfie)s?_?([1-9])")
_SIDES = {"front": 1, "anverse": 1, "obverse": 1, "back": 2, "reverse": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A picture that an answer holds or points to; exactly one of ``content``, ``link`` and ``problem`` is set."""

    kind: EvidenceKind
    label: str
    image_type: str = ""
    """One of ``IMAGE_TYPES``, or empty when several were asked for and the path names none of them."""
    content: bytes = field(default=b"", repr=False)
    link: str = field(default="", repr=False)
    problem: str = ""
    """Why this picture cannot be had, as a sentence."""


def pictures_in(answer: Any, asked: tuple[str, ...]) -> tuple[Found, ...]:
    """Every picture of an answer to a request for the types ``asked``, in document order.

    A picture that stands under the name of a type which was not asked for is left out: it comes with its own request.
    """
    found: list[Found] = []
    for path, value in payload_paths.leaves(answer):
        if isinstance(value, str) and (picture := _picture(path, value, asked)):
            found.append(picture)
    return tuple(found)


def _picture(path: str, value: str, asked: tuple[str, ...]) -> Found | None:
    text = value.strip()
    is_link = re.match(r"https?://", text, re.IGNORECASE) is not None
    is_inline = text[:5].lower() == "data:" or re.sub(r"\s", "", text[:40]).startswith(_BASE64_STARTS)
    if not (is_link or is_inline):
        return None
    named = _type_of(path)
    if named and named not in asked:
        return None
    image_type = named or (asked[0] if len(asked) == 1 else "")
    kind, label = _kind_and_label(image_type, path)
    if is_link:
        return Found(image_type=image_type, kind=kind, label=label, link=text)
    content, problem = decoded(text)
    return Found(image_type=image_type, kind=kind, label=label, content=content, problem=problem)


def decoded(text: str) -> tuple[bytes, str]:
    """The bytes of a data URI or of bare base64, and an empty sentence; or no bytes and what is wrong with them."""
    head = text[:200].partition(",")[2] if text[:5].lower() == "data:" else text[:200]
    is_pdf = re.sub(r"\s", "", head).startswith(_PDF_START)
    content, problem = unpacked(text, max_bytes=MAX_FILE_BYTES if is_pdf else MAX_PICTURE_BYTES)
    if content and not media_type(content):
        return b"", "The bytes are neither JPEG nor PNG nor PDF."
    return content, problem


def media_type(content: bytes) -> str:
    """By the first bytes, never by what the answer calls it; empty for anything but JPEG, PNG and PDF."""
    return next((name for start, name in _MAGIC if content.startswith(start)), "")


def _type_of(path: str) -> str:
    """The type that the way to a picture names, the most particular one: ``document.portrait`` is a portrait."""
    trail = "_".join(snake(part) for part in re.split(r"[.\[\]]+", path) if part and not part.isdigit())
    return next((image_type for marks, image_type in _BY_CONTAINER if all(mark in trail for mark in marks)), "")


def _kind_and_label(image_type: str, path: str) -> tuple[EvidenceKind, str]:
    number = _number(path)
    if not image_type:
        return EvidenceKind.OTHER, path or "picture"
    label = f"{image_type} {number}" if number else image_type if _is_plain(path) else f"{image_type}: {path}"
    if image_type == "DOCUMENT" and number in (1, 2):
        return (EvidenceKind.DOCUMENT_FRONT, EvidenceKind.DOCUMENT_BACK)[number - 1], label
    return IMAGE_TYPES[image_type], label


def _number(path: str) -> int:
    """Which of several: ``picture_1``, ``picture1``, a side, or the place in a list; 0 when the path does not say."""
    parts = [part for part in re.split(r"[.\[\]]+", path) if part]
    for part in reversed(parts):
        if re.fullmatch(r"[0-9]{1,4}", part):
            return int(part) + 1
        name = snake(part)
        if name in _SIDES:
            return _SIDES[name]
        if numbered := _NUMBERED.fullmatch(name):
            return int(numbered[1])
    return 0


def _is_plain(path: str) -> bool:
    return "." not in path and "[" not in path


def evidence_in(ticket: Any, *, holds_evidence: Callable[[str], bool] = lambda url: False) -> Iterator[Evidence]:
    """Every picture that a ticket itself holds as data URI or base64, or links to, at any depth, labelled by its path.

    A link counts where it leads to a place that ``holds_evidence``, and where a name on the way or the end of its
    address says picture, wherever that one leads: it is told on the case that it may not be followed. Others are pages.
    """
    for path, value in payload_paths.leaves(ticket):
        if not isinstance(value, str):
            continue
        text = value.strip()
        kind = _kind_and_label(_type_of(path), path)[0]
        if _is_inline(text):
            yield Evidence(kind=kind, label=label_in_ticket(path), inline=text)
        elif re.match(r"https?://", text, re.IGNORECASE) and (holds_evidence(text) or _says_picture(path, text)):
            yield Evidence(kind=kind, label=label_in_ticket(path), url=text)


def label_in_ticket(path: str) -> str:
    """The label of what stands at this path: whole where it fits, else its end and a mark of the whole."""
    label = f"{IN_TICKET}{path}"
    if len(label) <= LONGEST_LABEL:
        return label
    mark = hashlib.sha256(path.encode()).hexdigest()[:12]
    return f"{IN_TICKET}…{path[-(LONGEST_LABEL - 30) :]} ({mark})"


def _is_inline(text: str) -> bool:
    head = re.sub(r"\s", "", text[:200])
    if head[:5].lower() == "data:":
        return head[:11].lower() == "data:image/" or head.partition(",")[2].startswith(_BASE64_STARTS)
    return len(text) >= _SHORTEST_BASE64 and head.startswith(_BASE64_STARTS)


def _says_picture(path: str, url: str) -> bool:
    keys = (snake(part) for part in re.split(r"[.\[\]]+", path) if part)
    words = {re.sub(r"[0-9]+$", "", word).removesuffix("s") for key in keys for word in key.split("_")}
    return (
        bool(words & _PICTURE_WORDS) or re.search(r"\.(jpe?g|png|webp|pdf)$", url.partition("?")[0], re.I) is not None
    )
