"""Where the voices of a case contradict each other, and documents that have expired: what a person must look at. Pure.

What is said here names sources, facts and codes, never a value; the one exception is the expiry date in ``text``, which
is for the page alone.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from compliance import comparison
from compliance.facts import dates
from compliance.facts.finding import Answer
from compliance.models import Case, Check
from compliance.words import check_kind, listed, provider_label
from providers import Kind, Testimony, Topic, Verdict, provider_class

FACTS: dict[str, str] = {"full_name": "name", "birth_date": "birth date"}
"""Facts that belong to the person, whatever the document: two values are a conflict."""
DECLARED = "what was declared"
SPOKEN = {Topic.FACE: "the face", Topic.LIVENESS: "liveness", Topic.DOCUMENT: "the document"}
_SAYS_AGAINST = {Topic.FACE: "no match", Topic.LIVENESS: "not live", Topic.DOCUMENT: "against it"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One contradiction, or one document that has expired."""

    about: str
    """Name of a fact, or what providers disagree about."""
    head: str
    text: str = field(repr=False)
    why: str
    """As a part of a sentence that may be stored."""
    link: str
    link_text: str


def found(case: Case, current: Sequence[Check], *, today: date) -> tuple[Conflict, ...]:
    """Everything that needs a person's eye, verdicts first. ``today``: the date in the desk's time zone."""
    return (*between_verdicts(current), *between_facts(case, current), *expired(current, today=today))


# --- facts ---------------------------------------------------------------------------------------------------------


def between_facts(case: Case, current: Sequence[Check]) -> Iterator[Conflict]:
    """Facts about the person on which declaration and checks differ: who from whom."""
    told = [check for check in current if check.report_count]
    read = [comparison.facts_of(check.facts) for check in told]
    names = [DECLARED, *names_of(told)]
    for fact, label in FACTS.items():
        values = [getattr(case.applicant, fact), *(facts.get(fact, "") for facts in read)]
        if sentence := _who_differs(fact, _spellings(names, values)):
            yield Conflict(
                about=fact,
                head=f"{label.capitalize()}:",
                text=sentence,
                why=f"what was declared and read disagrees on the {label}",
                link=f"#fact-{fact}",
                link_text="Compare",
            )


def names_of(checks: Sequence[Check]) -> list[str]:
    """Each check by its provider; with its kind, and then its reference, where that alone would not tell it apart."""
    names = [provider_label(check.provider) for check in checks]
    for more in ([check_kind(check.kind) for check in checks], [check.reference for check in checks]):
        names = [f"{name} {part}" if names.count(name) > 1 else name for name, part in zip(names, more, strict=True)]
    return names


def _spellings(names: Iterable[str], values: Iterable[str]) -> dict[str, list[str]]:
    """Value -> who says it."""
    spellings: dict[str, list[str]] = {}
    for name, value in zip(names, values, strict=True):
        if value.strip():
            spellings.setdefault(value.strip(), []).append(name)
    return spellings


def _who_differs(fact: str, spellings: Mapping[str, list[str]]) -> str:
    """Whoever contradicts most is named first; then, without it, the next, until nobody contradicts anybody."""
    # Every pair: a mask agrees with two names that do not agree with each other.
    answers = {
        pair: answer
        for pair in itertools.combinations(spellings, 2)
        if (answer := comparison.compare(fact, *pair).answer) not in (Answer.SAME, Answer.COMPATIBLE)
    }
    clauses = []
    while answers:
        value = max(spellings, key=lambda one: _oddness(one, spellings, answers))
        against = {pair[pair[0] == value]: answer for pair, answer in answers.items() if value in pair}
        clauses.append(_clause(spellings, value, against))
        answers = {pair: answer for pair, answer in answers.items() if value not in pair}
    # The same text twice proves nothing where it cannot be read as this fact.
    unread = [who for one, who in spellings.items() if len(who) > 1 and not comparison.agrees(fact, one, one)]
    clauses += [f"{listed(who)} cannot be compared with each other" for who in unread]
    sentence = "; ".join(clauses)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _oddness(
    value: str, spellings: Mapping[str, list[str]], answers: Mapping[tuple[str, str], Answer]
) -> tuple[int, int, int]:
    """More contradictions, then fewer who say so, then whoever came later: what was declared comes last."""
    return sum(value in pair for pair in answers), -len(spellings[value]), list(spellings).index(value)


