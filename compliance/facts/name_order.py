"""The orders of its words in which a name may be written."""

from collections.abc import Iterator

from compliance.facts.name_parts import Name, Word, patronymic_kinds
from compliance.facts.romanisation import KANA

Words = tuple[Word, ...]
_MOST_MOVED = 40


def orders(ours: Name, theirs: Name) -> Iterator[tuple[Words, Words, bool]]:
    """The two names in the orders in which they may be one, and whether blocks changed places without a sign of it."""
    yield ours.words, theirs.words, False
    if ours.family and theirs.family:
        return
    if ours.family or theirs.family:
        yield _moved(ours.words, -ours.family), _moved(theirs.words, -theirs.family), False
        return
    yield from ((moved, theirs.words, True) for moved in _moves(ours, theirs))
    if len(ours.words) != len(theirs.words):
        yield from ((ours.words, moved, True) for moved in _moves(theirs, ours))


def _moves(name: Name, other: Name) -> Iterator[Words]:
    """The words with each block that may move at the end."""
    is_one_block = any(word.needs_no_blank for word in name.words) and not _is_kana_beside_latin(name, other)
    if len(name.words) <= _MOST_MOVED and not is_one_block:
        places = (place for place in range(1, len(name.words)) if _may_move(name, other, place))
        yield from (_moved(name.words, place) for place in places)


def _is_kana_beside_latin(name: Name, other: Name) -> bool:
    """Whether a blank parts family and given name in kana, which name the family first."""
    return name.scripts <= KANA and len(name.words) == 2 and other.scripts == {"LATIN"}


def _moved(words: Words, place: int) -> Words:
    return (*words[place:], *words[:place]) if place else words


def _may_move(ours: Name, theirs: Name, place: int) -> bool:
    """Whether the words before the place are a block of their own."""
    if not ours.words[place].begins:
        return False
    back = len(ours.words) - place
    if len(ours.words) == len(theirs.words) and not theirs.words[back].begins:
        return False
    cuts = [(ours.words, place)] + ([(theirs.words, back)] if len(ours.words) == len(theirs.words) else [])
    return all(_cut_is_safe(words, at) for words, at in cuts) and "before" not in patronymic_kinds(theirs.words)


def _cut_is_safe(words: Words, place: int) -> bool:
    """Whether a patronymic word stays with its names: nothing moves where one precedes the father (``bin``), and no
    name moves between ``oğlu`` and the father."""
    kinds = patronymic_kinds(words)
    return "before" not in kinds and kinds[place] != "after"
