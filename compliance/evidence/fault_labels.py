"""Sentences for analysts on why a file was not copied, or cannot be shown. Technical sentences are in the details."""

from collections.abc import Mapping

from compliance.enums import Refusal
from providers import FaultCode

_LABELS: dict[str, str] = {
    FaultCode.HOST_NOT_ALLOWED: "The link leads to {host}, from which copying is not allowed. An admin can allow it.",
    FaultCode.LINK_NOT_ALLOWED: "The link leads to an address from which copying is not allowed.",
    FaultCode.LINK_EXPIRED: "The link has expired.",
    FaultCode.FRESH_LINK_REFUSED: "The provider’s file store refused to return it.",
    FaultCode.NO_FILE_BEHIND_LINK: "The link returned no file.",
    FaultCode.NOT_BASE64: "The provider sent something other than an image.",
    FaultCode.REDIRECTED: "The provider’s answer was no image.",
    FaultCode.HTTP_ERROR: "The provider’s answer was no image.",
}


def fault_label(code: str, params: Mapping[str, str], detail: str) -> str:
    """The fault without network terms; ``detail`` itself for faults without a code, as in earlier releases."""
    if code not in _LABELS:
        return detail
    came = f"Only {params['came']} saved, the others are missing: " if "came" in params else ""
    return came + _LABELS[code].format(**params)


def refusal_label(stored: str) -> str:
    """Why a file cannot be shown, as the end of a sentence; texts of earlier releases are returned as stored."""
    code, _, error = stored.partition(":")
    if code not in Refusal.values:
        return stored
    return f"{Refusal(code).label} ({error})" if error else Refusal(code).label
