"""Values of which a provider shows only the ends: ``T****E``, ``22********7``."""

import re
from functools import lru_cache

_STARS = re.compile(r"[*•●∗＊]+")


@lru_cache(maxsize=1024)
def is_masked(text: str) -> bool:
    """Whether part of the value is hidden."""
    return _STARS.search(text) is not None


@lru_cache(maxsize=1024)
def with_stars(text: str) -> str:
    """The value with every sign that stands for something hidden written as a star."""
    return _STARS.sub(lambda found: "*" * len(found.group()), text)


def may_be_one(left: str, right: str) -> bool:
    """Whether two values, masked or not, can be the same one; without masks: whether they are equal.

    The number of stars is not the number of letters: providers use masks of a fixed length. Both values have been
    brought into one spelling before. Plain searches instead of a pattern, since the values come from outside.
    """
    if is_masked(left) and is_masked(right):
        return _ends_agree(with_stars(left), with_stars(right))
    if is_masked(right):
        left, right = right, left
    return _hides(with_stars(left), right) if is_masked(left) else left == right


def _ends_agree(left: str, right: str) -> bool:
    """Two masks: what both show at an end has to agree; what stands between stars can be anywhere."""
    (head, tail), (other_head, other_tail) = _ends(left), _ends(right)
    heads = head.startswith(other_head) or other_head.startswith(head)
    return heads and (tail.endswith(other_tail) or other_tail.endswith(tail))


def _ends(text: str) -> tuple[str, str]:
    return text.partition("*")[0], text.rpartition("*")[2]


def _hides(masked: str, value: str) -> bool:
    first, *inner, last = _shown(masked)
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
def _shown(masked: str) -> list[str]:
    return re.split(r"\*+", masked)
