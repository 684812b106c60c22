"""Names: the same words in any order, whatever the case, the accents or the script.

Initials and masks fit what they stand for. A word more or less is a difference: people have to see it. Across scripts a
name agrees only where a table explains every letter of it; scripts without such a table, and those that leave vowels
out, are for a person's eye: many names share their consonants.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, product

from compliance.facts.finding import Answer, Finding, notes
from compliance.facts.partial_values import is_masked, may_be_one, with_stars
from compliance.facts.romanisation import SCRIPTS_WITH_TABLES, begins, explains, is_near, is_serbian
from compliance.facts.scripts import SYLLABIC, bare, romanised, scripts_of, spellings, written_out

_JOINERS = re.compile("['’ʼ`´‐‑–-]")
_WORD = re.compile(r"""[^\s.,;:/\\()\[\]{}"“”„«»<>|&+=!?#@_·・،]+""")
"""What stands between signs that part words; vowel signs of Indian scripts, which ``\\w`` leaves out, belong to it."""
_PIECE = re.compile("[^'’ʼ`´‐‑–-]+")
_LONGEST = 1000
"""Characters; the longest that a contract names is 510 (Checkout.com, ``full_name``)."""
_MOST_WORDS = 20
_LONGEST_ACROSS, _MOST_WORDS_ACROSS = 120, 10
"""Across scripts each pair of words is worked out letter by letter."""
_ANOTHER_SCRIPT = "another script"
_UNDECIDED = "another script, letters do not settle it"
_TOO_LONG = Finding(answer=Answer.NOT_COMPARABLE, note="too long to compare", by_eye=True)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    span: tuple[int, int]
    spellings: frozenset[str]
    is_masked: bool
    scripts: frozenset[str]


_Fits = Callable[[_Word, _Word], bool]
_SPELT: tuple[Callable[[str], str], ...] = (bare, written_out)


@lru_cache(maxsize=512)
def compare(value: str, reference: str) -> Finding:
    """Two full names. A page asks for the same pairs again and again, so the last answers are kept, in memory alone."""
    if max(len(value), len(reference)) > _LONGEST:
        return Finding(answer=Answer.SAME) if value == reference and not is_masked(value) else _TOO_LONG
    ours, theirs = _words(value), _words(reference)
    if not ours or not theirs:
        return Finding(answer=Answer.NOT_COMPARABLE, note="nothing to compare")
    if _folded(value) == _folded(reference) and not is_masked(value):
        return Finding(answer=Answer.SAME)
    if _same_words(ours, theirs):
        return Finding(answer=Answer.SAME, note=_what_varies(ours, theirs, parted=False))
    if max(len(ours), len(theirs)) > _MOST_WORDS:
        return _TOO_LONG
    scripts, others = _scripts(ours), _scripts(theirs)
    if len(scripts | others) < 2:
        return _one_script(value, reference)
    if scripts == others:
        found = _one_script(value, reference)
        if found.answer != Answer.DIFFERS:
            return found
    if max(len(value), len(reference)) > _LONGEST_ACROSS or max(len(ours), len(theirs)) > _MOST_WORDS_ACROSS:
        return _TOO_LONG
    return _two_scripts(value, reference)


def _one_script(value: str, reference: str) -> Finding:
    for joined in ((False, False), (True, True), (True, False), (False, True)):
        ours, theirs = _words(value, joined=joined[0]), _words(reference, joined=joined[1])
        if _all_matched(ours, theirs, _equal):
            return Finding(answer=Answer.SAME, note=_what_varies(ours, theirs, parted=joined[0] != joined[1]))
    ours, theirs = _words(value), _words(reference)
    if found := _parted_otherwise(ours, theirs):
        return found
    matched = _matched(ours, theirs, _compatible)
    if (len(ours) == len(theirs) and None not in matched) or _whole_mask(ours, theirs):
        masked = "masked" if is_masked(value) or is_masked(reference) else ""
        return Finding(answer=Answer.COMPATIBLE, note=notes(masked, _initials(ours, theirs)))
    if _perhaps_other_forms(ours, theirs):
        return Finding(answer=Answer.NOT_COMPARABLE, note="perhaps other forms of the same characters", by_eye=True)
    return _difference(ours, theirs, matched)


