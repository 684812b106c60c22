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

from compliance.facts import marks
from compliance.facts.finding import Answer, Finding, notes
from compliance.facts.name_matches import (
    Fits,
    Words,
    begins_or_equals,
    compatible,
    equal_or_partial,
    is_proof,
    loosely_equal,
    matched,
    missing_part,
    one_letter,
)
from compliance.facts.name_order import orders
from compliance.facts.name_parts import Name, Word, group_of, kind_of, name_of
from compliance.facts.name_scripts import joined, near, transliterated
from compliance.facts.partial_values import can_match, is_partial
from compliance.facts.romanisation import EXACT_SCRIPTS, is_serbian
from compliance.facts.scripts import SYLLABIC, bare, romanised, spellings, written_out
from compliance.facts.syllables import spells

_LONGEST = 1000
"""Characters; the longest limit that a provider documents is 510."""
_MOST_WORDS = 20
_LONGEST_ACROSS, _MOST_WORDS_ACROSS = 120, 10
"""Words of two scripts are compared letter by letter, which takes longer."""
_ANOTHER_SCRIPT = "different script"
_UNDECIDED = "different script, cannot be matched automatically"
_SPELT: tuple[Callable[[str], str], ...] = (bare, written_out)


def _by_eye(note: str) -> Finding:
    return Finding(answer=Answer.NOT_COMPARABLE, note=note, by_eye=True)


_AGREE = (Answer.SAME, Answer.COMPATIBLE)
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
    if found.answer in _AGREE:
        return _weakened(found, note) if (note := _left_out(ours, theirs)) else found
    return _without_titles(ours, theirs) or _without_suffix(ours, theirs) or found


def adds_nothing(part: str, whole: str) -> bool:
    """Whether each word of a part of a name is a word of the whole name, in full, as an initial or partly hidden."""
    if compare(part, whole).answer == Answer.SAME:
        return True
    ours, theirs = name_of(part), name_of(whole)
    return None not in matched(ours.words, theirs.words, _is_known)


def _is_known(left: Word, right: Word) -> bool:
    is_less = left.is_partial or not (right.is_partial or (right.is_initial and not left.is_initial))
    return is_less and transliterated(left, right, serbian=is_serbian(left.text) or is_serbian(right.text))


def _left_out(ours: Name, theirs: Name) -> str:
    placeholder = "placeholder left out" if ours.has_placeholder != theirs.has_placeholder else ""
    return notes(placeholder, "one name twice" if ours.is_repeated != theirs.is_repeated else "")


def _without_titles(ours: Name, theirs: Name) -> Finding | None:
    """The answer for the names without their titles, if these agree."""
    plain, others = ours.untitled(), theirs.untitled()
    if (plain, others) == (ours, theirs):
        return None
    if min(len(plain.words), len(others.words)) == 1:
        # What seems to be a title may be one of two names.
        return None
    found = _compared(plain, others)
    if found.answer not in _AGREE:
        return found if found.answer == Answer.NOT_COMPARABLE else None
    sexes = (ours.titles | theirs.titles) - {""}
    return _by_eye("titles differ") if len(sexes) > 1 else _weakened(found, "title left out")


def _without_suffix(ours: Name, theirs: Name) -> Finding | None:
    """The answer for the names without the suffix that both have, if these agree: it follows the family name or all."""
    if not ours.suffix or ours.suffix != theirs.suffix:
        return None
    found = _compared(ours.without_suffix(), theirs.without_suffix())
    return found if found.answer in _AGREE else None


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


# --- one script ------------------------------------------------------------------------------------------------------


def _same(ours: Name, theirs: Name) -> Finding | None:
    """The answer if the letters are the same, with other blanks or blocks in another place."""
    if ours.is_partial or theirs.is_partial or _letters(ours) != _letters(theirs):
        return None
    unclear = None
    for one, other, is_moved in orders(ours, theirs):
        pairs = [
            (spelt, spelt_there)
            for spelt, spelt_there in product(_SPELT, repeat=2)
            if "".join(spelt(word.text) for word in one) == "".join(spelt_there(word.text) for word in other)
        ]
        for spelt, spelt_there in pairs:
            found = _of_blanks(one, other, (spelt, spelt_there), is_moved=is_moved)
            if found.answer == Answer.SAME:
                answer = Answer.COMPATIBLE if is_moved and ours.is_patronymic else Answer.SAME
                return Finding(answer=answer, note=_variations(one, other, is_moved=is_moved, note=found.note))
            unclear = found if unclear is None or found.answer == Answer.COMPATIBLE else unclear
    return unclear


