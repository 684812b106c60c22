"""Images and files of Checkout.com: links of a check, assets of attempts, PDF reports, and their titles."""

import json
import re
from collections.abc import Mapping
from typing import Any

from providers.checkout_com.products import NAME, PRODUCTS, Product, documents_of, text_of
from providers.contract.code_table import code_table
from providers.contract.payload_values import object_of
from providers.contract.report import Attempt, Evidence, EvidenceKind, ImageTitle, Kind

_ATTEMPT = re.compile(r"attempts/(?P<id>[^/]+)/")
"""Prefix of the labels of one attempt's files."""
_ENTRY = re.compile(r"documents\[(\d+)\]")
_ASSET = re.compile(r"(?P<second>secondary_)?(?P<thing>face|document_front|document_back|document)_\w+")
"""Types of assets, such as ``secondary_document_front_video``."""
PDF_LABEL = "pdf-report"
ASSETS_LABEL = "attempts/{}/assets"
DECIDED = frozenset({"approved", "declined"})
"""Extracted data and images are complete, and a PDF report can exist, only with these two."""
ASSET_KINDS: Mapping[str, EvidenceKind] = {
    "face_image": EvidenceKind.SELFIE,
    "face_video": EvidenceKind.VIDEO,
    "document_front_image": EvidenceKind.DOCUMENT_FRONT,
    "document_back_image": EvidenceKind.DOCUMENT_BACK,
    "document_front_video": EvidenceKind.VIDEO,
    "document_back_video": EvidenceKind.VIDEO,
    "document_signature_image": EvidenceKind.DOCUMENT_SIGNATURE,
    "secondary_document_front_image": EvidenceKind.DOCUMENT_FRONT,
    "secondary_document_back_image": EvidenceKind.DOCUMENT_BACK,
    "secondary_document_front_video": EvidenceKind.VIDEO,
    "secondary_document_back_video": EvidenceKind.VIDEO,
    "secondary_document_signature_image": EvidenceKind.DOCUMENT_SIGNATURE,
}
"""Every type of an attempt's assets; any other is copied as ``OTHER``."""
_SIDES: tuple[tuple[str, str, EvidenceKind], ...] = (
    ("front", "front_image_signed_url", EvidenceKind.DOCUMENT_FRONT),
    ("back", "back_image_signed_url", EvidenceKind.DOCUMENT_BACK),
    ("signature", "signature_image_signed_url", EvidenceKind.DOCUMENT_SIGNATURE),
)
_NOTHING_CAPTURED = frozenset({"expired", "capture_refused"})
"""Attempts that ended before anything could be captured: their assets are not requested."""


def list_evidence(
    check: Mapping[str, Any], status: str, attempts: tuple[Attempt, ...], kind: Kind
) -> tuple[Evidence, ...]:
    """The evidence to copy now: images and report after the decision, assets after the end of their attempt."""
    product = PRODUCTS[kind]
    if not product.has_attempts:
        return ()
    found = images_in(check) if status in DECIDED else []
    if product.has_pdf and status in DECIDED:
        found.append(Evidence(kind=EvidenceKind.REPORT_PDF, label=PDF_LABEL))
    found += [
        Evidence(kind=EvidenceKind.OTHER, label=ASSETS_LABEL.format(attempt.id))
        for attempt in attempts
        if attempt.id and attempt.status not in _NOTHING_CAPTURED and _has_ended(attempt, product)
    ]
    return tuple(found)


def _has_ended(attempt: Attempt, product: Product) -> bool:
    row = code_table(NAME).find("attempt_status", attempt.status, applies_to=product.applies_to)
    return row is not None and row.terminal


def images_in(check: Mapping[str, Any]) -> list[Evidence]:
    """The images that a check links to: ``face`` (never ``face_image``) and the sides of its documents.

    A value that should be a link but is not is listed, so that the case shows that nothing was copied.
    """
    found = []
    if link := _named_link(object_of(check.get("face")).get("image_signed_url")):
        found.append(Evidence(kind=EvidenceKind.SELFIE, label="face", url=link))
    many = isinstance(check.get("documents"), list)
    for index, document in enumerate(documents_of(check)):
        name = f"documents[{index}]" if many else "document"
        for side, key, kind in _SIDES:
            if link := _named_link(document.get(key)):
                found.append(Evidence(kind=kind, label=f"{name}.{side}", url=link))
    return found


def assets(page: list[Any], attempt_id: str) -> list[Evidence]:
    """The images and videos of one attempt with unique, stable labels: a repeated type gets a number.

    An entry without a link is included, so that the case shows that it cannot be copied.
    """
    found: list[Evidence] = []
    seen: dict[str, int] = {}
    for entry in page:
        link = _named_link(object_of(object_of(object_of(entry).get("_links")).get("asset_url")).get("href"))
        name = text_of(object_of(entry).get("type"))[:64] or "asset"
        seen[name] = seen.get(name, 0) + 1
        label = f"attempts/{attempt_id}/{name}" + (f"-{seen[name]}" if seen[name] > 1 else "")
        found.append(Evidence(kind=ASSET_KINDS.get(name, EvidenceKind.OTHER), label=label, url=link))
    return found


def report_link(answer: Any) -> str:
    """The link of a PDF report: ``pdf_report``, or ``signed_url`` as in older typed clients; else ""."""
    body = object_of(answer)
    return _link(body.get("pdf_report")) or _link(body.get("signed_url"))


def _named_link(value: Any) -> str:
    """A link, or the text of any other value; empty for null and blanks."""
    text = value if isinstance(value, str) else json.dumps(value) if value is not None else ""
    return text.strip()


def _link(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if text.lower().startswith(("https://", "http://")) and len(text) <= 8192 else ""


def describe(label: str, kind: str, name: str = "") -> ImageTitle:
    """The part of the check and the attempt that an image or file belongs to. ``name`` is the path of the asset."""
    attempt = _ATTEMPT.match(label)
    return ImageTitle(attempt=attempt["id"] if attempt else "", part=_part(label, kind, name))


def _part(label: str, kind: str, name: str) -> str:
    if entry := _ENTRY.match(label):
        return f"of document {int(entry[1]) + 1}" if entry[1] != "0" else ""
    asset = _ASSET.fullmatch(re.sub(r"-\d+$", "", name.rpartition("/")[2]))
    if asset is None:
        return ""
    which = "second document" if asset["second"] else ""
    if kind != EvidenceKind.VIDEO:
        return f"of the {which}" if which else ""
    thing = asset["thing"].replace("_", " ")
    return f"of the {thing.replace('document', which)}" if which else f"of the {thing}"
