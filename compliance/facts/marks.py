"""Marks of letters that a spelling may leave out, and when leaving them out is a contradiction. Pure."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

from compliance.facts.characters import plain_text
from compliance.facts.scripts import bare, scripts_of

_SHAPES = frozenset("\u0302\u0306\u031b")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_ONLY_VIETNAMESE = frozenset("\u0309\u031b")
"""Hook above and horn; other marks of Vietnamese are found in other languages, one at a time."""


def agree(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether two names, word by word of the same letters, only leave out marks that the other one has.

    One of them leaves marks out, not both: Käte Moller is not Kate Möller. A Vietnamese name with marks has all of
    them, so that Đông is neither Đồng nor Dông.
    """
    pairs = list(zip(ours, theirs, strict=True))
    if not all(_is_less(left, right) or _is_less(right, left) for left, right in pairs):
        return False
    if _is_vietnamese(ours) or _is_vietnamese(theirs):
        left, right = (["".join(sorted(_marks(word).elements())) for word in words] for words in (ours, theirs))
        return left == right or not any(left) or not any(right)
    latin = [pair for pair in pairs if scripts_of("".join(pair)) == {"LATIN"}]
    more = {side for left, right in latin for side in _sides_with_more(left, right)}
    return len(more) < 2


def _is_less(left: str, right: str) -> bool:
    return _combining(left) <= _combining(right)


def _combining(text: str) -> Counter[str]:
    return Counter({sign: number for sign, number in _marks(text).items() if unicodedata.combining(sign)})


def _marks(text: str) -> Counter[str]:
    """The marks of all letters; a stroke through a letter counts as the letter that has it."""
    return sum(_by_letter(text), Counter())


def _by_letter(text: str) -> list[Counter[str]]:
    found = []
    for letter in unicodedata.normalize("NFC", plain_text(text.casefold())):
        first, *marks = list(unicodedata.normalize("NFD", letter))
        strokes = [first] if first != bare(first) else []
        found.append(Counter([*marks, *strokes]))
    return found


def _sides_with_more(left: str, right: str) -> set[str]:
    """The sides that have marks which the other leaves out, letter by letter."""
    ours, theirs = _by_letter(left), _by_letter(right)
    if len(ours) != len(theirs) or bare(left) != bare(right):
        return set()
    found = {"left" for one, other in zip(ours, theirs, strict=True) if one > other}
    return found | {"right" for one, other in zip(ours, theirs, strict=True) if one < other}


def _is_vietnamese(words: Sequence[str]) -> bool:
    letters = [set(marks) for word in words for marks in _by_letter(word)]
    return any(marks & _ONLY_VIETNAMESE or (marks & _SHAPES and marks & _TONES) for marks in letters)
