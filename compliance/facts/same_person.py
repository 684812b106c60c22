"""Whether two sources of one birth date may be of one person, although they spell the name differently. Pure.

``word_keys`` finds candidates by equality: all spellings of a word have one key. ``may_be_one_person`` compares two
names. It is wider than ``names.compare``, which decides about two sources of one case: a match means only that two
people have to agree before the applicants count as different persons.
"""

import re
from collections import Counter
from collections.abc import Iterator

from compliance.facts.finding import Answer
from compliance.facts.name_matches import Fits, compatible, loosely_equal, matched, one_letter
from compliance.facts.name_parts import Name, Word, name_of
from compliance.facts.name_scripts import joined
from compliance.facts.names import compare
from compliance.facts.romanisation import SCRIPTS_WITH_TABLES
from compliance.facts.scripts import romanised, skeleton

_MOST_WORDS = 20
_CHARACTER_A_WORD = frozenset({"CJK", "HANGUL"})
_IDEOGRAPHIC = _CHARACTER_A_WORD | {"HIRAGANA", "KATAKANA"}
_PAIRED = str.maketrans("bdgcjqrvz", "ptkkkklfs")
"""Consonants that one letter of another script stands for, such as Korean ones."""
_SHORTEST_EDITED = 4
_SPELT_ALIKE = SCRIPTS_WITH_TABLES | {"LATIN"}


def word_keys(name: str) -> frozenset[str]:
    """A key for each word of the name: its letters l, m, n and r, which all romanisations write alike.

    Words of one letter and partly hidden ones have none. Words that a hyphen or an apostrophe joins count singly and
    together, and so do all words, since blanks differ; each Chinese or Korean character is a word.
    """
    words = name_of(name).untitled().words
    whole = [word for word in (*words, *joined(words)) if not (word.is_partial or word.is_letter)]
    texts = [text for word in whole for text in _texts(word)]
    if not any(word.is_partial for word in words):
        texts += ["".join(word.text for word in words)] if texts else []
    return frozenset(_once_each(_sure_letters(text)) for text in texts)


def _texts(word: Word) -> Iterator[str]:
    yield from word.text if word.scripts & _CHARACTER_A_WORD else (word.text,)


def _once_each(letters: str) -> str:
    return re.sub(r"(.)\1+", r"\1", letters)


def _sure_letters(text: str) -> str:
    return re.sub("[^lmnr]", "", romanised(text))


def may_be_one_person(name: str, other: str) -> bool:
    """Whether the names are the same, compatible, or can be two spellings, parts or orders of one name."""
    found = compare(name, other)
    if found.answer in (Answer.SAME, Answer.COMPATIBLE):
        return True
    ours, theirs = (name_of(text).untitled() for text in (name, other))
    if found.by_eye and _is_legible(ours, theirs):
        return True
    if ours.scripts & _IDEOGRAPHIC or theirs.scripts & _IDEOGRAPHIC:
        return _reads_alike(ours, theirs)
    is_spelt = ours.scripts == theirs.scripts or ours.scripts | theirs.scripts <= _SPELT_ALIKE
    return _words_agree(ours, theirs, _spelt_alike if is_spelt else _sound_alike)


def _is_legible(ours: Name, theirs: Name) -> bool:
    """Whether words were compared, in one script or by the tables of two."""
    scripts = ours.scripts | theirs.scripts
    has_tables = "LATIN" in scripts and len(scripts) == 2 and scripts <= _SPELT_ALIKE
    is_unclear = any(name.is_unfit or name.is_partial or name.is_initials_only for name in (ours, theirs))
    return not is_unclear and (ours.scripts == theirs.scripts or has_tables)


def _reads_alike(ours: Name, theirs: Name) -> bool:
    """Whether the characters of one name can be read as the other: the same consonants in any order, one more or less,
    since the family name comes first or last, blanks differ, and ``Lee`` and ``Park`` add a letter."""
    if ours.scripts & _IDEOGRAPHIC and theirs.scripts & _IDEOGRAPHIC:
        # One character more or another one is another name, unless one of the two is in another script.
        return ours.scripts != theirs.scripts and _spoken(ours) == _spoken(theirs)
    one, other = (Counter(_consonants(_spoken(name))) for name in (ours, theirs))
    return ((one - other) + (other - one)).total() <= 1 < one.total()


def _spoken(name: Name) -> str:
    return romanised("".join(word.text for word in name.words))


def _consonants(text: str) -> str:
    return re.sub("[^a-z]|[aeiouhwy]", "", text).translate(_PAIRED)


def _words_agree(ours: Name, theirs: Name, fits: Fits) -> bool:
    """Whether each word of the shorter name has a counterpart. In names of equally many words one word may have another
    letter, except for short words, which are many."""
    fewer, more = sorted((ours.words[:_MOST_WORDS], theirs.words[:_MOST_WORDS]), key=len)
    places = matched(fewer, more, fits)
    if len(fewer) == len(more) and places.count(None) == 1:
        place = places.index(None)
        (free,) = set(range(len(more))) - set(places)
        places[place] = free if _one_letter(fewer[place].bare, more[free].bare) else None
    if None in places or (len(fewer) == 1 < len(more)):
        return False
    is_in_order = places == sorted(place for place in places if place is not None)
    return is_in_order or not (ours.is_patronymic and theirs.is_patronymic)


def _one_letter(one: str, other: str) -> bool:
    return one_letter(one, other) and max(len(one), len(other)) >= _SHORTEST_EDITED


def _spelt_alike(left: Word, right: Word) -> bool:
    if compatible(left, right) or loosely_equal(left, right):
        return True
    return not (left.is_letter or right.is_letter) and skeleton(left.text) == skeleton(right.text) != ""


def _sound_alike(left: Word, right: Word) -> bool:
    """Words of scripts that omit vowels or have several readings."""
    if left.scripts == right.scripts:
        return _spelt_alike(left, right)
    one, other = (_once_each(_consonants(romanised(word.text))) for word in (left, right))
    return one == other != ""
