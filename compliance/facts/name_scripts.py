"""How a word of a name compares with a word of another script."""

from compliance.facts.name_matches import Words, compatible
from compliance.facts.name_parts import Word, group_of, name_of
from compliance.facts.romanisation import SCRIPTS_WITH_TABLES, begins, explains, is_near
from compliance.facts.scripts import loose, romanised, spellings


def joined(words: Words) -> Words:
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


def transliterated(left: Word, right: Word, *, serbian: bool) -> bool:
    """Compatible words of one script; of two scripts, a word and its transliteration, or an initial."""
    if left.scripts == right.scripts or not left.scripts or not right.scripts:
        return compatible(left, right)
    if (pair := _by_letters(left, right)) is None:
        return False
    word, latin, script = pair
    if left.is_initial != right.is_initial:
        return begins(word, latin, script=script)
    return explains(word, latin, script=script, serbian=serbian)


def near(left: Word, right: Word) -> bool:
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
