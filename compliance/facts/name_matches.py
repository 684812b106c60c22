"""How two words of names compare, and how the words of two names find each other."""

from collections.abc import Callable, Sequence

from compliance.facts import marks
from compliance.facts.name_parts import Word, group_of, kind_of
from compliance.facts.partial_values import can_match
from compliance.facts.scripts import loose

Words = tuple[Word, ...]
Fits = Callable[[Word, Word], bool]


def is_proof(ours: Words, theirs: Words) -> bool:
    """Whether initials leave enough: the last word in full, and initials on one side only."""
    short = [(_is_shorter(one, other), _is_shorter(other, one)) for one, other in zip(ours, theirs, strict=True)]
    if not any(one or other for one, other in short):
        return True
    return not any(short[-1]) and not (any(one for one, _ in short) and any(other for _, other in short))


def _is_shorter(one: Word, other: Word) -> bool:
    return one.is_initial and not other.is_initial


def equal(left: Word, right: Word) -> bool:
    return (
        not (left.is_partial or right.is_partial)
        and not left.spellings.isdisjoint(right.spellings)
        and marks.agree([left.text], [right.text])
        and not (left.is_letter and left.is_alone != right.is_alone)
    )


def equal_or_partial(left: Word, right: Word) -> bool:
    """Equal words, or a partial value and a word that it can stand for."""
    if left.is_partial or right.is_partial:
        return any(can_match(one, other) for one in left.spellings for other in right.spellings)
    return equal(left, right)


def compatible(left: Word, right: Word) -> bool:
    """Equal words, an initial and a word that begins with it, and two forms of one word of ``name_words.csv``."""
    if equal_or_partial(left, right):
        return True
    shorter, longer = sorted((left, right), key=lambda word: len(word.text))
    if shorter.is_initial and not longer.is_initial and not longer.is_partial and longer.bare.startswith(shorter.bare):
        return True
    kinds = {kind_of(left), kind_of(right)}
    if kinds == {"article"} and left.is_alone and right.is_alone:
        # Without a hyphen it may be the short form of a given name.
        return False
    pairs = ({"before"}, {"after"}, {"suffix"}, {"article"}, {"abbreviation"}, {"abbreviation", "form"})
    return kinds in pairs and group_of(left, *kinds) == group_of(right, *kinds)


def loosely_equal(left: Word, right: Word) -> bool:
    """Words that may be two spellings, forms or abbreviations of one name."""
    if left.is_partial or right.is_partial:
        return False
    if not left.spellings.isdisjoint(right.spellings) or loose(left.text) == loose(right.text):
        return True
    group = group_of(left, "form", "abbreviation")
    return bool(group) and group == group_of(right, "form", "abbreviation")


def begins_or_equals(left: Word, right: Word) -> bool:
    """Whether the first word is the second one or its beginning."""
    if left.is_partial or right.is_partial:
        return equal_or_partial(left, right)
    return any(other.startswith(one) for one in left.spellings for other in right.spellings)


def missing_part(ours: Words, theirs: Words, fits: Fits) -> str:
    """What is missing if one name has all words of the other, or their initials or beginnings, and more."""
    fewer, more = sorted((ours, theirs), key=len)
    rest = [word for word in fewer if len(word.text) == 1 or not _initials_of(word, more)]
    places = matched(rest, more, fits)
    if len(fewer) == len(more) or None in places:
        return ""
    is_middle = len(rest) == len(fewer) > 1 and {0, len(more) - 1} <= set(places)
    return "a middle name is missing" if is_middle else "a part of the name is missing"


def _initials_of(word: Word, words: Words) -> bool:
    """``RK`` for Rajan Krishnan."""
    return word.bare in "".join(other.bare[:1] for other in words)


def matched(ours: Sequence[Word], theirs: Sequence[Word], fits: Fits) -> list[int | None]:
    """For each of our words the place of its counterpart, or None, with as many matches as possible.

    Augmenting paths, because a word that fits two must not take the only one of a later word. Equal words are matched
    first.
    """
    same = [[equal(one, other) for other in theirs] for one in ours]
    places = [
        sorted((place for place, other in enumerate(theirs) if fits(one, other)), key=lambda place: not row[place])
        for one, row in zip(ours, same, strict=True)
    ]
    takes: dict[int, int] = {}

    def find(mine: int, tried: set[int]) -> bool:
        for place in places[mine]:
            if place not in tried:
                tried.add(place)
                if place not in takes or find(takes[place], tried):
                    takes[place] = mine
                    return True
        return False

    for mine in sorted(range(len(ours)), key=lambda mine: not any(same[mine])):
        find(mine, set())
    found = {mine: place for place, mine in takes.items()}
    return [found.get(mine) for mine in range(len(ours))]


def one_letter(left: str, right: str) -> bool:
    """Whether one letter more, less or another, or two letters that changed places, make one word of the other."""
    start, most = 0, min(len(left), len(right))
    while start < most and left[start] == right[start]:
        start += 1
    one, other = left[start:], right[start:]
    return left != right and (
        one[1:] == other[1:] or one[1:] == other or one == other[1:] or (one[1::-1] + one[2:] == other and len(one) > 1)
    )
