"""Names: the same words in any order, independent of case, accents and script.

Initials and partial values match the words that they can stand for. A word more or less is a difference. Names of two
scripts match only if a table explains every letter. Scripts without such a table, and those that leave vowels out, need
a comparison by eye, because many names share their consonants.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, product

from compliance.facts.finding import Answer, Finding, notes
from compliance.facts.partial_values import can_match, is_partial, with_stars
from compliance.facts.romanisation import SCRIPTS_WITH_TABLES, begins, explains, is_near, is_serbian
from compliance.facts.scripts import SYLLABIC, bare, romanised, scripts_of, spellings, written_out

_JOINERS = re.compile("['’ʼ`´‐‑–-]")
_WORD = re.compile(r"""[^\s.,;:/\\()\[\]{}"“”„«»<>|&+=!?#@_·・،]+""")
"""A word: the characters between separators, with the vowel signs of Indian scripts, which ``\\w`` leaves out."""
_PIECE = re.compile("[^'’ʼ`´‐‑–-]+")
_LONGEST = 1000
"""Characters; the longest limit that a provider documents is 510."""
_MOST_WORDS = 20
_LONGEST_ACROSS, _MOST_WORDS_ACROSS = 120, 10
"""Words of two scripts are compared letter by letter, which takes longer."""
_ANOTHER_SCRIPT = "different script"
_UNDECIDED = "different script, cannot be matched automatically"
_TOO_LONG = Finding(answer=Answer.NOT_COMPARABLE, note="too long to compare", by_eye=True)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    span: tuple[int, int]
    spellings: frozenset[str]
    is_partial: bool
    scripts: frozenset[str]


_Fits = Callable[[_Word, _Word], bool]
_SPELT: tuple[Callable[[str], str], ...] = (bare, written_out)


@lru_cache(maxsize=512)
def compare(value: str, reference: str) -> Finding:
    """Compare two full names. The last answers are cached, because pages compare the same pairs repeatedly."""
    if max(len(value), len(reference)) > _LONGEST:
        return Finding(answer=Answer.SAME) if value == reference and not is_partial(value) else _TOO_LONG
    ours, theirs = _words(value), _words(reference)
    if not ours or not theirs:
        return Finding(answer=Answer.NOT_COMPARABLE, note="nothing to compare")
    if _folded(value) == _folded(reference) and not is_partial(value):
        return Finding(answer=Answer.SAME)
    if _same_words(ours, theirs):
        return Finding(answer=Answer.SAME, note=_variations(ours, theirs, parted=False))
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
            return Finding(answer=Answer.SAME, note=_variations(ours, theirs, parted=joined[0] != joined[1]))
    ours, theirs = _words(value), _words(reference)
    if found := _other_blanks(ours, theirs):
        return found
    matched = _matched(ours, theirs, _compatible)
    if (len(ours) == len(theirs) and None not in matched) or _whole_name_partial(ours, theirs):
        hidden = "partly hidden" if is_partial(value) or is_partial(reference) else ""
        return Finding(answer=Answer.COMPATIBLE, note=notes(hidden, _initials(ours, theirs)))
    if _possibly_variants(ours, theirs):
        return Finding(answer=Answer.NOT_COMPARABLE, note="possibly variants of the same characters", by_eye=True)
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
        return Finding(answer=Answer.NOT_COMPARABLE, note="mixed scripts in one word", by_eye=True)
    has_table = len((_scripts(ours) | _scripts(theirs)) - {"LATIN"}) == 1 and not is_partial(value + reference)
    if not (has_table and _scripts(ours) | _scripts(theirs) <= SCRIPTS_WITH_TABLES | {"LATIN"}):
        return Finding(answer=Answer.NOT_COMPARABLE, note=_UNDECIDED, by_eye=True)
    near = _all_matched(ours, theirs, lambda left, right: transliterated(left, right) or _near(left, right))
    if near:
        return Finding(answer=Answer.NOT_COMPARABLE, note=_UNDECIDED, by_eye=True)
    found = _difference(ours, theirs, _matched(ours, theirs, transliterated))
    return Finding(answer=found.answer, note=notes(_ANOTHER_SCRIPT, found.note), span=found.span)


def _words(name: str, *, joined: bool = False) -> list[_Word]:
    """Words with their spans. ``joined`` ignores hyphens and apostrophes (``Adeyemi-Okonkwo``, ``O'Brien``)."""
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
        _Word(text, (start, end), spellings(text), is_partial(text), scripts_of(text))
        for text, start, end in parts
        if bare(text)
    ]


def _scripts(words: Sequence[_Word]) -> frozenset[str]:
    return frozenset().union(*(word.scripts for word in words))


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _same_words(ours: Sequence[_Word], theirs: Sequence[_Word]) -> bool:
    """Cheap for any number of words."""
    if any(word.is_partial for word in (*ours, *theirs)):
        return False
    return Counter(bare(word.text) for word in ours) == Counter(bare(word.text) for word in theirs)


