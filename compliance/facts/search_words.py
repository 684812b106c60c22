"""The words by which an applicant is found, and how well a name answers them. Pure.

``search_text`` and ``search_keys`` are stored with the applicant and deleted with it. The text finds prefixes and parts
of words, the keys find words with one letter more, less, other or swapped, and other romanisations.
"""

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from zlib import crc32

from anyascii import anyascii

from compliance.facts.characters import plain_text
from compliance.facts.scripts import SYLLABIC, loose, romanised, scripts_of, skeleton, spellings

MOST_WORDS = 12
LONGEST_WORD = 40
SHORTEST_EDITED = 3
"""Letters; one edit turns any shorter word into any other."""
_SHORTEST_SKELETON = 2
_MOST_SYLLABLES = 4
_BETWEEN_WORDS = re.compile(r"[^\w'’ʼ`]+|_")
_NOT_A_LETTER = re.compile(r"[^a-z0-9]")


class Match(IntEnum):
    """How a word of a name answers a word of a search; a lower value answers better."""

    SAME = 0
    BEGINS = 1
    CONTAINS = 2
    OTHER_SPELLING = 3
    ONE_EDIT = 4
    CONSONANTS = 5
    """The same consonants in two scripts, one of which may leave out the vowels."""


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name or a search, in their own script, at most ``MOST_WORDS``."""
    found = _BETWEEN_WORDS.split(plain_text(text).casefold())
    return tuple(word[:LONGEST_WORD] for word in found if any(map(str.isalnum, word)))[:MOST_WORDS]


def name_words(name: str) -> tuple[str, ...]:
    """The words of a stored name; parts that a hyphen joins count singly and together."""
    joined = (re.sub(r"\W", "", word) for word in plain_text(name).casefold().split() if "-" in word)
    return tuple(dict.fromkeys((*words_of(name), *(word[:LONGEST_WORD] for word in joined if word))))


def search_text(name: str) -> str:
    """The forms of all words of a name, in Latin letters, each after a blank: `` muller mueller ana``."""
    return "".join(f" {form}" for word in name_words(name) for form in forms_of(word))


def search_keys(name: str) -> list[int]:
    """Signed 32-bit hashes of the words of a name: two words with a key in common may be the same."""
    return sorted({key for word in name_words(name) for key in keys_of(word)})


@lru_cache(maxsize=4096)
def forms_of(word: str) -> tuple[str, ...]:
    """Spellings of a word in Latin letters, lower case, the usual one first."""
    latin = _letters(romanised(word))
    if scripts_of(word) & SYLLABIC:
        found = [latin, *_syllables(word)]
    else:
        found = [latin, *sorted(map(_letters, spellings(word)))]
    return tuple(dict.fromkeys(form for form in found if form))


def _letters(text: str) -> str:
    return _NOT_A_LETTER.sub("", text.casefold())


def _syllables(word: str) -> Iterator[str]:
    """Characters that anyascii romanises one by one (``WangXiaoMing``), singly and together, since blanks differ."""
    found = [_letters(part) for part in re.findall(r"[A-Z][a-z]*", anyascii(word))]
    for length in range(1, min(len(found), _MOST_SYLLABLES) + 1):
        yield from ("".join(found[at : at + length]) for at in range(len(found) - length + 1))


@lru_cache(maxsize=4096)
def keys_of(word: str) -> frozenset[int]:
    """The keys of one word of a name or of a search."""
    texts: set[str] = set()
    for form in forms_of(word):
        texts |= _with_one_less(form) | _with_one_less(_letters(loose(form)))
        consonants = skeleton(form)
        texts |= {f"={consonants}"} if len(consonants) >= _SHORTEST_SKELETON else set()
    return frozenset(map(_hash, texts))


def _with_one_less(word: str) -> set[str]:
    """The word and each form of it with one letter left out: words one edit or one swap apart share one."""
    if len(word) < SHORTEST_EDITED:
        return {word}
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _hash(text: str) -> int:
    value = crc32(text.encode())
    return value - (1 << 32) if value >> 31 else value


def match(searched: Sequence[str], name: str) -> Match | None:
    """How well a name answers the words of a search, in any order: the worst of its words; None if one has no match."""
    words = name_words(name)
    pairs = sorted(
        (found, one, other)
        for one, word in enumerate(searched)
        for other, candidate in enumerate(words)
        if (found := match_word(word, candidate)) is not None
    )
    # The best pairs first; two words of a search may be parts of one word of the name, such as of a Chinese name.
    best: dict[int, Match] = {}
    taken: set[int] = set()
    for found, one, other in pairs:
        if one not in best and (other not in taken or found == Match.CONTAINS or _is_syllabic(words[other])):
            best[one] = found
            taken.add(other)
    return max(best.values()) if len(best) == len(searched) > 0 else None


def _is_syllabic(word: str) -> bool:
    return bool(scripts_of(word) & SYLLABIC)


@lru_cache(maxsize=8192)
def match_word(searched: str, word: str) -> Match | None:
    """How a word of a name answers a word of a search."""
    ours, theirs = forms_of(searched), forms_of(word)
    if set(ours) & set(theirs):
        return Match.SAME
    if any(other.startswith(one) for one in ours for other in theirs):
        return Match.BEGINS
    if any(one in other for one in ours for other in theirs if len(one) >= SHORTEST_EDITED):
        return Match.CONTAINS
    sounds, their_sounds = (tuple(_letters(loose(form)) for form in forms) for forms in (ours, theirs))
    if set(sounds) & set(their_sounds):
        return Match.OTHER_SPELLING
    if _any_edited(ours, theirs) or _any_edited(sounds, their_sounds):
        return Match.ONE_EDIT
    if scripts_of(searched) != scripts_of(word) and _consonants(ours) & _consonants(theirs):
        return Match.CONSONANTS
    return None


def _any_edited(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    return any(is_one_edit(one, other) for one in ours for other in theirs)


def _consonants(forms: Sequence[str]) -> set[str]:
    return {found for form in forms if len(found := skeleton(form)) >= _SHORTEST_SKELETON}


def is_one_edit(one: str, other: str) -> bool:
    """Whether one letter is missing, added, other or swapped with its neighbour."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < SHORTEST_EDITED - 1 or len(longer) < SHORTEST_EDITED or len(longer) - len(shorter) > 1:
        return False
    at = next((place for place, sign in enumerate(shorter) if sign != longer[place]), len(shorter))
    if len(shorter) < len(longer):
        return shorter[at:] == longer[at + 1 :]
    is_swapped = shorter[at : at + 2] == longer[at : at + 2][::-1] and shorter[at + 2 :] == longer[at + 2 :]
    return is_swapped or shorter[at + 1 :] == longer[at + 1 :]
