"""The sources of facts of a case: the declaration, and in each check the main facts and the further sources. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from compliance.facts.matrix import facts_of
from compliance.labels import check_kind, provider_label
from compliance.models import Applicant, Case, Check
from providers import Verdict
from providers.vault import Undecipherable

DECLARED = ("full_name", "birth_date", "document_number", "email")
"""Facts that a person declares."""
Earlier = tuple[str, Mapping[str, str | None]]
"""Id of a correction, and the declared values before it; None for one that cannot be decrypted."""
ANSWER = "answer"
"""Stands for all facts of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSource:
    """One source of facts."""

    ref: tuple[str | int, ...]
    """``("declared",)``, ``("declared", correction id)`` for earlier values, or ``("check", check id, index)``.

    Index 0 are the main facts of the latest answer, 1 and above its further sources.
    """
    name: str
    """``PROVIDER``, ``PROVIDER second document``; of checks of one provider with their kind and reference."""
    part: str = ""
    """The name of a further source without its check: ``second document``."""
    facts: Mapping[str, str] = field(repr=False)
    """Name of a fact -> value as it was reported or entered; the full name is made of its parts if need be."""
    is_declared: bool = False
    is_echo: bool = False
    """Our own input that the provider repeats and has not verified: it agrees with nothing."""
    is_other_document: bool = False
    """Its number, dates and country are of another document than the one of the main facts."""
    is_earlier: bool = False
    """A declared value that has been corrected since."""
    reported_on: date | None = None
    """The day of the report, as the provider states it, else of its reading."""
    undecipherable: tuple[str, ...] = ()
    """Facts that are stored and cannot be decrypted, or ``ANSWER``. They are unknown, and not among ``facts``."""


def key_of(source: FactSource) -> str:
    """The id of a source as findings store it: ``declared``, ``check/<id>/1``."""
    return "/".join(map(str, source.ref))


def sources_of(case: Case, checks: Sequence[Check], *, earlier: Iterable[Earlier] = ()) -> list[FactSource]:
    """The declaration, then every source of every check with a report, in the order of ``checks``.

    ``earlier``: the declarations that were corrected since, the newest first.
    """
    found = [_declaration(("declared",), "the declaration", declared_of(case.applicant))]
    found += [
        _declaration(("declared", correction), "the earlier declaration", facts, is_earlier=True)
        for correction, facts in earlier
    ]
    read = [check for check in checks if check.report_count]
    for check, name in zip(read, names_of(read), strict=True):
        found += _sources_in(check, name)
    return found


def declared_of(applicant: Applicant) -> dict[str, str | None]:
    """Declared fact -> its value; None for one that cannot be decrypted."""
    values = {name: getattr(applicant, name) for name in DECLARED}
    return {name: None if isinstance(one, Undecipherable) else str(one or "").strip() for name, one in values.items()}


def _declaration(
    ref: tuple[str, ...], name: str, facts: Mapping[str, str | None], *, is_earlier: bool = False
) -> FactSource:
    unknown = tuple(fact for fact, value in facts.items() if value is None)
    return FactSource(
        ref=ref,
        name=name,
        facts={fact: value or "" for fact, value in facts.items()},
        is_declared=True,
        is_earlier=is_earlier,
        undecipherable=unknown if len(unknown) < len(facts) else (ANSWER,),
    )


def _sources_in(check: Check, name: str) -> Iterator[FactSource]:
    key = str(check.pk)
    time = check.reported_at or check.changed_at
    day = time.date() if time else None
    unknown = (ANSWER,) if isinstance(check.facts, Undecipherable) else ()
    facts = facts_of(check.facts)
    yield FactSource(ref=("check", key, 0), name=name, facts=facts, reported_on=day, undecipherable=unknown)
    for index, source in enumerate(check.facts.get("also", ()), start=1):
        yield FactSource(
            ref=("check", key, index),
            name=f"{name} {source['name']}",
            part=str(source["name"]),
            facts=facts_of(source["facts"]),
            is_echo=bool(source.get("is_echo")),
            is_other_document=bool(source.get("is_other_document")),
            reported_on=day,
        )


def all_facts(facts: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The main facts of a stored answer, then those of its further sources."""
    return (facts, *(source["facts"] for source in facts.get("also", ())))


def negatives_of(check: Check) -> tuple[tuple[str, str], ...]:
    """(where, word) of each negative word inside the latest answer; none unless the provider's result is positive."""
    if check.provider_verdict != Verdict.POSITIVE:
        return ()
    return tuple((str(where), str(word)) for where, word in check.facts.get("negatives", ()))


def names_of(checks: Sequence[Check]) -> list[str]:
    """Each check by its provider, with its kind, and then its reference, where several would have the same name."""
    names = [provider_label(check.provider) for check in checks]
    for more in ([check_kind(check.kind) for check in checks], [check.reference for check in checks]):
        names = [f"{name} {part}" if names.count(name) > 1 else name for name, part in zip(names, more, strict=True)]
    return names
