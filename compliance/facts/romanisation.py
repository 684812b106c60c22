"""Whether a Latin word is a transliteration of one in another script, letter by letter, vowels included.

Only for scripts that write their vowels and have tables that passports use. A table (``romanisation.csv``) lists for a
letter, or a few letters together, the Latin spellings that may stand for it; a word is explained only if the spellings
of its letters, in order, give the whole Latin word. So ``Иванов`` is Ivanov and is not Ivanova.

Cyrillic: ICAO Doc 9303 part 3 section 6, BGN/PCGN, the Ukrainian (2010) and Bulgarian (2009) rules, French and German
spellings of older passports, ISO 9 and the scholarly letters with marks, Serbian and Macedonian. Greek: ELOT 743, which
ICAO follows, and older spellings in use. Georgian and Armenian: BGN/PCGN. Kana: Hepburn as Japanese passports have it,
with the long vowels that the ministry of foreign affairs allows (Taro, Tarou, Taroh). ``^`` and ``$`` are the ends of a
word.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import product
from pathlib import Path

from compliance.facts.scripts import bare, ending, script_of, skeleton

Table = Mapping[str, tuple[str, ...]]
_FILE = Path(__file__).with_suffix(".csv")
_LONGEST_WORD = 60
_ENDS = re.compile("[$^]")
_OWN_MARKS = frozenset({"CYRILLIC", "HIRAGANA", "KATAKANA"})
"""Scripts with marks that make another letter."""
_SERBIAN = frozenset("ђјљњћџѓќѕ")
_TABLES: Mapping[str, tuple[str, ...]] = {
    "CYRILLIC": ("cyrillic_bulgarian", "cyrillic_french", "cyrillic_german"),
    "GREEK": ("greek",),
    "GEORGIAN": ("georgian",),
    "ARMENIAN": ("armenian",),
    "HIRAGANA": ("kana",),
    "KATAKANA": ("kana",),
}
KANA = frozenset({"HIRAGANA", "KATAKANA"})
SCRIPTS_WITH_TABLES = frozenset(_TABLES)
"""Unicode names of the scripts with tables."""
EXACT_SCRIPTS = SCRIPTS_WITH_TABLES - KANA
"""Those in which a transliteration can be distinguished from another name; kana spell foreign names by their sound."""
_TO_HIRAGANA = {sign: sign - 0x60 for sign in range(0x30A1, 0x30F7)}


@cache
def tables_of(script: str) -> tuple[Table, ...]:
    """The tables of a script, each of them complete."""
    return tuple(_tables()[name] for name in _TABLES[script])


@cache
def _tables() -> Mapping[str, Table]:
    """All tables by name; those named ``cyrillic_...`` change single rows of ``cyrillic``."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    with _FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            name = row["table"]
            if name not in found:
                base = {"^": ("",), "$": ("",)}
                found[name] = dict(found["cyrillic"] if name.startswith("cyrillic_") else base)
            found[name][row["letters"]] = tuple(row["latin"].split(" "))
    return found | {"cyrillic_bulgarian": _with_bulgarian_vowel(found["cyrillic"]), "kana": _with_sounds(found["kana"])}


def _with_bulgarian_vowel(table: Table) -> Table:
    """Bulgarian writes a vowel with the sign that is silent in Russian. Old spellings have that sign at the end of
    men's names, where it must not become the ``a`` of women's."""
    return dict(table) | {
        f"ъ{letter}": tuple(f"a{latin}" for latin in table[letter]) for letter in "бвгджзклмнпрстфхцчшщ"
    }


def _with_sounds(table: Table) -> Table:
    """Kana with long vowels (``ろう``, ``ろー``), double consonants (``っと``) and the m of ``んぺ``."""
    found = dict(table)
    for kana, (latin, *_) in table.items():
        if vowel := latin[-1:] if latin[-1:] in ("a", "i", "u", "e", "o") else "":
            long = (latin, latin + vowel, *((f"{latin}u", f"{latin}h") if vowel == "o" else ()))
            found |= {kana + sign: long for sign in {"o": "ーうお", "u": "ーう"}.get(vowel, "ー")}
        found[f"っ{kana}"] = ((f"t{latin}" if latin.startswith("ch") else latin[:1] + latin),)
        if latin[:1] in ("b", "m", "p"):
            found[f"ん{kana}"] = (f"n{latin}", f"m{latin}")
    return found