def _letters(name: Name) -> set[str]:
    """The letters, without those that a written-out umlaut adds, so that most pairs end here."""
    return set("".join(word.bare for word in name.words)) - set("aej")


def _of_blanks(one: Words, other: Words, spelt: Sequence[Callable[[str], str]], *, is_moved: bool) -> Finding:
    """Names of the same letters: hyphens, apostrophes and the blanks of Chinese or Korean names change nothing; a blank
    may, and blanks in two places do."""
    texts = [[word.text for word in words] for words in (one, other)]
    if len(one) != len(other):
        texts = [["".join(words)] for words in texts]
    if not marks.agree(*texts):
        return _by_eye("accents differ")
    ends, others = _ends(one, spelt[0]), _ends(other, spelt[1])
    if _dotted(one, ends) - _letters_alone(other, others) or _dotted(other, others) - _letters_alone(one, ends):
        return _by_eye("an initial or a part of a word")
    if _hard(one, ends) <= set(others) and _hard(other, others) <= set(ends):
        return Finding(answer=Answer.SAME, note="" if len(one) == len(other) else "hyphen differs")
    is_one_word = is_moved and min(len(one), len(other)) == 1
    if (set(ends) <= set(others) or set(others) <= set(ends)) and not is_one_word:
        return Finding(answer=Answer.COMPATIBLE, note="blanks differ")
    return _by_eye("blanks differ")


def _ends(words: Words, spelt: Callable[[str], str]) -> list[int]:
    """The ends of the words in the joined text."""
    return list(accumulate(len(spelt(word.text)) for word in words))


def _hard(words: Words, ends: Sequence[int]) -> set[int]:
    """The ends at which a blank is a part of the spelling."""
    begins = (*(word.begins for word in words[1:]), True)
    found = zip(words, ends, begins, strict=True)
    return {end for word, end, is_next in found if is_next and not word.needs_no_blank}


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
    if len(ours.words) == len(theirs.words) and all(map(compatible, ours.words, theirs.words)):
        return _by_eye("an initial that is not enough")
    if _possibly_variants(ours, theirs):
        return _by_eye("possibly variants of the same characters")
    if _is_other_order(ours, theirs):
        is_certain = ours.is_patronymic and theirs.is_patronymic
        return Finding(answer=Answer.DIFFERS, note="order differs") if is_certain else _by_eye("order differs")
    if _in_some_order(ours, theirs, loosely_equal):
        return _by_eye("another spelling")
    if missing := missing_part(ours.words, theirs.words, begins_or_equals):
        return _by_eye(missing)
    return _difference(ours, theirs, compatible)


def _compatible_names(ours: Name, theirs: Name) -> Finding | None:
    """The answer if masks, initials, short forms and patronymic words explain all that differs."""
    hidden = "partly hidden" if ours.is_partial or theirs.is_partial else ""
    if hidden and not (_shows_enough(ours) and _shows_enough(theirs)):
        return _by_eye("partly hidden")
    for one, other, is_moved in orders(ours, theirs):
        for left, right, left_out in _with_less(one, other, is_moved=is_moved):
            fits = equal_or_partial if is_moved else compatible
            if (
                len(left) == len(right)
                and all(map(fits, left, right))
                and is_proof(left, right)
                and _marks_agree(left, right)
            ):
                note = notes(left_out, hidden, _initials(left, right), "order differs" if is_moved else "")
                return Finding(answer=Answer.COMPATIBLE, note=note)
    if _whole_name_partial(ours.words, theirs.words):
        return Finding(answer=Answer.COMPATIBLE, note=hidden)
    return None


def _marks_agree(one: Words, other: Words) -> bool:
    pairs = [(left.text, right.text) for left, right in zip(one, other, strict=True) if left.bare == right.bare]
    return marks.agree([left for left, _ in pairs], [right for _, right in pairs])


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