def _two_scripts(value: str, reference: str) -> Finding:
    serbian = is_serbian(value) or is_serbian(reference)

    def transliterated(left: _Word, right: _Word) -> bool:
        return _transliterated(left, right, serbian=serbian)

    for joined in (False, True):
        if _all_matched(_words(value, joined=joined), _words(reference, joined=joined), transliterated):
            return Finding(answer=Answer.COMPATIBLE, note=_ANOTHER_SCRIPT)
    ours, theirs = _words(value), _words(reference)
    if any(len(word.scripts - SYLLABIC) > 1 for word in (*ours, *theirs)):
        return Finding(answer=Answer.NOT_COMPARABLE, note="letters of two scripts in one word", by_eye=True)
    told = len((_scripts(ours) | _scripts(theirs)) - {"LATIN"}) == 1 and not is_masked(value + reference)
    if not (told and _scripts(ours) | _scripts(theirs) <= SCRIPTS_WITH_TABLES | {"LATIN"}):
        return Finding(answer=Answer.NOT_COMPARABLE, note=_UNDECIDED, by_eye=True)
    near = _all_matched(ours, theirs, lambda left, right: transliterated(left, right) or _near(left, right))
    if near:
        return Finding(answer=Answer.NOT_COMPARABLE, note=_UNDECIDED, by_eye=True)
    found = _difference(ours, theirs, _matched(ours, theirs, transliterated))
    return Finding(answer=found.answer, note=notes(_ANOTHER_SCRIPT, found.note), span=found.span)


def _words(name: str, *, joined: bool = False) -> list[_Word]:
    """Words with their places. ``joined``: hyphens and apostrophes part nothing (``Adeyemi-Okonkwo``, ``O'Brien``)."""
    found = [(match.group(), match.start()) for match in _WORD.finditer(with_stars(name))]
    if joined:
        parts = [(_JOINERS.sub("", text), start, start + len(text)) for text, start in found]
    else:
        parts = [
            (piece.group(), start + piece.start(), start + piece.end())
            for text, start in found
            for piece in _PIECE.finditer(text)
        ]
    return [
        _Word(text, (start, end), spellings(text), is_masked(text), scripts_of(text))
        for text, start, end in parts
        if bare(text)
    ]


def _scripts(words: Sequence[_Word]) -> frozenset[str]:
    return frozenset().union(*(word.scripts for word in words))


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _same_words(ours: Sequence[_Word], theirs: Sequence[_Word]) -> bool:
    """However many there are: counting them costs little."""
    if any(word.is_masked for word in (*ours, *theirs)):
        return False
    return Counter(bare(word.text) for word in ours) == Counter(bare(word.text) for word in theirs)


def _equal(left: _Word, right: _Word) -> bool:
    return not (left.is_masked or right.is_masked) and not left.spellings.isdisjoint(right.spellings)


def _compatible(left: _Word, right: _Word) -> bool:
    """Equal, an initial and a word that begins with it, or a mask and what it may hide."""
    if left.is_masked or right.is_masked:
        return any(may_be_one(one, other) for one in left.spellings for other in right.spellings)
    shorter, longer = sorted((left, right), key=lambda word: len(word.text))
    # One character is a whole name where characters are syllables.
    is_initial = len(shorter.text) == 1 < len(longer.text) and not shorter.scripts & SYLLABIC
    return _equal(left, right) or (is_initial and bare(longer.text).startswith(bare(shorter.text)))


def _transliterated(left: _Word, right: _Word, *, serbian: bool) -> bool:
    """Compatible in one script; across two, a word and what a table makes of every letter of it, or an initial."""
    if left.scripts == right.scripts or not left.scripts or not right.scripts:
        return _compatible(left, right)
    if (told := _by_letters(left, right)) is None:
        return False
    word, latin, script = told
    return begins(word, latin, script=script) or explains(word, latin, script=script, serbian=serbian)


def _near(left: _Word, right: _Word) -> bool:
    told = _by_letters(left, right)
    return told is not None and is_near(told[0], told[1], script=told[2])


def _by_letters(left: _Word, right: _Word) -> tuple[str, str, str] | None:
    """The word of another script, the Latin one, and the script, where a table can tell and nothing is masked."""
    latin, other = (left, right) if left.scripts == {"LATIN"} else (right, left)
    if latin.scripts != {"LATIN"} or len(other.scripts) != 1 or not other.scripts <= SCRIPTS_WITH_TABLES:
        return None
    (script,) = other.scripts
    return None if latin.is_masked or other.is_masked else (other.text, latin.text, script)


