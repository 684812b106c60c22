"""Values that contradict without another source: dates that cannot be true, rights that may have ended, numbers that
break the rule of their country, and a nationality other than the issuing country. Pure.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from compliance.enums import FindingKind
from compliance.facts import countries, dates, national_numbers, numbers, plausibility
from compliance.facts.finding import Answer, Conflict
from compliance.facts.plausibility import Implausible
from compliance.facts.sources import FactSource, key_of

_FOR_FOREIGNERS = re.compile("alien|foreign|refugee|stateless|convention|resident", re.IGNORECASE)
"""Words of documents for people of another nationality."""
_CARDS_FOR_FOREIGNERS = frozenset({
    "AE", "AR", "BE", "BH", "BR", "CL", "CO", "EC", "EE", "EG", "HK", "IL", "IT", "JO", "KW", "LU", "MO", "MY", "OM",
    "PE", "QA", "SA", "SG", "TH", "TR", "TW", "UY",
})  # fmt: skip
"""Countries that give identity cards to foreigners who live there."""


def implausible(sources: Sequence[FactSource], *, today: date) -> Iterator[Conflict]:
    """Dates of birth, issue and expiry that cannot be true, with their sources, even if all sources agree on them."""
    by_finding: dict[tuple[str, Implausible], list[str]] = {}
    born = next((source.facts.get("birth_date", "") for source in sources if source.is_declared), "")
    for source in sources:
        day = source.reported_on or today
        for finding in _implausible_dates({"birth_date": born} | _given(source.facts), today, day):
            is_own = source.facts.get("birth_date") or finding[1] == Implausible.OTHER_AGE
            if finding[0] == "birth_date" and not is_own:
                continue  # the declared one, which is a source of its own
            by_finding.setdefault(finding, []).append(key_of(source))
    for (fact, reason), keys in by_finding.items():
        yield Conflict(kind=FindingKind.IMPLAUSIBLE, about=fact, detail={"reason": reason.value, "of": keys})


def _given(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}


def _implausible_dates(facts: Mapping[str, str], today: date, reported_on: date) -> Iterator[tuple[str, Implausible]]:
    birth, issued, expires = (facts.get(name, "") for name in ("birth_date", "document_issue", "document_expiry"))
    kind = facts.get("document_type", "")
    of_expiry = (
        plausibility.of_document(expires=expires, birth=birth, document_type=kind, today=today) if expires else ()
    )
    of_issue = (
        plausibility.of_document(issued=issued, expires=expires, birth=birth, document_type=kind, today=today)
        if issued
        else ()
    )
    yield from (("birth_date", reason) for reason in plausibility.of_birth(birth, today))
    yield from (("birth_date", reason) for reason in plausibility.of_age(facts.get("age", ""), birth, reported_on))
    yield from (("document_expiry", reason) for reason in of_expiry)
    yield from (("document_issue", reason) for reason in of_issue if reason not in of_expiry)


def faulty_numbers(sources: Iterable[FactSource]) -> Iterator[Conflict]:
    """Numbers that break the rule of the country that gives them, with their sources."""
    by_finding: dict[tuple[str, Implausible], list[str]] = {}
    for source in sources:
        country = countries.only_code_of(source.facts.get("issuing_country", ""))
        kind = source.facts.get("document_type", "")
        for fact in numbers.NUMBERS:
            number = source.facts.get(fact, "").strip()
            if number and (fault := national_numbers.fault_in(number, country, fact=fact, document_type=kind)):
                by_finding.setdefault((fact, fault), []).append(key_of(source))
    for (fact, fault), keys in by_finding.items():
        yield Conflict(kind=FindingKind.IMPLAUSIBLE, about=fact, detail={"reason": fault.value, "of": keys})


def other_issuers(sources: Iterable[FactSource]) -> Iterator[Conflict]:
    """Passports and identity cards of a country that is not the nationality of the holder. Not certain, because a
    person can have several nationalities."""
    keys = [key_of(source) for source in sources if _is_of_another_state(source.facts)]
    if keys:
        yield Conflict(kind=FindingKind.BY_EYE, about="nationality", detail={"clauses": [["issuer", keys]]})


def _is_of_another_state(facts: Mapping[str, str]) -> bool:
    issuer, nationality = facts.get("issuing_country", ""), facts.get("nationality", "")
    kind = numbers.document_kind(facts.get("document_type", ""))
    is_of_citizens = kind == "passport" or (
        kind == "identity card" and countries.only_code_of(issuer) not in _CARDS_FOR_FOREIGNERS
    )
    if not is_of_citizens or _FOR_FOREIGNERS.search(facts.get("document_type", "")):
        return False
    is_stateless = countries.codes_of(nationality) == {"XXA"}
    return not is_stateless and countries.compare_states(nationality, issuer).answer == Answer.DIFFERS


def expired(sources: Sequence[FactSource], *, today: date) -> Iterator[Conflict]:
    """Rights that ended on a day before today, or may have; one conflict for each date."""
    by_date: dict[tuple[FindingKind, str], list[str]] = {}
    kinds = {True: FindingKind.EXPIRED, None: FindingKind.MAY_BE_EXPIRED}
    for source in sources:
        value = source.facts.get("document_expiry", "")
        if kind := kinds.get(dates.is_expired(value, today)):
            by_date.setdefault((kind, dates.label(value)), []).append(key_of(source))
    for (kind, _), keys in sorted(by_date.items(), key=lambda item: item[0][0]):
        yield Conflict(kind=kind, about="document_expiry", detail={"of": keys})
