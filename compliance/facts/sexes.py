"""Sexes in the words of documents and registers."""

from compliance.facts.finding import Answer, Finding
from compliance.facts.scripts import romanised

_WORDS = {
    "M": ("m", "male", "man", "masculino", "masculin", "maschile", "mannlich", "homme", "hombre", "h", "laki-laki"),
    "F": (
        "f", "female", "woman", "femenino", "feminino", "feminin", "femminile", "weiblich", "femme", "mujer",
        "perempuan",
    ),
    "X": ("x", "<", "unspecified", "other", "non-binary", "nonbinary"),
}  # fmt: skip
_LETTERS = {word: letter for letter, words in _WORDS.items() for word in words}


def compare(value: str, reference: str) -> Finding:
    """Compare two sexes: ``F`` and ``FEMENINO`` are the same; unspecified contradicts nothing."""
    ours, theirs = letter_of(value), letter_of(reference)
    if not ours or not theirs:
        return Finding(answer=Answer.NOT_COMPARABLE, note="not recognised as a sex", by_eye=True)
    if ours == theirs:
        return Finding(answer=Answer.SAME)
    if "X" in (ours, theirs):
        return Finding(answer=Answer.NOT_COMPARABLE, note="one side is unspecified")
    return Finding(answer=Answer.DIFFERS)


def label(text: str) -> str:
    """The sex in English; the text itself if it is unknown."""
    return {"M": "Male", "F": "Female", "X": "Unspecified"}.get(letter_of(text), text)


def letter_of(text: str) -> str:
    """``M``, ``F`` or ``X`` (unspecified), as in passports; empty for an unknown word."""
    return _LETTERS.get(romanised(text).strip(" ."), "")
