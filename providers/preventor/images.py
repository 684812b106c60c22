"""Images in a Preventor answer, whose schema is not published.

The page names the types and distinguishes uploads from cut-outs; the encoding is not documented. So the JSON is walked,
and an image is accepted as data URI, as base64 or as a link, at any place. Any other value in the place of an image is
reported as an image that is not available; nothing is dropped.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from providers.contract import payload_paths
from providers.contract.report import Evidence, EvidenceKind, ImageTitle
from providers.preventor.parts import snake
from providers.transport import file_types
from providers.transport.downloads import head_of, unpacked

# "Specifies which images must be retrieved"; ALL, and types joined with commas, are requested if the account says so.
IMAGE_TYPES = {
    "SELF_PORTRAITS": EvidenceKind.SELFIE,
    "DOCUMENT": EvidenceKind.DOCUMENT,
    "DOCUMENT_PORTRAIT": EvidenceKind.DOCUMENT_PORTRAIT,
    "DOCUMENT_SIGNATURE": EvidenceKind.DOCUMENT_SIGNATURE,
    "DOCUMENT_GHOST_PORTRAIT": EvidenceKind.DOCUMENT_GHOST_PORTRAIT,
}
_CUT_OUTS = frozenset(("DOCUMENT_PORTRAIT", "DOCUMENT_SIGNATURE", "DOCUMENT_GHOST_PORTRAIT"))
"""Processed images: "their availability depends entirely on user's document type"."""
_NONE = frozenset((
    "na", "none", "null", "no", "false", "0", "empty", "missing", "absent", "unavailable", "not available", "not found",
    "not exist", "does not exist", "not present", "not applicable", "not supported", "not extracted", "no image",
    "no images", "no content",
))  # fmt: skip
"""Values that say that there is no image."""
_ABOUT_THE_REQUEST = frozenset(
    ("ticket", "ticket_id", "id", "type", "types", "image_type", "status", "code", "message")
)
"""Keys whose values repeat the request or say how it went."""
# Words that the path of an image must contain, the most specific first. "portraits" alone is ambiguous: an older name
# of the selfies, and a name of the cut-out portrait.
_BY_CONTAINER = (
    (("ghost",), "DOCUMENT_GHOST_PORTRAIT"),
    (("signature",), "DOCUMENT_SIGNATURE"),
    (("self_portrait",), "SELF_PORTRAITS"),
    (("selfie",), "SELF_PORTRAITS"),
    (("document", "portrait"), "DOCUMENT_PORTRAIT"),
    (("document",), "DOCUMENT"),
)
_SHORTEST_BASE64 = 64
"""Minimum length of base64 text with known first bytes that counts as an image and not as a word."""
_SHORTEST_UNKNOWN = 256
"""Minimum length of base64 text with any bytes that counts as an image and not as a word."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_\s-]+[=\s]*", re.ASCII)
_FOREIGN = "The bytes are of no known type of image or file."
_NO_IMAGE = "The value is neither a link nor an image."
IN_TICKET = "ticket: "
"""Prefix of the label of an image inside the ticket itself; its path follows."""
LONGEST_LABEL = 200
_IMAGE_WORDS = frozenset((
    "picture", "image", "photo", "selfie", "portrait", "signature", "ghost", "scan", "thumbnail", "img", "pic",
    "snapshot", "foto", "imagen",
))  # fmt: skip
_NUMBERED = re.compile(r"(?:picture|image|photo|document|self_portrait|selfie)s?_?([1-9])")
_SIDES = {"front": 1, "anverse": 1, "obverse": 1, "back": 2, "reverse": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An image that an answer contains or links to; exactly one of ``content``, ``link`` and ``problem`` is set."""

    kind: EvidenceKind
    label: str
    image_type: str = ""
    """One of ``IMAGE_TYPES``, or empty when several were requested and the path names none of them."""
    content: bytes = field(default=b"", repr=False)
    link: str = field(default="", repr=False)
    problem: str = ""
    """Why this image is not available, as a sentence."""


def images_in(answer: Any, asked: tuple[str, ...]) -> tuple[Found, ...]:
    """Every image of an answer to a request for the types ``asked``, in document order.

    An image under the name of another type is left out, because it has its own request. An answer with values but
    without an image is one unavailable image; only null and blanks count as nothing.
    """
    values = [(path, value) for path, value in payload_paths.leaves(answer) if _says_something(value)]
    images = [(path, value.strip()) for path, value in values if isinstance(value, str) and _is_for_one(path, value)]
    if values and not images:
        return (_not_understood(asked),)
    named = [(path, text, _type_of(path)) for path, text in images]
    return tuple(_found(path, text, name, asked) for path, text, name in named if not name or name in asked)


def says_there_is_none(answer: Any, asked: tuple[str, ...], ticket: str) -> bool:
    """Whether the document type has none of the cut-outs that were requested: the answer only repeats the request, or
    says so in a word. An image that the applicant sent must be there, so its absence is no such answer."""
    if not _CUT_OUTS.issuperset(asked):
        return False
    for path, value in payload_paths.leaves(answer):
        text = value.strip() if isinstance(value, str) else str(value)
        is_about_request = snake(payload_paths.last_key(path)) in _ABOUT_THE_REQUEST or text == ticket
        is_fine = is_about_request and not _is_link(text) and not _is_data(text) and len(text) < _SHORTEST_BASE64
        if _says_something(value) and not is_fine and _word(text) not in _NONE:
            return False
    return not _is_refusal(answer)


def _is_refusal(answer: Any) -> bool:
    """Whether an answer has the number of an error other than "not found"."""
    number = answer.get("status") if isinstance(answer, dict) else None
    text = str(number).strip()
    return text.isascii() and text.isdigit() and not 200 <= int(text) < 300 and int(text) != 404


def _word(text: str) -> str:
    return " ".join(re.split(r"[\W_]+", text.casefold().replace("n/a", "na"))).strip()


def _says_something(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def _is_for_one(path: str, value: str) -> bool:
    """Whether a text of an images answer is an image, or is at the place of one."""
    text = value.strip()
    if not text:
        return False
    return _is_link(text) or _is_data(text) or _is_packed(text) or _is_place(path) or _could_be_packed(text)


def _is_place(path: str) -> bool:
    """Whether the last key of the path names an image: ``picture_1``, ``front``, ``document_portrait``."""
    name = snake(payload_paths.last_key(path))
    last = re.sub(r"_?[0-9]+$", "", name).rpartition("_")[2].removesuffix("s")
    return last in _IMAGE_WORDS or last == "document" or name in _SIDES


def _is_link(text: str) -> bool:
    return re.match(r"https?://", text, re.IGNORECASE) is not None


def _is_data(text: str) -> bool:
    return text[:5].lower() == "data:"


def _is_packed(text: str) -> bool:
    """Whether this is base64 of a file with known first bytes."""
    return file_types.is_known(head_of(text))


def _could_be_packed(text: str) -> bool:
    return len(text) >= _SHORTEST_UNKNOWN and _BASE64.fullmatch(text) is not None


def _not_understood(asked: tuple[str, ...]) -> Found:
    image_type = asked[0] if len(asked) == 1 else ""
    kind, label = _kind_and_label(image_type, "")
    problem = "Preventor answered, but the answer contains no recognisable image."
    return Found(image_type=image_type, kind=kind, label=label, problem=problem)


def _found(path: str, text: str, named: str, asked: tuple[str, ...]) -> Found:
    image_type = named or (asked[0] if len(asked) == 1 else "")
    kind, label = _kind_and_label(image_type, path)
    if _is_link(text):
        return Found(image_type=image_type, kind=kind, label=label, link=text)
    content, problem = decoded(text, kind)
    return Found(image_type=image_type, kind=kind, label=label, content=content, problem=problem)


def decoded(text: str, kind: EvidenceKind = EvidenceKind.OTHER) -> tuple[bytes, str]:
    """The bytes of a data URI or of bare base64, and an empty sentence; or no bytes and the problem."""
    is_body = _is_data(text.lstrip()) or _is_packed(text) or _could_be_packed(text)
    content, problem = unpacked(text, kind) if is_body else (b"", _NO_IMAGE)
    return (b"", _FOREIGN) if content and not file_types.is_known(content) else (content, problem)


def _type_of(path: str) -> str:
    """The most specific type in the path of an image: ``document.portrait`` is a portrait."""
    trail = "_".join(snake(part) for part in _names(path) if not part.isdigit())
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
    """The number of an image: ``picture_1``, ``picture1``, a side, or the index in a list; 0 if the path has none."""
    for part in reversed(_names(path)):
        if re.fullmatch(r"[0-9]{1,4}", part):
            return int(part) + 1
        name = snake(part)
        if name in _SIDES:
            return _SIDES[name]
        if numbered := _NUMBERED.fullmatch(name):
            return int(numbered[1])
    return 0


def _names(path: str) -> list[str]:
    """The keys, their parts between dots, and the list indexes of a path."""
    return [part for part in re.split(r'[.\[\]"\\]+', path) if part]


def _is_plain(path: str) -> bool:
    return "." not in path and "[" not in path


def evidence_in(ticket: Any, *, holds_evidence: Callable[[str], bool] = lambda url: False) -> Iterator[Evidence]:
    """Every image that a ticket contains as data URI or base64, or links to, at any depth, labelled by its path.

    A link counts if its host ``holds_evidence``, or if a key of its path or the end of its address names an image: the
    case then shows that it may not be followed. Other links are pages.
    """
    for path, value in payload_paths.leaves(ticket):
        if not isinstance(value, str):
            continue
        text = value.strip()
        kind = _kind_and_label(_type_of(path), path)[0]
        if _is_inline(path, text):
            yield Evidence(kind=kind, label=label_in_ticket(path), inline=text)
        elif _is_link(text) and (holds_evidence(text) or _names_image(path) or _ends_as_image(text)):
            yield Evidence(kind=kind, label=label_in_ticket(path), url=text)


def describe(label: str, kind: str) -> ImageTitle:
    """The path in the ticket of an image of unknown type."""
    inside = kind == EvidenceKind.OTHER and label.startswith(IN_TICKET)
    return ImageTitle(path=label.removeprefix(IN_TICKET) if inside else "")


def label_in_ticket(path: str) -> str:
    """The label of an image at this path: the whole path if it fits, else its end and a hash of the whole."""
    label = f"{IN_TICKET}{path}"
    if len(label) <= LONGEST_LABEL:
        return label
    mark = hashlib.sha256(path.encode()).hexdigest()[:12]
    return f"{IN_TICKET}…{path[-(LONGEST_LABEL - 30) :]} ({mark})"


def _is_inline(path: str, text: str) -> bool:
    """Whether a text of a ticket is an image, or has the name of one and is no ordinary word."""
    if _is_data(text):
        return re.match(r"data:\s*(?:image|video)/", text, re.IGNORECASE) is not None or _is_packed(text)
    if len(text) >= _SHORTEST_BASE64 and _is_packed(text):
        return True
    return _could_be_packed(text) and _names_image(path)


def _names_image(path: str) -> bool:
    words = {re.sub(r"[0-9]+$", "", word).removesuffix("s") for part in _names(path) for word in snake(part).split("_")}
    return bool(words & _IMAGE_WORDS)


def _ends_as_image(url: str) -> bool:
    return re.search(r"\.(jpe?g|png|webp|pdf)$", re.split(r"[?#]", url, maxsplit=1)[0], re.IGNORECASE) is not None
