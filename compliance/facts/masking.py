"""Masks numbers of documents and persons, phone numbers and addresses until they are revealed, which is logged. Pure.

A value is masked by the name of its fact, and inside every other text of the case.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from anyascii import anyascii

from compliance.facts import countries, numbers, partial_values

LABELS = {
    "document_number": "document number", "personal_number": "personal number", "tax_number": "tax number",
    "phone": "phone", "address": "address",
}  # fmt: skip
"""Masked facts and their labels."""
DOTS = "•••••"
"""A fixed number, because the length of the hidden value is private, too."""
_SHOWN_END = 3
_SHORTEST_PHONE = 8
_LONGEST_STATE = 24
_STATES = frozenset((
    "ok", "warning", "error", "yes", "no", "match", "mismatch", "passed", "failed", "valid", "invalid", "not_found",
    "not_match", "none", "unknown", "n/a", "null", "verified", "not_verified", "present", "missing", "true", "false",
    "approved", "rejected",
))  # fmt: skip


def masked(kind: str, value: str) -> str:
    """The masked value. ``kind`` is a name of ``LABELS``."""
    return _MASKS.get(kind, _all)(value.strip())


def _all(value: str) -> str:
    return DOTS


def _number(value: str) -> str:
    """The last three characters, but never more than a third."""
    signs = [sign for sign in value if sign.isalnum()]
    shown = min(_SHOWN_END, len(signs) // 3)
    return DOTS + "".join(signs[len(signs) - shown :]) if shown and not partial_values.is_partial(value) else DOTS


def _phone(value: str) -> str:
    """The first digits of an international number, which name the country, and the last two of any."""
    digits = re.sub(r"\D", "", value)
    if len(digits) < _SHORTEST_PHONE or partial_values.is_partial(value):
        return DOTS
    return f"{f'+{digits[:2]}' if value.startswith('+') else ''}{DOTS}{digits[-2:]}"


def _address(value: str) -> str:
    """The country, if the address ends with a known one."""
    street, _, last = value.rpartition(",")
    is_country = bool(street.strip()) and len(countries.codes_of(last.strip())) == 1
    return f"{DOTS}, {last.strip()}" if is_country else DOTS


_MASKS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(numbers.NUMBERS, _number),
    "phone": _phone,
    "address": _address,
}


def is_state(value: str) -> bool:
    """Whether a value under the key of a number or address is only its state: ``OK``, ``MISMATCH``."""
    return len(value) <= _LONGEST_STATE and value.strip().casefold().replace(" ", "_") in _STATES


# --- the same value inside other texts --------------------------------------------------------------------------------

SHORTEST = 5
"""Letters and digits a value needs to be searched for; shorter ones are in other texts by chance."""
SHORTEST_INSIDE = 8
"""Letters and digits a value needs to be found inside a longer run; shorter ones are found as whole words."""
SHORTEST_WORD = 6
"""Letters of a street or a town without its number."""
_WHOLE_PHONE = 10
_NATIONAL = 8
"""Digits at the end of a phone number that identify it without country code."""
_LINE_FOR_MACHINES = 20
_OF_ANY_ADDRESS = frozenset((
    "street", "road", "avenue", "lane", "drive", "square", "boulevard", "apartment", "building", "house", "floor",
    "block", "suite", "unit", "calle", "avenida", "carrera", "colonia", "barrio", "plaza", "piso", "edificio", "rue",
    "strasse", "straat", "north", "south", "east", "west", "central", "centro", "unknown", "empty", "city", "district",
    "number", "numero", "postcode", "postal", "address", "direccion",
))  # fmt: skip
"""Words that identify no address."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The masked values of a case, to be found inside its other texts."""

    inside: dict[str, str] = field(default_factory=dict, repr=False)
    """Letters and digits -> kind, found everywhere."""
    between: dict[str, str] = field(default_factory=dict, repr=False)
    """The same, found only as whole words."""

    def kinds_in(self, text: str) -> frozenset[str]:
        """The facts whose values are in the text, ignoring case, accents and separators."""
        if not self.inside and not self.between:
            return frozenset()
        return frozenset(kind for _, _, kind in self._places(*_plain(text)))

    def hide(self, text: str, *, shown: Collection[str] = ()) -> str:
        """The text with dots for these values, except those of the kinds in ``shown``."""
        if self.kinds_in(text) <= set(shown):
            return text
        signs = [(at, sign) for at, letter in enumerate(text) for sign in _latin(letter) if sign.isalnum()]
        spans: list[tuple[int, int]] = []
        words = "".join(sign if sign.isalnum() else " " for letter in text for sign in _latin(letter) or " ")
        for begin, end, kind in sorted(self._places("".join(sign for _, sign in signs), words.split())):
            if kind not in shown:
                spans.append((signs[begin][0], signs[end - 1][0] + 1))
        return _dotted(text, spans) if spans else DOTS

    def _places(self, run: str, words: list[str]) -> Iterator[tuple[int, int, str]]:
        """Begin, end and kind of each value in a run of letters and digits, which consists of these words."""
        for secret, kind in self.inside.items():
            for begin in _all_of(secret, run):
                yield begin, begin + len(secret), kind
        here = [secret for secret in self.between if secret in run]
        edges = {0, *accumulate(map(len, words))} if here else set()
        for secret in here:
            for begin in _all_of(secret, run):
                if begin in edges and begin + len(secret) in edges:
                    yield begin, begin + len(secret), self.between[secret]