def _clause(spellings: Mapping[str, list[str]], value: str, against: Mapping[str, Answer]) -> str:
    who = spellings[value]
    differs = [name for other, answer in against.items() if answer == Answer.DIFFERS for name in spellings[other]]
    unclear = [name for other, answer in against.items() if answer != Answer.DIFFERS for name in spellings[other]]
    says = [f"{'differs' if len(who) == 1 else 'differ'} from {listed(differs)}"] if differs else []
    says += [f"cannot be compared with {listed(unclear)}"] if unclear else []
    return f"{listed(who)} {' and '.join(says)}"


# --- verdicts ------------------------------------------------------------------------------------------------------


def between_verdicts(current: Sequence[Check]) -> Iterator[Conflict]:
    """Providers of whom one found the face, liveness or the document good and another did not."""
    told = [check for check in current if check.report_count]
    names = names_of(told)
    for topic, spoken in SPOKEN.items():
        against = [(name, said) for name, check in zip(names, told, strict=True) if (said := _against(check, topic))]
        speaking = [(name, said) for name, check in zip(names, told, strict=True) if (said := _for(check, topic))]
        if against and speaking:
            yield Conflict(
                about=topic,
                head=f"Providers disagree about {spoken}:",
                text=" ".join(f"{name}: {said}." for name, said in (*against, *speaking)),
                why=f"providers disagree about {spoken}",
                link="#pictures",
                link_text="See pictures",
            )


def _testimony(check: Check) -> Testimony:
    """What its provider's codes say; nothing where the registry no longer has the provider."""
    try:
        return provider_class(check.provider).testimony
    except KeyError:
        return Testimony()


def _against(check: Check, topic: Topic) -> str:
    """What this check found against it, with the code, or empty."""
    if check.provider_verdict != Verdict.NEGATIVE:
        return ""
    testimony = _testimony(check)
    codes = {str(reason["code"]) for reason in check.reasons}
    if named := sorted(codes & set(testimony.against.get(topic, ()))):
        return f"{_SAYS_AGAINST[topic]} ({', '.join(named)})"
    says_more = not codes.isdisjoint(itertools.chain.from_iterable(testimony.against.values()))
    if testimony.fails.get(Kind(check.kind)) == topic and not says_more:
        return f"{check.kind} check {str(check.outcome).replace('_', ' ')}"
    return ""


def _for(check: Check, topic: Topic) -> str:
    """What this check found in its favour, or empty."""
    if _against(check, topic):
        return ""
    testimony = _testimony(check)
    for reason in check.reasons:
        said = testimony.explains.get((str(reason["code"]), str(reason["group"])), {})
        if topic in said:
            return said[topic]
    if check.provider_verdict == Verdict.POSITIVE and topic in testimony.passes.get(Kind(check.kind), ()):
        return f"{check.kind} check passed"
    return ""


# --- expiry --------------------------------------------------------------------------------------------------------


def expired(current: Sequence[Check], *, today: date) -> Iterator[Conflict]:
    """Documents that were valid until a day before today, one conflict for each date."""
    told = [check for check in current if check.report_count]
    values = [comparison.facts_of(check.facts).get("document_expiry", "") for check in told]
    past: dict[str, list[str]] = {}
    for name, value in zip(names_of(told), values, strict=True):
        if value and dates.is_expired(value, today):
            past.setdefault(_spoken(value), []).append(name)
    for when, names in past.items():
        yield Conflict(
            about="document_expiry",
            head="The document expired",
            text=f"on {when} at {listed(names)}.",
            why="the document has expired",
            link="#fact-document_expiry",
            link_text="Compare",
        )


def _spoken(value: str) -> str:
    """The date as pages write dates where it has one meaning, else as it was told."""
    found = dates.readings(value)
    if len(found) != 1 or not found[0].is_whole:
        return value.strip()
    day = date(*map(int, found[0].parts))
    return f"{day.day} {day:%b %Y}"
