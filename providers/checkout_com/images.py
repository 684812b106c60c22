"""Titles of Checkout.com's images and files."""

import re

from providers.contract.report import EvidenceKind, ImageTitle

_ATTEMPT = re.compile(r"attempts/(?P<id>[^/]+)/")
"""Begins the labels of the files of one attempt."""
_ENTRY = re.compile(r"documents\[(\d+)\]")
_ASSET = re.compile(r"(?P<second>secondary_)?(?P<thing>face|document_front|document_back|document)_\w+")
"""Types of assets, such as ``secondary_document_front_video``."""


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