def secrets_of(facts: Iterable[tuple[str, str]], *, names: Iterable[str] = ()) -> Secrets:
    """The values to hide inside other texts, from pairs of a fact (``LABELS``) and a value.

    ``names`` are the person's: a town of the same name is no secret, because their name would be hidden with it.
    """
    secrets = Secrets()
    known = frozenset(word for name in names for word in _plain(name)[1])
    for kind, value in facts:
        if not partial_values.is_partial(value) and not is_state(value):
            for found in _FORMS.get(kind, _forms_of_number)(value):
                run, words = _plain(found)
                if not known.issuperset(words):
                    _add(secrets, kind, run)
    return secrets


def _add(secrets: Secrets, kind: str, run: str) -> None:
    digits = sum(sign.isdigit() for sign in run)
    if digits and len(run) >= SHORTEST:
        is_mixed = kind == "document_number" and digits < len(run) and len(run) > SHORTEST
        place = secrets.inside if len(run) >= SHORTEST_INSIDE or is_mixed else secrets.between
        place.setdefault(run, kind)
    elif len(run) >= SHORTEST_WORD and kind == "address":
        secrets.between.setdefault(run, kind)


def _forms_of_number(value: str) -> Iterator[str]:
    yield value
    yield from (line for line in value.split() if len(line) >= _LINE_FOR_MACHINES)


def _forms_of_phone(value: str) -> Iterator[str]:
    digits = re.sub(r"\D", "", "".join(map(_latin, value))).removeprefix("00")
    yield digits
    if len(digits) >= _WHOLE_PHONE:
        yield digits[-_NATIONAL:]


def _forms_of_address(value: str) -> Iterator[str]:
    """The address, its parts, and each part without its numbers."""
    for part in dict.fromkeys((value, *re.split(r"[,;\n|]", value))):
        if not countries.codes_of(part.strip()):
            words = _plain(part)[1]
            if any(sign.isdigit() for word in words for sign in word):
                yield part
            letters = [word for word in words if not re.search(r"\d", word)]
            if letters and not _OF_ANY_ADDRESS.issuperset(letters) and not countries.codes_of(" ".join(letters)):
                yield " ".join(letters)


_FORMS: dict[str, Callable[[str], Iterator[str]]] = {
    "document_number": _forms_of_number,
    "phone": _forms_of_phone,
    "address": _forms_of_address,
}


def _latin(text: str) -> str:
    plain = text if text.isascii() else anyascii(unicodedata.normalize("NFKC", text))
    return plain.casefold()


def _plain(text: str) -> tuple[str, list[str]]:
    """The letters and digits of a text as one run, and its words."""
    words = re.findall(r"[a-z0-9]+", _latin(text))
    return "".join(words), words


def _all_of(secret: str, run: str) -> Iterator[int]:
    begin = run.find(secret)
    while begin >= 0:
        yield begin
        begin = run.find(secret, begin + 1)


def _dotted(text: str, spans: Iterable[tuple[int, int]]) -> str:
    found, place = [], 0
    for begin, end in spans:
        if begin >= place:
            found += [text[place:begin], DOTS]
        place = max(place, end)
    return "".join(found) + text[place:]
