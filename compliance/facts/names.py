"""Names: the same words in any order, whatever the case, the accents or the script.

Initials and masks fit what they stand for. A word more or less is a difference: people have to see it.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

from compliance.facts.finding import Answer, Finding, notes
from compliance.facts.masks import is_masked, may_be_one, with_stars
from compliance.facts.scripts import (
    READ_IN_SEVERAL_WAYS,
    WITHOUT_VOWELS,
    bare,
    romanised,
    scripts_of,
    sounds_alike,
    sounds_unlike,
    spellings,
)

_JOINERS = re.compile("['’ʼ`´‐‑–-]")
_WORD = re.compile(r"""[^\s.,;:/\\()\[\]{}"“”„«»<>|&+=!?#@_·・،]+""")
"""What stands between signs that part words; vowel signs of Indian scripts, which ``\\w`` leaves out, belong to it."""
_PIECE = re.compile("[^'’ʼ`´‐‑–-]+")
_LONGEST = 1000
"""Characters; the longest that a contract names is 510 (Checkout.com, ``full_name``)."""
_MOST_WORDS = 40
_MOST_ORDERED = 5
"""Words of which every order is tried where a script has no blanks between words."""
_ANOTHER_SCRIPT = "another script"


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    span: tuple[int, int]


_Fits = Callable[[_Word, _Word], bool]


def compare(value: str, reference: str) -> Finding:
    """Two full names."""
    if not _words(value) or not _words(reference):
        return Finding(answer=Answer.NOT_COMPARABLE, note="nothing to compare")
    if _folded(value) == _folded(reference) and not is_masked(value):
        return Finding(answer=Answer.SAME)
    if max(len(value), len(reference)) > _LONGEST or max(len(_words(value)), len(_words(reference))) > _MOST_WORDS:
        return Finding(answer=Answer.NOT_COMPARABLE, note="too long to compare")
    if scripts_of(value) == scripts_of(reference) or not scripts_of(value) or not scripts_of(reference):
        return _one_script(value, reference)
    return _two_scripts(value, reference)


def _one_script(value: str, reference: str) -> Finding:
    for joined in ((False, False), (True, True), (True, False), (False, True)):
        ours, theirs = _words(value, joined=joined[0]), _words(reference, joined=joined[1])
        if _all_matched(ours, theirs, _equal):
            return Finding(answer=Answer.SAME, note=_what_varies(ours, theirs, parted=joined[0] != joined[1]))
    ours, theirs = _words(value), _words(reference)
    if _joined(ours) & _joined(theirs):
        return Finding(answer=Answer.SAME, note="blanks differ")
    if _all_matched(ours, theirs, _compatible) or _whole_mask(ours, theirs):
        masked = "masked" if is_masked(value) or is_masked(reference) else ""
        return Finding(answer=Answer.COMPATIBLE, note=notes(masked, _initials(ours, theirs)))
    return _difference(ours, theirs, _compatible)


def _two_scripts(value: str, reference: str) -> Finding:
    scripts = scripts_of(value) | scripts_of(reference)
    ours, theirs = _words(value), _words(reference)
    vowels_told = not scripts & WITHOUT_VOWELS

    def alike(left: _Word, right: _Word) -> bool:
        one, other = romanised(left.text), romanised(right.text)
        return _compatible(_Word(one, left.span), _Word(other, right.span)) or sounds_alike(
            one, other, vowels_told=vowels_told
        )

    if _all_matched(ours, theirs, alike) or _some_order(ours, theirs):
        return Finding(answer=Answer.COMPATIBLE, note=_ANOTHER_SCRIPT)
    if scripts & (READ_IN_SEVERAL_WAYS | WITHOUT_VOWELS) or _romanised_otherwise(ours, theirs):
        return Finding(answer=Answer.NOT_COMPARABLE, note=f"{_ANOTHER_SCRIPT}, compare by eye")
    found = _difference(ours, theirs, alike)
    return Finding(answer=found.answer, note=notes(_ANOTHER_SCRIPT, found.note), span=found.span)


def _words(name: str, *, joined: bool = False) -> list[_Word]:
    """Words with their places. ``joined``: hyphens and apostrophes part nothing (``Adeyemi-Okonkwo``, ``O'Brien``)."""
    found = [_Word(match.group(), match.span()) for match in _WORD.finditer(with_stars(name))]
    if joined:
        parts = [_Word(_JOINERS.sub("", word.text), word.span) for word in found]
    else:
        parts = [
            _Word(piece.group(), (word.span[0] + piece.start(), word.span[0] + piece.end()))
            for word in found
            for piece in _PIECE.finditer(word.text)
        ]
    return [word for word in parts if bare(word.text)]


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _joined(words: Sequence[_Word]) -> frozenset[str]:
    return spellings("".join(word.text for word in words))


