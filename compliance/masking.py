"""What is shown of a document number, a phone or an address until somebody asks to see it, which is recorded. Pure."""

import re
from collections.abc import Callable, Iterable

from compliance.facts import countries, masks, numbers

LABELS = {"document_number": "document number", "phone": "phone", "address": "address"}
"""Facts that are masked, as the button says them."""
DOTS = "•••••"
"""Always as many: the length of what is hidden is nobody's business either."""
_SHOWN_END = 3
_SHORTEST_PHONE = 8
_LONGEST_STATE = 24
_STATES = frozenset((
    "ok", "warning", "error", "yes", "no", "match", "mismatch", "passed", "failed", "valid", "invalid", "not_found",
    "not_match", "none", "unknown", "n/a", "null", "verified", "not_verified", "present", "missing", "true", "false",
    "approved", "rejected",
))  # fmt: skip
_SHORTEST_SECRET = 5
"""Letters and digits from which a value is looked for inside others; a shorter one stands in many by chance."""


def masked(kind: str, value: str) -> str:
    """The value as it may stand on a page that nobody asked to see it on. ``kind`` is a name of ``LABELS``."""
    return _MASKS.get(kind, _all)(value.strip())


def _all(value: str) -> str:
    return DOTS


def _number(value: str) -> str:
    """The last three signs of it, fewer of a short one: never more than a third."""
    signs = [sign for sign in value if sign.isalnum()]
    shown = min(_SHOWN_END, len(signs) // 3)
    return DOTS + "".join(signs[len(signs) - shown :]) if shown and not masks.is_masked(value) else DOTS


def _phone(value: str) -> str:
    """The first digits of an international number, which tell the country, and the last two of any."""
    digits = re.sub(r"\D", "", value)
    if len(digits) < _SHORTEST_PHONE or masks.is_masked(value):
        return DOTS
    return f"{f'+{digits[:2]}' if value.startswith('+') else ''}{DOTS}{digits[-2:]}"


def _address(value: str) -> str:
    """Its country, if it ends with one that is known as such."""
    street, _, last = value.rpartition(",")
    is_country = bool(street.strip()) and len(countries.codes_of(last.strip())) == 1
    return f"{DOTS}, {last.strip()}" if is_country else DOTS


_MASKS: dict[str, Callable[[str], str]] = {"document_number": _number, "phone": _phone, "address": _address}


def is_state(value: str) -> bool:
    """Whether a value under the key of a number or an address is only a word about it: ``OK``, ``MISMATCH``."""
    return len(value) <= _LONGEST_STATE and value.strip().casefold().replace(" ", "_") in _STATES


def secrets_of(values: Iterable[str]) -> frozenset[str]:
    """What must not stand inside another value either, such as a number inside the lines for machines."""
    plain = (numbers.plain(value) for value in values if not masks.is_masked(value))
    return frozenset(value for value in plain if len(value) >= _SHORTEST_SECRET and re.search(r"\d", value))


def holds(value: str, secrets: frozenset[str]) -> bool:
    """Whether one of the secrets stands inside the value, whatever the case and the separators."""
    plain = re.sub(r"[^a-z0-9]", "", numbers.plain(value)) if secrets else ""
    return any(secret in plain for secret in secrets)
