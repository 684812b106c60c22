"""Facts with the further sources of their answer: those that repeat the main facts are left out."""

from collections.abc import Iterable
from dataclasses import replace

from providers.contract.report import Facts, Source

MOST_SOURCES = 12
MOST_NEGATIVES = 20
STATED = (
    "full_name", "given_names", "family_name", "birth_name", "birth_date", "birth_place", "age", "sex", "nationality",
    "document_type", "document_number", "document_issue", "document_expiry", "issuing_country", "personal_number",
    "tax_number", "address", "phone", "email",
)  # fmt: skip
"""Facts that a source can state."""


def with_sources(main: Facts, sources: Iterable[Source], *, negatives: Iterable[tuple[str, str]] = ()) -> Facts:
    """The main facts with those sources that state anything else than they or an earlier source, and negative words,
    those of the sources among them.

    Sources and words above a limit are counted as one more negative word, because nobody compares them.
    """
    kept: list[Source] = []
    inner: list[tuple[str, str]] = []
    for source in sources:
        inner += source.facts.negatives
        if not any(_repeats(source, facts) for facts in (main, *_of_one_document(source, kept))):
            kept.append(replace(source, facts=replace(source.facts, negatives=())))
    words = list(dict.fromkeys((where[:80], word[:40]) for where, word in (*negatives, *inner)))
    if more := max(0, len(words) - MOST_NEGATIVES):
        words[MOST_NEGATIVES:] = [("further negative words", str(more))]
    if more := max(0, len(kept) - MOST_SOURCES):
        words.append(("further sources that are not compared", str(more)))
    return replace(main, also=_with_names_of_their_own(kept[:MOST_SOURCES]), negatives=tuple(words))


def _of_one_document(source: Source, kept: Iterable[Source]) -> Iterable[Facts]:
    """The facts of earlier sources that this one can repeat: one of the same kind."""
    return (
        one.facts for one in kept if (one.is_echo, one.is_other_document) == (source.is_echo, source.is_other_document)
    )


def _repeats(source: Source, facts: Facts) -> bool:
    """Whether the source states nothing, or nothing but these facts."""
    stated = [(_folded(getattr(source.facts, name)), _folded(getattr(facts, name))) for name in STATED]
    return all(ours in ("", theirs) for ours, theirs in stated)


def _folded(value: str) -> str:
    return " ".join(value.casefold().split())


def _with_names_of_their_own(sources: Iterable[Source]) -> tuple[Source, ...]:
    """The sources with a number behind a name that an earlier one has."""
    found: dict[str, Source] = {}
    for source in sources:
        name, number = source.name, 2
        while name in found:
            name, number = f"{source.name} {number}", number + 1
        found[name] = replace(source, name=name)
    return tuple(found.values())
