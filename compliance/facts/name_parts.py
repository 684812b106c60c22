"""The words of a name, and what they are: titles, placeholders, patronymic words, initials, blocks of the
machine-readable zone."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from compliance.facts.characters import plain_character
from compliance.facts.partial_values import is_partial, with_stars
from compliance.facts.scripts import SYLLABIC, bare, scripts_of, spellings

_FILE = Path(__file__).with_name("name_words.csv")
_WORD = re.compile(r"""(?<!\S)(?:[asdw]/[lpo]|n/a)(?!\S)|[^\s.,;:/\\()\[\]{}"“”„«»<>|&+=!@·・،]+""", re.IGNORECASE)
"""A word: the characters between separators, with the vowel signs of Indian scripts, which ``\\w`` leaves out."""
_PIECE = re.compile("[^'-]+")
_UNFIT = re.compile(r"[?%#_$^~§€£×÷]|\.\s?\.|x{3,}|''|--|\w-(?!\S)|(?<!\S)-\w", re.IGNORECASE)
"""Wildcards and the characters with which people hide letters; stars are partial values."""
_WITH_HYPHEN = frozenset({"article", "abbreviation", "form"})
"""Kinds of words that may begin a word with a hyphen: ``Al-Hashimi``, ``Saint-Clair``."""
_WITHOUT_BLANKS = frozenset({"CJK", "HANGUL", "HIRAGANA", "KATAKANA"})


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    span: tuple[int, int]
    spellings: frozenset[str]
    is_partial: bool
    scripts: frozenset[str]
    is_alone: bool = True
    """No apostrophe or hyphen joins it to another word."""
    is_dotted: bool = False
    begins: bool = True
    """It is the first part of the words that a hyphen or apostrophe joins."""

    @property
    def is_letter(self) -> bool:
        """A single letter; in scripts of syllables one character can be a whole name."""
        return len(self.text) == 1 and not self.is_partial and not self.scripts & SYLLABIC

    @property
    def is_initial(self) -> bool:
        return self.is_letter and self.is_alone

    @property
    def needs_no_blank(self) -> bool:
        return bool(self.scripts) and self.scripts <= _WITHOUT_BLANKS

    @property
    def bare(self) -> str:
        return bare(self.text)


@dataclass(frozen=True, slots=True)
class Name:
    words: tuple[Word, ...]
    """Without placeholders; in an order that names the family first, the given names before the family."""
    family: int = 0
    """How many of the last words are the family name, if the text names it first; 0 if unknown."""
    has_placeholder: bool = False
    is_repeated: bool = False
    """One name fills two fields: ``Suharto Suharto``; ``words`` has it once."""
    is_unfit: bool = False
    """It has digits, wildcards or characters that hide letters."""

    @property
    def is_partial(self) -> bool:
        return any(word.is_partial for word in self.words)

    @property
    def scripts(self) -> frozenset[str]:
        return frozenset().union(*(word.scripts for word in self.words))

    @property
    def is_initials_only(self) -> bool:
        return all(word.is_letter for word in self.words)

    @property
    def is_patronymic(self) -> bool:
        return any(patronymic_kinds(self.words))

    @property
    def titles(self) -> frozenset[str]:
        """The sexes that its titles name, and an empty text for other titles."""
        return frozenset(vocabulary()[word.bare][1] for word in self.words[:-1] if kind_of(word) == "title") | {
            sex for word in self.words for sex in _joined_title(word)[:1]
        }

    @property
    def suffix(self) -> str:
        """What the only suffix says that can be no other part of the name, as ``III`` at its end; empty without one."""
        places = [place for place, word in enumerate(self.words) if group_of(word, "suffix")]
        if len(places) != 1 or places == [0] or len(self.words) < 3:
            return ""
        is_last = places[0] in (len(self.words) - 1, len(self.words) - 1 - self.family)
        word = self.words[places[0]]
        return group_of(word, "suffix") if is_last or not word.is_letter else ""

    def without_suffix(self) -> "Name":
        """The name without the words that are suffixes."""
        is_kept = [not group_of(word, "suffix") for word in self.words]
        kept = tuple(word for word, keeps in zip(self.words, is_kept, strict=True) if keeps)
        return replace(self, words=kept, family=sum(is_kept[-self.family :]) if self.family else 0)

    def untitled(self) -> "Name":
        """The name without titles; a word at the end is no title."""
        kept = [word for word in self.words[:-1] if kind_of(word) != "title"]
        words = tuple(_without_title(word) for word in (*kept, *self.words[-1:]))
        return replace(self, words=words, family=min(self.family, len(words) - 1))