@cache
def _any_table(script: str) -> Table:
    """All spellings of a script's tables: a word that these do not explain is explained by none of the tables."""
    tables = tables_of(script)
    letters = {letter for table in tables for letter in table}
    return {letter: tuple({latin for table in tables for latin in table.get(letter, ())}) for letter in letters}


def is_serbian(name: str) -> bool:
    """Whether a name has letters that only Serbian and Macedonian have; their passports leave the mark of ``š`` out."""
    return not _SERBIAN.isdisjoint(name.casefold())


@lru_cache(maxsize=1024)
def explains(word: str, latin: str, *, script: str, serbian: bool = False) -> bool:
    """Whether a table of the script turns the whole word into the Latin word. ``serbian`` adds the table of Serbian
    and Macedonian passports, which leave marks out."""
    source, plain, marked = _lettered(word), re.sub("[^a-z]", "", bare(latin)), _marked(latin)
    if max(len(source), len(marked)) > _LONGEST_WORD or not plain:
        return False
    if _turns_into(source, plain, _any_table(script)) and any(
        _turns_into(source, plain, table) for table in tables_of(script)
    ):
        return True
    if script != "CYRILLIC":
        return False
    if serbian and _turns_into(source, plain, _tables()["cyrillic_serbian"]):
        return True
    # ISO 9 and the scholarly systems tell letters apart by marks alone, so the Latin word needs to have marks.
    return not marked.isascii() and _turns_into(source, marked, _tables()["cyrillic_marked"])


@lru_cache(maxsize=1024)
def begins(word: str, latin: str, *, script: str) -> bool:
    """Whether one of the two is an initial of the other: ``Ю`` of Yulia, ``Y`` of Юлия."""
    source, plain = _lettered(word), re.sub("[^a-z]", "", bare(latin))
    if not source or not plain:
        return False
    spellings = [spelling for spelling in _any_table(script).get(source[0], ()) if spelling]
    return (len(source) == 1 and any(plain.startswith(spelling) for spelling in spellings)) or (
        len(plain) == 1 and any(spelling.startswith(plain) for spelling in spellings)
    )


@lru_cache(maxsize=1024)
def is_near(word: str, latin: str, *, script: str) -> bool:
    """Whether the consonants and the last vowel of two words are alike, so that another spelling system may join them.

    This proves nothing and asks for a comparison by eye. The last vowel tells a woman's name from a man's.
    """
    # French spellings end -in and -on with a silent e, which in other names tells a woman's from a man's.
    closed = re.sub("(?<=[io]n)e$", "", bare(latin))
    if closed != bare(latin) and explains(word, closed, script=script):
        return True
    ours = skeleton(word)
    return bool(ours) and ours == skeleton(latin) and ending(word) == ending(latin)


def _lettered(word: str) -> str:
    """Lower case without accents, katakana as hiragana; marks that make another letter (``й``, ``ё``, ``が``) are
    retained."""
    lower = unicodedata.normalize("NFKC", word).casefold().translate(_TO_HIRAGANA)
    letters = (sign if script_of(sign) in _OWN_MARKS else unicodedata.normalize("NFD", sign) for sign in lower)
    return _ENDS.sub("", "".join(sign for sign in "".join(letters) if not unicodedata.combining(sign)))


def _marked(latin: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", latin).casefold() if sign.isalpha())


def _turns_into(source: str, latin: str, table: Table) -> bool:
    """Bit n of ``reach[place]``: the letters before this place can give the first n Latin letters."""
    text = f"^{source}$"
    reach = [0] * (len(text) + 1)
    reach[0] = 1
    found: dict[str, int] = {}
    for place, size in product(range(len(text)), (1, 2, 3)):
        reached = reach[place]
        if not reached or place + size > len(text):
            continue
        for spelling in table.get(text[place : place + size], ()):
            if spelling not in found:
                found[spelling] = _places(spelling, latin)
            reach[place + size] |= (reached & found[spelling]) << len(spelling)
    return bool(reach[-1] >> len(latin) & 1)


def _places(spelling: str, latin: str) -> int:
    """The places of a spelling in a word, one bit each."""
    return sum(1 << place for place in range(len(latin) + 1) if latin.startswith(spelling, place))
