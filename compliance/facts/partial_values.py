"""Partial values, of which a provider reports only the ends: ``T****E``, ``22********7``."""

import re
import unicodedata
from functools import lru_cache

_STARS = re.compile(r"[*•●∗＊■█◦⁎✱✳]+")
_TYPED = re.compile(r"x{3,}|\.\s?\.|_\s?_|[?%#]", re.IGNORECASE)


@lru_cache(maxsize=1024)
def is_partial(text: str) -> bool:
    """Whether a part of the value is hidden."""
    return _STARS.search(text) is not None


@lru_cache(maxsize=1024)
def with_stars(text: str) -> str:
    """The value with a star for every hidden character."""
    return _STARS.sub(lambda found: "*" * len(found.group()), text)


def hides_characters(text: str) -> bool:
    """Whether a person typed characters that hide others: only a provider masks, so such a value is refused.

    Stars and bullets, crosses (``JXXXX``), several dots or low lines, number signs and wildcards.
    """
    return is_partial(text) or _TYPED.search(unicodedata.normalize("NFKC", text)) is not None


def can_match(left: str, right: str) -> bool:
    """Whether two values, partial or whole, can be the same one; whole values have to be equal.

    The number of stars is not the number of letters, because providers hide parts at a fixed length. Both values need
    the same spelling rules. Plain searches instead of a pattern, because the values are untrusted.
    """
    if is_partial(left) and is_partial(right):
        return _ends_agree(with_stars(left), with_stars(right))
    if is_partial(right):
        left, right = right, left
    return _fits(with_stars(left), right) if is_partial(left) else left == right


def _ends_agree(left: str, right: str) -> bool:
    """Two partial values: ends that both show have to agree; parts between stars can be anywhere."""
    (head, tail), (other_head, other_tail) = _ends(left), _ends(right)
    heads = head.startswith(other_head) or other_head.startswith(head)
    return heads and (tail.endswith(other_tail) or other_tail.endswith(tail))


def _ends(text: str) -> tuple[str, str]:
    return text.partition("*")[0], text.rpartition("*")[2]


def _fits(partial: str, value: str) -> bool:
    first, *inner, last = _shown(partial)
    if len(value) < len(first) + len(last) or not (value.startswith(first) and value.endswith(last)):
        return False
    place, end = len(first), len(value) - len(last)
    for part in inner:
        found = value.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


@lru_cache(maxsize=1024)
def _shown(partial: str) -> list[str]:
    return re.split(r"\*+", partial)