def _equal(left: _Word, right: _Word) -> bool:
    return not (left.is_partial or right.is_partial) and not left.spellings.isdisjoint(right.spellings)


def _compatible(left: _Word, right: _Word) -> bool:
    """Equal words, an initial and a word that begins with it, or a partial value and a word that it can stand for."""
    if left.is_partial or right.is_partial:
        return any(can_match(one, other) for one in left.spellings for other in right.spellings)
    shorter, longer = sorted((left, right), key=lambda word: len(word.text))
    # In scripts of syllables one character can be a whole name.
    is_initial = len(shorter.text) == 1 < len(longer.text) and not shorter.scripts & SYLLABIC
    return _equal(left, right) or (is_initial and bare(longer.text).startswith(bare(shorter.text)))


def _transliterated(left: _Word, right: _Word, *, serbian: bool) -> bool:
    """Compatible words of one script; of two scripts, a word and its transliteration, or an initial."""
    if left.scripts == right.scripts or not left.scripts or not right.scripts:
        return _compatible(left, right)
    if (pair := _by_letters(left, right)) is None:
        return False
    word, latin, script = pair
    return begins(word, latin, script=script) or explains(word, latin, script=script, serbian=serbian)


def _near(left: _Word, right: _Word) -> bool:
    pair = _by_letters(left, right)
    return pair is not None and is_near(pair[0], pair[1], script=pair[2])


def _by_letters(left: _Word, right: _Word) -> tuple[str, str, str] | None:
    """The word of the other script, the Latin one, and the script; None without a table or for partial values."""
    latin, other = (left, right) if left.scripts == {"LATIN"} else (right, left)
    if latin.scripts != {"LATIN"} or len(other.scripts) != 1 or not other.scripts <= SCRIPTS_WITH_TABLES:
        return None
    (script,) = other.scripts
    return None if latin.is_partial or other.is_partial else (other.text, latin.text, script)


def _matched(ours: Sequence[_Word], theirs: Sequence[_Word], fits: _Fits) -> list[int | None]:
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


def _all_matched(ours: Sequence[_Word], theirs: Sequence[_Word], fits: _Fits) -> bool:
    return len(ours) == len(theirs) and None not in _matched(ours, theirs, fits)


def _variations(ours: Sequence[_Word], theirs: Sequence[_Word], *, parted: bool) -> str:
    one, other = [_folded(word.text) for word in ours], [_folded(word.text) for word in theirs]
    accents = "accents differ" if sorted(one) != sorted(other) else ""
    in_order = all(_equal(left, right) for left, right in zip(ours, theirs, strict=True))
    return notes("" if in_order else "order differs", accents, "hyphen differs" if parted else "")


def _other_blanks(ours: Sequence[_Word], theirs: Sequence[_Word]) -> Finding | None:
    """The same letters with other blanks: ``Van Dam`` and ``Vandam`` can be one name.

    ``Ann Amaria`` and ``Anna Maria``, where each has a blank that the other lacks, are two names or a typing error.
    """
    if any(word.is_partial for word in (*ours, *theirs)):
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
    """The ends of the words in the joined text."""
    return frozenset(accumulate(len(spelt(word.text)) for word in words))


def _whole_name_partial(ours: Sequence[_Word], theirs: Sequence[_Word]) -> bool:
    """One partial value for several words: ``T****E`` for a first and a family name."""
    partial, other = (ours, theirs) if len(ours) == 1 else (theirs, ours)
    if len(partial) != 1 or not partial[0].is_partial:
        return False
    whole = spellings("".join(word.text for word in other))
    return any(can_match(part, name) for part in partial[0].spellings for name in whole)


def _initials(ours: Sequence[_Word], theirs: Sequence[_Word]) -> str:
    lengths = [sorted(len(word.text) for word in words if not word.is_partial) for words in (ours, theirs)]
    return "initials" if lengths[0].count(1) != lengths[1].count(1) else ""


def _possibly_variants(ours: Sequence[_Word], theirs: Sequence[_Word]) -> bool:
    """Whether two names of Chinese characters sound alike and can be the traditional and the simplified form.

    Two characters that both occur in one set for simplified or traditional writing are different characters.
    """
    one, other = ("".join(word.text for word in words) for words in (ours, theirs))
    if _scripts(ours) | _scripts(theirs) != {"CJK"} or len(one) != len(other):
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


def _difference(ours: Sequence[_Word], theirs: Sequence[_Word], matched: Sequence[int | None]) -> Finding:
    """From the first to the last word without a counterpart."""
    wrong = [word.span for word, place in zip(ours, matched, strict=True) if place is None]
    less = len(theirs) - len(ours)
    note = "" if less == 0 else f"{abs(less)} {'word' if abs(less) == 1 else 'words'} {'fewer' if less > 0 else 'more'}"
    return Finding(answer=Answer.DIFFERS, note=note, span=(wrong[0][0], wrong[-1][1]) if wrong else None)