@cache
def vocabulary() -> dict[str, tuple[str, str]]:
    """Word -> kind and group."""
    with _FILE.open(encoding="utf-8", newline="") as lines:
        return {row["word"]: (row["kind"], row["group"]) for row in csv.DictReader(lines)}


def kind_of(word: Word) -> str:
    """What the word is, as in ``name_words.csv``; empty for others."""
    kind = vocabulary().get(word.bare, ("", ""))[0]
    return kind if word.is_alone or (word.begins and kind in _WITH_HYPHEN) else ""


def patronymic_kinds(words: Sequence[Word]) -> list[str]:
    """For each word whether it says whose child somebody is: ``before`` or ``after`` the father's name, or empty.

    ``before`` only between two names: Ben is a given name as well.
    """
    kinds = [kind if (kind := kind_of(word)) in ("before", "after") else "" for word in words]
    return ["" if kind == "before" and place in (0, len(kinds) - 1) else kind for place, kind in enumerate(kinds)]


def group_of(word: Word, *kinds: str) -> str:
    """The group of a word of one of these kinds; empty for others."""
    kind, group = vocabulary().get(word.bare, ("", ""))
    return group if kind in kinds and (word.is_alone or kind in _WITH_HYPHEN) else ""


@lru_cache(maxsize=512)
def name_of(text: str) -> Name:
    """The parts of a name."""
    letters = [(plain, place) for place, sign in enumerate(with_stars(text)) for plain in plain_character(sign)]
    plain = "".join(letter for letter, _ in letters)
    words, is_unfit = list(_words(plain, [place for _, place in letters])), _UNFIT.search(plain) is not None
    kept = [(word, start) for word, start in words if kind_of(word) != "placeholder"]
    is_unfit = any(_is_unfit(word) for word, _ in kept) or (is_unfit and bool(_UNFIT.search(_rest(plain))))
    border = _border(plain)
    family = [word for word, start in kept if start < border]
    others = [word for word, start in kept if start >= border]
    found = (*others, *family) if others else tuple(family)
    once = _once(found)
    return Name(
        words=once,
        is_repeated=len(once) < len(found),
        family=len(family) if others and once == found else 0,
        has_placeholder=len(kept) < len(words),
        is_unfit=is_unfit,
    )


def _rest(plain: str) -> str:
    return " ".join(word for word in plain.split() if vocabulary().get(word.casefold(), ("",))[0] != "placeholder")


def _border(plain: str) -> int:
    """The end of the family name where the text names it first: ``DOE<<JANE``, ``Doe, Jane``; else 0."""
    if (end := plain.find("<<")) > 0:
        return end
    return plain.find(",") if plain.count(",") == 1 and "<" not in plain else 0


def _words(plain: str, places: Sequence[int]) -> Iterator[tuple[Word, int]]:
    for match in _WORD.finditer(plain):
        whole, start = match.group(), match.start()
        joined = re.sub("['-]", "", whole)
        known = vocabulary().get(bare(joined), ("", ""))[0] in ("after", "before", "placeholder")
        pieces = [(joined, start, match.end())] if known else [
            (piece.group(), start + piece.start(), start + piece.end()) for piece in _PIECE.finditer(whole)
        ]  # fmt: skip
        for number, (text, begin, end) in enumerate(pieces):
            if bare(text):
                yield (
                    Word(
                        text,
                        (places[begin], places[end - 1] + 1),
                        spellings(text),
                        is_partial(text),
                        scripts_of(text),
                        is_alone=known or re.search("['-]", whole) is None,
                        is_dotted=plain[end : end + 1] == ".",
                        begins=number == 0,
                    ),
                    begin,
                )


def _is_unfit(word: Word) -> bool:
    return any(unicodedata.category(sign).startswith("N") for sign in word.text) and kind_of(word) != "suffix"


def _once(words: tuple[Word, ...]) -> tuple[Word, ...]:
    return words[:1] if len(words) == 2 and words[0].bare == words[1].bare and not words[0].is_letter else words


def _joined_title(word: Word) -> tuple[str, str] | tuple[()]:
    """Sex and text of a Thai title that is printed without a blank before the name."""
    if word.scripts != {"THAI"}:
        return ()
    titles = [(group, text) for text, (kind, group) in vocabulary().items() if kind == "joined_title"]
    fits = [(sex, text) for sex, text in titles if word.text.startswith(text) and len(word.text) > len(text) + 1]
    return max(fits, key=lambda fit: len(fit[1])) if fits else ()


def _without_title(word: Word) -> Word:
    if title := _joined_title(word):
        text = word.text[len(title[1]) :]
        return replace(word, text=text, spellings=spellings(text))
    return word
