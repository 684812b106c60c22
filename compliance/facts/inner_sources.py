"""Sources inside a source: the full name in its parts, and the birth date and sex in the digits of a number. Pure.

They are compared like every other source, and are no columns of the comparison.
"""

from collections.abc import Iterable, Iterator, Sequence

from compliance.facts import countries, names, national_numbers, numbers
from compliance.facts.sources import Earlier, FactSource, sources_of
from compliance.models import Case, Check

_SEXES = {"M": "male", "F": "female"}
"""In words, because the letter M has two meanings in Mexico."""
_NUMBERS = {
    "personal_number": "personal number",
    "tax_number": "tax number",
    "document_number": "document number",
}


def compared_sources(case: Case, checks: Sequence[Check], *, earlier: Iterable[Earlier] = ()) -> list[FactSource]:
    """All sources of ``sources_of``, each followed by those inside it."""
    found = sources_of(case, checks, earlier=earlier)
    return [one for source in found for one in (source, *inner_sources(source))]


def inner_sources(source: FactSource) -> Iterator[FactSource]:
    """The sources inside a source of a check, with the name of the part behind its id: ``check/<id>/0/parts``."""
    if not source.is_declared:
        yield from _name_in_parts(source)
        yield from _digits(source)


def _name_in_parts(source: FactSource) -> Iterator[FactSource]:
    """The name made of its parts, if these say more than the full name, or something else."""
    given, family = (source.facts.get(part, "").strip() for part in ("given_names", "family_name"))
    whole, text = source.facts.get("full_name", ""), f"{given} {family}".strip()
    if text and whole and not names.adds_nothing(text, whole) and not names.adds_nothing(f"{family} {given}", whole):
        yield _inner(source, "parts", "name in parts", {"full_name": text}, is_echo=source.is_echo)


def _digits(source: FactSource) -> Iterator[FactSource]:
    """Numbers with a meaning. They agree with nothing, because a birth date in a number proves no identity."""
    country = countries.only_code_of(source.facts.get("issuing_country", ""))
    kind = numbers.document_kind(source.facts.get("document_type", ""))
    for fact, label in _NUMBERS.items():
        number = source.facts.get(fact, "").strip()
        is_labelled = fact != "document_number"
        if not number or not (is_labelled or kind in ("", "identity card") or kind.startswith("register")):
            continue
        if found := national_numbers.encoded_in(number, country, is_labelled=is_labelled):
            facts = {"birth_date": found.birth_date, "sex": _SEXES.get(found.sex, ""), "issuing_country": country}
            own = {} if is_labelled else {"personal_number": number}
            yield _inner(source, fact, label, facts | own, is_echo=True)
        if inner := national_numbers.identity_number_in(number, country) if fact == "tax_number" else "":
            of_card = {part: source.facts.get(part, "") for part in ("document_type", "issuing_country")}
            yield _inner(source, f"{fact}/inside", label, of_card | {"document_number": inner}, is_echo=True)


def _inner(source: FactSource, part: str, label: str, facts: dict[str, str], *, is_echo: bool) -> FactSource:
    return FactSource(
        ref=(*source.ref, part),
        name=f"{source.name} {label}",
        part=label,
        facts=facts,
        is_echo=is_echo,
        is_other_document=source.is_other_document,
        reported_on=source.reported_on,
    )