def _is_other_order(ours: Name, theirs: Name) -> bool:
    if ours.is_partial or theirs.is_partial:
        return False
    if Counter(word.bare for word in ours.words) == Counter(word.bare for word in theirs.words):
        return True
    plain = [[word for word in name.words if kind_of(word) not in ("before", "after")] for name in (ours, theirs)]
    if any(word.needs_no_blank for word in ours.words):
        one, other = ("".join(word.bare for word in name.words) for name in (ours, theirs))
        return sorted(one) == sorted(other)
    has_order = ours.is_patronymic != theirs.is_patronymic or any(word.is_initial for word in plain[0] + plain[1])
    return has_order and len(plain[0]) == len(plain[1]) > 1 and None not in matched(plain[0], plain[1], compatible)


def _in_some_order(ours: Name, theirs: Name, fits: Fits) -> bool:
    return any(len(one) == len(other) and all(map(fits, one, other)) for one, other, _ in orders(ours, theirs))


def _whole_name_partial(ours: Words, theirs: Words) -> bool:
    """One partial value for several words: ``T****E`` for a first and a family name."""
    partial, other = (ours, theirs) if len(ours) == 1 else (theirs, ours)
    if len(partial) != 1 or not partial[0].is_partial:
        return False
    whole = spellings("".join(word.text for word in other))
    return any(can_match(part, name) for part in partial[0].spellings for name in whole)


def _initials(ours: Sequence[Word], theirs: Sequence[Word]) -> str:
    is_short = any(one.is_initial != other.is_initial for one, other in zip(ours, theirs, strict=True))
    return "initials" if is_short else ""


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
    if spells(ours, theirs):
        return Finding(answer=Answer.COMPATIBLE, note=_ANOTHER_SCRIPT)
    serbian = any(is_serbian(word.text) for word in (*ours.words, *theirs.words))

    def fits(left: Word, right: Word) -> bool:
        return transliterated(left, right, serbian=serbian)

    for first, second, is_moved in orders(ours, theirs):
        for one, other in ((first, second), (joined(first), joined(second))):
            is_match = len(one) == len(other) and all(map(fits, one, other)) and is_proof(one, other)
            if is_match and not (is_moved and _initials(one, other)):
                return Finding(answer=Answer.COMPATIBLE, note=_ANOTHER_SCRIPT)
    if any(len(word.scripts - SYLLABIC) > 1 for word in (*ours.words, *theirs.words)):
        return _by_eye("mixed scripts in one word")
    scripts = ours.scripts | theirs.scripts
    has_table = len(scripts - {"LATIN"}) == 1 and not (ours.is_partial or theirs.is_partial)
    if not (has_table and scripts <= EXACT_SCRIPTS | {"LATIN"}):
        return _by_eye(_UNDECIDED)
    if _in_some_order(ours, theirs, lambda left, right: fits(left, right) or near(left, right)):
        return _by_eye(_UNDECIDED)
    if missing := missing_part(ours.words, theirs.words, fits):
        return _by_eye(notes(_ANOTHER_SCRIPT, missing))
    found = _difference(ours, theirs, fits)
    return Finding(answer=found.answer, note=notes(_ANOTHER_SCRIPT, found.note), span=found.span)


# --- differences -----------------------------------------------------------------------------------------------------


def _difference(ours: Name, theirs: Name, fits: Fits) -> Finding:
    """From the first to the last word without a counterpart."""
    places = matched(ours.words, theirs.words, fits)
    wrong = [word for word, place in zip(ours.words, places, strict=True) if place is None]
    others = [word for place, word in enumerate(theirs.words) if place not in places]
    less = len(theirs.words) - len(ours.words)
    note = "" if less == 0 else f"{abs(less)} {'word' if abs(less) == 1 else 'words'} {'fewer' if less > 0 else 'more'}"
    if len(wrong) == len(others) == 1 and one_letter(wrong[0].bare, others[0].bare):
        note = "one letter differs"
    return Finding(answer=Answer.DIFFERS, note=note, span=_span(wrong))


def _span(words: Sequence[Word]) -> tuple[int, int] | None:
    return (min(word.span[0] for word in words), max(word.span[1] for word in words)) if words else None