def _equal(left: _Word, right: _Word) -> bool:
    return not is_masked(left.text + right.text) and bool(spellings(left.text) & spellings(right.text))


def _compatible(left: _Word, right: _Word) -> bool:
    """Equal, an initial and a word that begins with it, or a mask and what it may hide."""
    if is_masked(left.text + right.text):
        return any(may_be_one(one, other) for one in spellings(left.text) for other in spellings(right.text))
    shorter, longer = sorted((left.text, right.text), key=len)
    # One character is a whole name where characters are syllables.
    is_initial = len(shorter) == 1 < len(longer) and not scripts_of(shorter) & READ_IN_SEVERAL_WAYS
    return _equal(left, right) or (is_initial and bare(longer).startswith(bare(shorter)))


def _matched(ours: Sequence[_Word], theirs: Sequence[_Word], fits: _Fits) -> list[int | None]:
    """For each of our words the place of its own counterpart, so that as many as possible have one.

    Augmenting paths: a first word that fits two must leave the one that a later word needs. Equal words go first, so
    that they find each other.
    """
    takes: dict[int, int] = {}

    def find(mine: int, tried: set[int]) -> bool:
        places = sorted(range(len(theirs)), key=lambda place: not _equal(ours[mine], theirs[place]))
        for place in places:
            if place not in tried and fits(ours[mine], theirs[place]):
                tried.add(place)
                if place not in takes or find(takes[place], tried):
                    takes[place] = mine
                    return True
        return False

    for mine in sorted(range(len(ours)), key=lambda mine: not any(_equal(ours[mine], other) for other in theirs)):
        find(mine, set())
    found = {mine: place for place, mine in takes.items()}
    return [found.get(mine) for mine in range(len(ours))]


def _all_matched(ours: Sequence[_Word], theirs: Sequence[_Word], fits: _Fits) -> bool:
    return len(ours) == len(theirs) and None not in _matched(ours, theirs, fits)


def _what_varies(ours: Sequence[_Word], theirs: Sequence[_Word], *, parted: bool) -> str:
    one, other = [_folded(word.text) for word in ours], [_folded(word.text) for word in theirs]
    accents = "accents differ" if sorted(one) != sorted(other) else ""
    in_order = all(_equal(left, right) for left, right in zip(ours, theirs, strict=True))
    return notes("" if in_order else "order differs", accents, "hyphen differs" if parted else "")


def _whole_mask(ours: Sequence[_Word], theirs: Sequence[_Word]) -> bool:
    """One mask over several words: ``T****E`` for a first and a family name."""
    masked, other = (ours, theirs) if len(ours) == 1 else (theirs, ours)
    if len(masked) != 1 or not is_masked(masked[0].text):
        return False
    return any(may_be_one(mask, name) for mask in spellings(masked[0].text) for name in _joined(other))


def _initials(ours: Sequence[_Word], theirs: Sequence[_Word]) -> str:
    lengths = [sorted(len(word.text) for word in words if not is_masked(word.text)) for words in (ours, theirs)]
    return "initials" if lengths[0].count(1) != lengths[1].count(1) else ""


def _some_order(ours: Sequence[_Word], theirs: Sequence[_Word]) -> bool:
    """Whether the words of both, romanised and run together in some order, are one: some scripts have no blanks."""
    one, other = ([romanised(word.text) for word in words] for words in (ours, theirs))
    fewer, more = sorted((one, other), key=len)
    if len(more) > _MOST_ORDERED:
        return False
    return any("".join(order) == "".join(fewer) for order in permutations(more))


def _romanised_otherwise(ours: Sequence[_Word], theirs: Sequence[_Word]) -> bool:
    """Whether every word is near enough to another for one name in a romanisation that is not known here."""
    return len(ours) == len(theirs) and None not in _matched(
        ours, theirs, lambda left, right: not sounds_unlike(romanised(left.text), romanised(right.text))
    )


def _difference(ours: Sequence[_Word], theirs: Sequence[_Word], fits: _Fits) -> Finding:
    """From the first to the last word without a counterpart."""
    wrong = [word.span for word, place in zip(ours, _matched(ours, theirs, fits), strict=True) if place is None]
    less = len(theirs) - len(ours)
    note = "" if less == 0 else f"{abs(less)} {'word' if abs(less) == 1 else 'words'} {'fewer' if less > 0 else 'more'}"
    return Finding(answer=Answer.DIFFERS, note=note, span=(wrong[0][0], wrong[-1][1]) if wrong else None)
