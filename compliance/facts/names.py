"""Names: the same words in the same order, independent of case, accents, characters and script.

Only the family name and the given names may change places, as whole blocks; where a patronymic word says whose child
somebody is, not even these. Initials and partial values match the words that they can stand for, titles may be left
out. A name with a word more or less is not comparable: a part is never the whole. Names of two scripts match only if a
table explains every letter. What no table explains is compared by eye.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, product

from compliance.facts.finding import Answer, Finding, notes
from compliance.facts.name_parts import Name, Word, group_of, kind_of, marks_agree, name_of
from compliance.facts.partial_values import can_match, is_partial
from compliance.facts.romanisation import SCRIPTS_WITH_TABLES, begins, explains, is_near, is_serbian
from compliance.facts.scripts import SYLLABIC, bare, loose, romanised, spellings, written_out

_LONGEST = 1000
"""Characters; the longest limit that a provider documents is 510."""
_MOST_WORDS, _MOST_MOVED = 20, 40
_LONGEST_ACROSS, _MOST_WORDS_ACROSS = 120, 10
"""Words of two scripts are compared letter by letter, which takes longer."""
_ANOTHER_SCRIPT = "different script"
_UNDECIDED = "different script, cannot be matched automatically"
Words = tuple[Word, ...]
_Fits = Callable[[Word, Word], bool]
_SPELT: tuple[Callable[[str], str], ...] = (bare, written_out)


def _by_eye(note: str) -> Finding:
    return Finding(answer=Answer.NOT_COMPARABLE, note=note, by_eye=True)


_TOO_LONG = _by_eye("too long to compare")


@lru_cache(maxsize=512)
def compare(value: str, reference: str) -> Finding:
    """Compare two full names. The last answers are cached, because pages compare the same pairs repeatedly."""
    if max(len(value), len(reference)) > _LONGEST:
        return Finding(answer=Answer.SAME) if value == reference and not is_partial(value) else _TOO_LONG
    ours, theirs = name_of(value), name_of(reference)
    if not ours.words or not theirs.words:
        return Finding(answer=Answer.NOT_COMPARABLE, note="nothing to compare")
    if ours.is_unfit or theirs.is_unfit:
        return _by_eye("characters that no name has")
    if ours.is_initials_only or theirs.is_initials_only:
        return _by_eye("initials only")
    found = _compared(ours, theirs)
    if found.answer in (Answer.SAME, Answer.COMPATIBLE):
        return _weakened(found, note) if (note := _left_out(ours, theirs)) else found
    return _without_titles(ours, theirs) or found


def _left_out(ours: Name, theirs: Name) -> str:
    placeholder = "placeholder left out" if ours.has_placeholder != theirs.has_placeholder else ""
    return notes(placeholder, "one name twice" if ours.is_repeated != theirs.is_repeated else "")


def _without_titles(ours: Name, theirs: Name) -> Finding | None:
    """The answer for the names without their titles, if these agree."""
    plain, others = ours.untitled(), theirs.untitled()
    if (plain, others) == (ours, theirs):
        return None
    found = _compared(plain, others)
    if found.answer not in (Answer.SAME, Answer.COMPATIBLE):
        return found if found.answer == Answer.NOT_COMPARABLE else None
    sexes = (ours.titles | theirs.titles) - {""}
    return _by_eye("titles differ") if len(sexes) > 1 else _weakened(found, "title left out")


def _weakened(found: Finding, note: str) -> Finding:
    return Finding(answer=Answer.COMPATIBLE, note=notes(note, found.note))


def _compared(ours: Name, theirs: Name) -> Finding:
    most = max(len(ours.words), len(theirs.words))
    if found := _same(ours, theirs):
        return found
    if most > _MOST_WORDS:
        return _TOO_LONG
    scripts = ours.scripts | theirs.scripts
    if len(scripts) < 2:
        return _one_script(ours, theirs)
    if ours.scripts == theirs.scripts:
        found = _one_script(ours, theirs)
        if found.answer != Answer.DIFFERS:
            return found
    lengths = [sum(len(word.text) for word in name.words) for name in (ours, theirs)]
    if max(lengths) > _LONGEST_ACROSS or most > _MOST_WORDS_ACROSS:
        return _TOO_LONG
    return _two_scripts(ours, theirs)


# --- order -----------------------------------------------------------------------------------------------------------


def _orders(ours: Name, theirs: Name) -> Iterator[tuple[Words, Words, bool]]:
    """The two names in the orders in which they may be one, and whether blocks changed places without a sign of it."""
    yield ours.words, theirs.words, False
    if ours.family and theirs.family:
        return
    if ours.family or theirs.family:
        yield _moved(ours.words, -ours.family), _moved(theirs.words, -theirs.family), False
        return
    if len(ours.words) <= _MOST_MOVED and not any(word.needs_no_blank for word in ours.words):
        for place in range(1, len(ours.words)):
            if _may_move(ours, theirs, place):
                yield _moved(ours.words, place), theirs.words, True


def _moved(words: Words, place: int) -> Words:
    return (*words[place:], *words[:place]) if place else words


def _may_move(ours: Name, theirs: Name, place: int) -> bool:
    """Whether the words before the place are a block of their own."""
    if not ours.words[place].begins:
        return False
    back = len(ours.words) - place
    if len(ours.words) == len(theirs.words) and not theirs.words[back].begins:
        return False
    return not (ours.is_patronymic or theirs.is_patronymic) or (
        _cut_is_safe(ours.words, place) and (len(ours.words) == len(theirs.words) and _cut_is_safe(theirs.words, back))
    )


def _cut_is_safe(words: Words, place: int) -> bool:
    """Whether a patronymic word stays with its names: nothing but the whole patronymic moves before ``bin``, and no
    name moves between ``oğlu`` and the father."""
    kinds = [kind_of(word) for word in words]
    if "before" in kinds:
        first = kinds.index("before")
        return place in (first, len(words) - first) and kinds[place] in ("before", "") and kinds[-1] != "before"
    return kinds[place] != "after"


# --- one script ------------------------------------------------------------------------------------------------------


def _same(ours: Name, theirs: Name) -> Finding | None:
    """The answer if the letters are the same, with other blanks or blocks in another place."""
    if ours.is_partial or theirs.is_partial or _letters(ours) != _letters(theirs):
        return None
    unclear = None
    for one, other, is_moved in _orders(ours, theirs):
        pairs = [
            (spelt, spelt_there)
            for spelt, spelt_there in product(_SPELT, repeat=2)
            if "".join(spelt(word.text) for word in one) == "".join(spelt_there(word.text) for word in other)
        ]
        for spelt, spelt_there in pairs:
            found = _of_blanks(one, other, spelt, spelt_there)
            if found.answer == Answer.SAME:
                answer = Answer.COMPATIBLE if is_moved and ours.is_patronymic else Answer.SAME
                return Finding(answer=answer, note=_variations(one, other, is_moved=is_moved, note=found.note))
            unclear = found if unclear is None or found.answer == Answer.COMPATIBLE else unclear
    return unclear


def _letters(name: Name) -> list[str]:
    """The letters in alphabetical order, umlauts without their second letter, so that most pairs end here."""
    text = "".join(written_out(word.text) for word in name.words)
    for sound in ("aa", "ae", "oe", "ue"):
        text = text.replace(sound, sound[0])
    return sorted(set(text.replace("dj", "d")))


def _of_blanks(
    one: Words, other: Words, spelt: Callable[[str], str], spelt_there: Callable[[str], str]
) -> Finding:
    """Names of the same letters: hyphens, apostrophes and the blanks of Chinese or Korean names change nothing; a blank
    may, and blanks in two places do."""
    if len(one) == len(other) and not all(map(marks_agree, one, other)):
        return _by_eye("accents differ")
    ends, others = _ends(one, spelt), _ends(other, spelt_there)
    if _dotted(one, ends) - _letters_alone(other, others) or _dotted(other, others) - _letters_alone(one, ends):
        return _by_eye("an initial or a part of a word")
    hard = [frozenset(end for word, end in zip(words, found, strict=True) if _ends_hard(words, word))
            for words, found in ((one, ends), (other, others))]  # fmt: skip
    if hard[0] <= set(others) and hard[1] <= set(ends):
        return Finding(answer=Answer.SAME, note="" if len(one) == len(other) else "hyphen differs")
    if set(ends) <= set(others) or set(others) <= set(ends):
        return Finding(answer=Answer.COMPATIBLE, note="blanks differ")
    return _by_eye("blanks differ")


def _ends(words: Words, spelt: Callable[[str], str]) -> list[int]:
    """The ends of the words in the joined text."""
    return list(accumulate(len(spelt(word.text)) for word in words))


def _ends_hard(words: Words, word: Word) -> bool:
    """Whether a blank follows the word that is a part of the spelling."""
    place = words.index(word)
    return not word.needs_no_blank and (place + 1 == len(words) or words[place + 1].begins)


def _dotted(words: Words, ends: Sequence[int]) -> set[int]:
    return {end for word, end in zip(words, ends, strict=True) if word.is_initial and word.is_dotted}


def _letters_alone(words: Words, ends: Sequence[int]) -> set[int]:
    return {end for word, end in zip(words, ends, strict=True) if word.is_initial}


def _variations(ours: Words, theirs: Words, *, is_moved: bool, note: str) -> str:
    one, other = ("".join(_folded(word.text) for word in words) for words in (ours, theirs))
    return notes("order differs" if is_moved else "", "accents differ" if one != other else "", note)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _one_script(ours: Name, theirs: Name) -> Finding:
    if found := _compatible_names(ours, theirs):
        return found
    if _possibly_variants(ours, theirs):
        return _by_eye("possibly variants of the same characters")
    if _is_other_order(ours, theirs):
        is_certain = ours.is_patronymic or theirs.is_patronymic
        return Finding(answer=Answer.DIFFERS, note="order differs") if is_certain else _by_eye("order differs")
    if _in_some_order(ours, theirs, _loosely_equal):
        return _by_eye("another spelling")
    if _is_part(ours.words, theirs.words, _begins_or_equals) or _is_part(theirs.words, ours.words, _begins_or_equals):
        return _by_eye("a part of the name is missing")
    return _difference(ours, theirs, _equal)


def _compatible_names(ours: Name, theirs: Name) -> Finding | None:
    """The answer if masks, initials, short forms and patronymic words explain all that differs."""
    hidden = "partly hidden" if ours.is_partial or theirs.is_partial else ""
    if hidden and not (_shows_enough(ours) and _shows_enough(theirs)):
        return _by_eye("partly hidden")
    for one, other, is_moved in _orders(ours, theirs):
        for left, right, left_out in _with_less(one, other, is_moved=is_moved):
            fits = _equal_or_partial if is_moved else _compatible
            if len(left) == len(right) and all(map(fits, left, right)) and _is_proof(left, right):
                note = notes(left_out, hidden, _initials(left, right), "order differs" if is_moved else "")
                return Finding(answer=Answer.COMPATIBLE, note=note)
    if _whole_name_partial(ours.words, theirs.words):
        return Finding(answer=Answer.COMPATIBLE, note=hidden)
    return None


def _with_less(one: Words, other: Words, *, is_moved: bool) -> Iterator[tuple[Words, Words, str]]:
    """The words as they are; in their order also without words that only join names on one side."""
    yield one, other, ""
    if len(one) != len(other) and not is_moved:
        more, less = (one, other) if len(one) > len(other) else (other, one)
        kept = tuple(word for place, word in enumerate(more) if not _joins(more, place))
        if len(kept) == len(less):
            yield kept, less, "a joining word left out"


def _joins(words: Words, place: int) -> bool:
    """Whether a word only joins names: ``bin``, and ``y`` between two surnames."""
    word = words[place]
    is_inside = 0 < place < len(words) - 1
    is_and = word.text in ("y", "e", "i") and word.is_initial and not word.is_dotted and place > 1
    return is_inside and (is_and or group_of(word, "before") in ("son", "daughter", "ould"))


def _shows_enough(name: Name) -> bool:
    return all(word.text.strip("*") for word in name.words)


def _is_proof(ours: Words, theirs: Words) -> bool:
    """Whether initials leave enough: the last word in full, and initials on one side only."""
    short = [(_is_shorter(one, other), _is_shorter(other, one)) for one, other in zip(ours, theirs, strict=True)]
    if not any(one or other for one, other in short):
        return True
    return not any(short[-1]) and not (any(one for one, _ in short) and any(other for _, other in short))


def _is_shorter(one: Word, other: Word) -> bool:
    return one.is_initial and not other.is_initial


def _equal(left: Word, right: Word) -> bool:
    return (
        not (left.is_partial or right.is_partial)
        and not left.spellings.isdisjoint(right.spellings)
        and marks_agree(left, right)
        and not (left.is_letter and left.is_alone != right.is_alone)
    )


def _equal_or_partial(left: Word, right: Word) -> bool:
    """Equal words, or a partial value and a word that it can stand for."""
    if left.is_partial or right.is_partial:
        return any(can_match(one, other) for one in left.spellings for other in right.spellings)
    return _equal(left, right)


def _compatible(left: Word, right: Word) -> bool:
    """Equal words, an initial and a word that begins with it, and two forms of one word of ``name_words.csv``."""
    if _equal_or_partial(left, right):
        return True
    shorter, longer = sorted((left, right), key=lambda word: len(word.text))
    if shorter.is_initial and not longer.is_initial and not longer.is_partial and longer.bare.startswith(shorter.bare):
        return True
    kinds = {kind_of(left), kind_of(right)}
    pairs = ({"before"}, {"after"}, {"suffix"}, {"article"}, {"abbreviation"}, {"abbreviation", "form"})
    return kinds in pairs and group_of(left, *kinds) == group_of(right, *kinds)


def _loosely_equal(left: Word, right: Word) -> bool:
    """Words that may be two spellings, forms or abbreviations of one name."""
    if left.is_partial or right.is_partial:
        return False
    if not left.spellings.isdisjoint(right.spellings) or loose(left.text) == loose(right.text):
        return True
    group = group_of(left, "form", "abbreviation")
    return bool(group) and group == group_of(right, "form", "abbreviation")


def _begins_or_equals(left: Word, right: Word) -> bool:
    """Whether the first word is the second one or its beginning."""
    if left.is_partial or right.is_partial:
        return _equal_or_partial(left, right)
    return any(other.startswith(one) for one in left.spellings for other in right.spellings)


def _is_part(fewer: Words, more: Words, fits: _Fits) -> bool:
    """Whether all words of a name, or the names of which it has the initials, are in another one that has more."""
    if len(fewer) >= len(more):
        return False
    initials = [word for word in fewer if len(word.text) > 1 and _initials_of(word, more)]
    rest = [word for word in fewer if word not in initials]
    return None not in _matched(rest, more, fits)


def _initials_of(word: Word, words: Words) -> bool:
    """``RK`` for Rajan Krishnan."""
    return word.bare in "".join(other.bare[:1] for other in words)


def _is_other_order(ours: Name, theirs: Name) -> bool:
    if ours.is_partial or theirs.is_partial:
        return False
    if Counter(word.bare for word in ours.words) == Counter(word.bare for word in theirs.words):
        return True
    plain = [[word for word in name.words if not kind_of(word) in ("before", "after")] for name in (ours, theirs)]
    joined = any(word.needs_no_blank for word in ours.words) and sorted(
        "".join(word.bare for word in ours.words)
    ) == sorted("".join(word.bare for word in theirs.words))
    return joined or (
        len(plain[0]) == len(plain[1]) and None not in _matched(plain[0], plain[1], _compatible)
        and (ours.is_patronymic or theirs.is_patronymic or any(word.is_initial for word in plain[0] + plain[1]))
        and not (ours.is_patronymic and theirs.is_patronymic)
    )  # fmt: skip


def _in_some_order(ours: Name, theirs: Name, fits: _Fits) -> bool:
    return any(
        len(one) == len(other) and all(map(fits, one, other)) for one, other, _ in _orders(ours, theirs)
    )


def _whole_name_partial(ours: Words, theirs: Words) -> bool:
    """One partial value for several words: ``T****E`` for a first and a family name."""
    partial, other = (ours, theirs) if len(ours) == 1 else (theirs, ours)
    if len(partial) != 1 or not partial[0].is_partial:
        return False
    whole = spellings("".join(word.text for word in other))
    return any(can_match(part, name) for part in partial[0].spellings for name in whole)


def _initials(ours: Sequence[Word], theirs: Sequence[Word]) -> str:
    return "initials" if any(one.is_initial != other.is_initial for one, other in zip(ours, theirs, strict=True)) else ""


def _possibly_variants(ours: Name, theirs: Name) -> bool:
    """Whether two names of Chinese characters sound alike and can be the traditional and the simplified form.

    Two characters that both occur in one set for simplified or traditional writing are different characters.
    """
    one, other = ("".join(word.text for word in name.words) for name in (ours, theirs))
    if ours.scripts | theirs.scripts != {"CJK"} or len(one) != len(other):
        return False
    return all(
        left == right
        or (
            romanised(left) == romanised(right)
            and not any(_in_charset(left + right, charset) for charset in ("gb2312", "big5"))
        )
        for left, right in zip(one, other, strict=True)
    )


def _in_charset(characters: str, charset: str) -> bool:
    try:
        characters.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


# --- two scripts -----------------------------------------------------------------------------------------------------


def _two_scripts(ours: Name, theirs: Name) -> Finding:
    serbian = any(is_serbian(word.text) for word in (*ours.words, *theirs.words))

    def transliterated(left: Word, right: Word) -> bool:
        return _transliterated(left, right, serbian=serbian)

    if _in_some_order(ours, theirs, transliterated):
        return Finding(answer=Answer.COMPATIBLE, note=_ANOTHER_SCRIPT)
    if any(
        len(one) == len(other) and all(map(transliterated, one, other))
        for first, second, _ in _orders(ours, theirs)
        for one, other in ((_joined(first), _joined(second)),)
    ):
        return Finding(answer=Answer.COMPATIBLE, note=_ANOTHER_SCRIPT)
    if any(len(word.scripts - SYLLABIC) > 1 for word in (*ours.words, *theirs.words)):
        return _by_eye("mixed scripts in one word")
    scripts = ours.scripts | theirs.scripts
    has_table = len(scripts - {"LATIN"}) == 1 and not (ours.is_partial or theirs.is_partial)
    if not (has_table and scripts <= SCRIPTS_WITH_TABLES | {"LATIN"}):
        return _by_eye(_UNDECIDED)
    if _in_some_order(ours, theirs, lambda left, right: transliterated(left, right) or _near(left, right)):
        return _by_eye(_UNDECIDED)
    if _is_part(ours.words, theirs.words, transliterated) or _is_part(theirs.words, ours.words, transliterated):
        return _by_eye(f"{_ANOTHER_SCRIPT}, a part of the name is missing")
    found = _difference(ours, theirs, transliterated)
    return Finding(answer=found.answer, note=notes(_ANOTHER_SCRIPT, found.note), span=found.span)


def _joined(words: Words) -> Words:
    """The words without hyphens and apostrophes."""
    found: list[list[Word]] = []
    for word in words:
        if word.begins or not found:
            found.append([])
        found[-1].append(word)
    return tuple(
        parts[0]
        if len(parts) == 1
        else Word(
            text := "".join(part.text for part in parts),
            (parts[0].span[0], parts[-1].span[1]),
            spellings(text),
            any(part.is_partial for part in parts),
            frozenset().union(*(part.scripts for part in parts)),
        )
        for parts in found
    )


def _transliterated(left: Word, right: Word, *, serbian: bool) -> bool:
    """Compatible words of one script; of two scripts, a word and its transliteration, or an initial."""
    if left.scripts == right.scripts or not left.scripts or not right.scripts:
        return _compatible(left, right)
    if (pair := _by_letters(left, right)) is None:
        return False
    word, latin, script = pair
    if left.is_initial != right.is_initial:
        return begins(word, latin, script=script)
    return explains(word, latin, script=script, serbian=serbian)


def _near(left: Word, right: Word) -> bool:
    if (pair := _by_letters(left, right)) is None:
        return False
    word, latin, script = pair
    shorter = min(left, right, key=lambda word: len(word.text))
    if shorter.is_dotted and loose(romanised(max(word, latin, key=len))).startswith(loose(romanised(shorter.text))):
        return True
    return is_near(word, latin, script=script) or _are_forms(word, latin)


def _are_forms(word: str, latin: str) -> bool:
    plain = [name_of(romanised(text)).words for text in (word, latin)]
    groups = [group_of(words[0], "form") if len(words) == 1 else "" for words in plain]
    return bool(groups[0]) and groups[0] == groups[1]


def _by_letters(left: Word, right: Word) -> tuple[str, str, str] | None:
    """The word of the other script, the Latin one, and the script; None without a table or for partial values."""
    latin, other = (left, right) if left.scripts == {"LATIN"} else (right, left)
    if latin.scripts != {"LATIN"} or len(other.scripts) != 1 or not other.scripts <= SCRIPTS_WITH_TABLES:
        return None
    (script,) = other.scripts
    return None if latin.is_partial or other.is_partial else (other.text, latin.text, script)


# --- differences -----------------------------------------------------------------------------------------------------


def _matched(ours: Sequence[Word], theirs: Sequence[Word], fits: _Fits) -> list[int | None]:
    """For each of our words the place of its counterpart, or None, with as many matches as possible.

    Augmenting paths, because a word that fits two must not take the only one of a later word. Equal words are matched
    first.
    """
    equal = [[_equal(one, other) for other in theirs] for one in ours]
    places = [
        sorted((place for place, other in enumerate(theirs) if fits(one, other)), key=lambda place: not row[place])
        for one, row in zip(ours, equal, strict=True)
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

    for mine in sorted(range(len(ours)), key=lambda mine: not any(equal[mine])):
        find(mine, set())
    found = {mine: place for place, mine in takes.items()}
    return [found.get(mine) for mine in range(len(ours))]


def _difference(ours: Name, theirs: Name, fits: _Fits) -> Finding:
    """From the first to the last word without a counterpart."""
    matched = _matched(ours.words, theirs.words, lambda left, right: _compatible(left, right) or fits(left, right))
    wrong = [word for word, place in zip(ours.words, matched, strict=True) if place is None]
    others = [word for place, word in enumerate(theirs.words) if place not in matched]
    less = len(theirs.words) - len(ours.words)
    note = "" if less == 0 else f"{abs(less)} {'word' if abs(less) == 1 else 'words'} {'fewer' if less > 0 else 'more'}"
    if len(wrong) == len(others) == 1 and _one_letter(wrong[0].bare, others[0].bare):
        note = "one letter differs"
    return Finding(answer=Answer.DIFFERS, note=note, span=_span(wrong))


def _span(words: Sequence[Word]) -> tuple[int, int] | None:
    return (min(word.span[0] for word in words), max(word.span[1] for word in words)) if words else None


def _one_letter(left: str, right: str) -> bool:
    """Whether one letter more, less or another, or two letters that changed places, make one word of the other."""
    start, most = 0, min(len(left), len(right))
    while start < most and left[start] == right[start]:
        start += 1
    one, other = left[start:], right[start:]
    return left != right and (
        one[1:] == other[1:] or one[1:] == other or one == other[1:] or (one[1::-1] + one[2:] == other and len(one) > 1)
    )