def _matched(ours: Sequence[_Word], theirs: Sequence[_Word], fits: _Fits) -> list[int | None]:
    """For each of our words the place of its own counterpart, so that as many as possible have one.

    Augmenting paths: a first word that fits two must leave the one that a later word needs. Equal words go first, so
    that they find each other.
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


def _all_matched(ours: Sequence[_Word], theirs: Sequence[_Word], fits: _Fits) -> bool:
    return len(ours) == len(theirs) and None not in _matched(ours, theirs, fits)


def _what_varies(ours: Sequence[_Word], theirs: Sequence[_Word], *, parted: bool) -> str:
    one, other = [_folded(word.text) for word in ours], [_folded(word.text) for word in theirs]
    accents = "accents differ" if sorted(one) != sorted(other) else ""
    in_order = all(_equal(left, right) for left, right in zip(ours, theirs, strict=True))
    return notes("" if in_order else "order differs", accents, "hyphen differs" if parted else "")


def _parted_otherwise(ours: Sequence[_Word], theirs: Sequence[_Word]) -> Finding | None:
    """The same letters with other blanks: ``Van Dam`` and ``Vandam`` can be one name.

    ``Ann Amaria`` and ``Anna Maria``, each with a blank that the other lacks, are likely two; or a slip of the pen.
    """
    if any(word.is_masked for word in (*ours, *theirs)):
        return None
    pairs = [
        (_ends(ours, spelt), _ends(theirs, spelt_there))
        for spelt, spelt_there in product(_SPELT, repeat=2)
        if "".join(spelt(word.text) for word in ours) == "".join(spelt_there(word.text) for word in theirs)
    ]
    if any(one <= other or other <= one for one, other in pairs):
        return Finding(answer=Answer.COMPATIBLE, note="blanks differ")
    return Finding(answer=Answer.NOT_COMPARABLE, note="blanks differ", by_eye=True) if pairs else None


def _ends(words: Sequence[_Word], spelt: Callable[[str], str]) -> frozenset[int]:
    """Where words end when all are written as one."""
    return frozenset(accumulate(len(spelt(word.text)) for word in words))


def _whole_mask(ours: Sequence[_Word], theirs: Sequence[_Word]) -> bool:
    """One mask over several words: ``T****E`` for a first and a family name."""
    masked, other = (ours, theirs) if len(ours) == 1 else (theirs, ours)
    if len(masked) != 1 or not masked[0].is_masked:
        return False
    whole = spellings("".join(word.text for word in other))
    return any(may_be_one(mask, name) for mask in masked[0].spellings for name in whole)


def _initials(ours: Sequence[_Word], theirs: Sequence[_Word]) -> str:
    lengths = [sorted(len(word.text) for word in words if not word.is_masked) for words in (ours, theirs)]
    return "initials" if lengths[0].count(1) != lengths[1].count(1) else ""


def _perhaps_other_forms(ours: Sequence[_Word], theirs: Sequence[_Word]) -> bool:
    """Whether two names of Chinese characters have one sound and could be the traditional and the simplified form.

    Characters that one set for simplified, or one for traditional writing, holds both of are two characters.
    """
    one, other = ("".join(word.text for word in words) for words in (ours, theirs))
    if _scripts(ours) | _scripts(theirs) != {"CJK"} or len(one) != len(other):
        return False
    return all(
        left == right
        or (romanised(left) == romanised(right) and not any(_held(left + right, by) for by in ("gb2312", "big5")))
        for left, right in zip(one, other, strict=True)
    )


def _held(characters: str, by: str) -> bool:
    try:
        characters.encode(by)
    except UnicodeEncodeError:
        return False
    return True


def _difference(ours: Sequence[_Word], theirs: Sequence[_Word], matched: Sequence[int | None]) -> Finding:
    """From the first to the last word without a counterpart."""
    wrong = [word.span for word, place in zip(ours, matched, strict=True) if place is None]
    less = len(theirs) - len(ours)
    note = "" if less == 0 else f"{abs(less)} {'word' if abs(less) == 1 else 'words'} {'fewer' if less > 0 else 'more'}"
    return Finding(answer=Answer.DIFFERS, note=note, span=(wrong[0][0], wrong[-1][1]) if wrong else None)
