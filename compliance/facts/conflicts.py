"""Where the voices of a case contradict each other, and documents that may have expired: for a person to look at. Pure.

What is said here names sources, facts and codes, never a value; the one exception is the expiry date in ``text``, which
is for the page alone.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from compliance.facts import dates, matrix, numbers
from compliance.facts.finding import Answer
from compliance.labels import check_kind, listed, provider_label
from compliance.models import Case, Check
from providers import Kind, Testimony, Topic, Verdict, provider_class

FACTS: dict[str, str] = {"full_name": "name", "birth_date": "birth date"}
"""Facts that belong to the person, whatever the document: two values are a conflict, and so is one that nobody can
compare."""
MAY_VARY: dict[str, tuple[str, str, str]] = {
    "document_number": ("Document number", " There may be two documents.", "document numbers differ"),
    "nationality": ("Nationality", " A person may have several.", "nationalities differ"),
    "sex": ("Sex", "", "what was read disagrees on the sex"),
}
"""What may rightly differ, or be told in words that are not known: only two values that contradict are a conflict.

Head, what else may explain it, and the clause for the queue.
"""
_AGREE = (Answer.SAME, Answer.COMPATIBLE)
DECLARED = "what was declared"
SPOKEN = {Topic.FACE: "the face", Topic.LIVENESS: "liveness", Topic.DOCUMENT: "the document"}
_SAYS_AGAINST = {Topic.FACE: "no match", Topic.LIVENESS: "not live", Topic.DOCUMENT: "against it"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One contradiction, or one document that has expired or may have."""

    about: str
    """Name of a fact, or what providers disagree about."""
    head: str
    text: str = field(repr=False)
    why: str
    """As a part of a sentence that may be stored."""
    link: str
    link_text: str
    is_certain: bool = True
    """False where nothing contradicts for certain: what cannot be compared, a second document, a second nationality."""


def found(case: Case, current: Sequence[Check], *, today: date) -> tuple[Conflict, ...]:
    """Everything that needs a person's eye, verdicts first. ``today``: the date in the desk's time zone."""
    return (*between_verdicts(current), *between_facts(case, current), *expired(current, today=today))


# --- facts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Spelling:
    """A value; for a number with the kind and country of the document, as far as they were told."""

    value: str = field(repr=False)
    document_type: str = ""
    issuing_country: str = ""


_Spellings = Mapping[_Spelling, list[str]]
_Answers = Mapping[tuple[_Spelling, _Spelling], Answer]


def between_facts(case: Case, current: Sequence[Check]) -> Iterator[Conflict]:
    """Facts on which declaration and checks differ, or of which nobody can tell: who from whom."""
    told = [check for check in current if check.report_count]
    read = [matrix.facts_of(check.facts) for check in told]
    names = [DECLARED, *names_of(told)]
    for fact, label in FACTS.items():
        voices = [_Spelling(one.strip()) for one in (getattr(case.applicant, fact), *(by.get(fact, "") for by in read))]
        spellings = _who_says(names, voices)
        answers = {pair: answer for pair, answer in _answers(fact, spellings).items() if answer not in _AGREE}
        if sentence := _who_differs(fact, spellings, answers):
            differs = Answer.DIFFERS in answers.values()
            yield Conflict(
                about=fact,
                head=f"{label.capitalize()}:",
                text=sentence,
                why=f"what was declared and read disagrees on the {label}" if differs else by_eye([label]),
                link=f"#fact-{fact}",
                link_text="Compare",
                is_certain=differs,
            )
    for fact, (head, more, why) in MAY_VARY.items():
        spellings = _who_says(names, _voices_that_may_vary(fact, case, read))
        answers = {pair: answer for pair, answer in _answers(fact, spellings).items() if answer == Answer.DIFFERS}
        if answers:
            yield Conflict(
                about=fact,
                head=f"{head}:",
                text=f"{_who_differs('', spellings, answers)}{more}",
                why=why,
                link=f"#fact-{fact}",
                link_text="Compare",
                is_certain=not more,
            )


def by_eye(labels: Sequence[str]) -> str:
    """That nobody but a person can tell whether facts agree, as a part of a sentence."""
    return f"the {' and '.join(labels)} {'has' if len(labels) == 1 else 'have'} to be compared by eye"


def _voices_that_may_vary(fact: str, case: Case, read: Sequence[Mapping[str, str]]) -> list[_Spelling]:
    if fact != "document_number":
        return [_Spelling(""), *(_Spelling(facts.get(fact, "").strip()) for facts in read)]
    declared = _Spelling(case.applicant.document_number.strip())
    return [
        declared,
        *(
            _Spelling(facts.get(fact, "").strip(), facts.get("document_type", ""), facts.get("issuing_country", ""))
            for facts in read
        ),
    ]


def names_of(checks: Sequence[Check]) -> list[str]:
    """Each check by its provider; with its kind, and then its reference, where that alone would not tell it apart."""
    names = [provider_label(check.provider) for check in checks]
    for more in ([check_kind(check.kind) for check in checks], [check.reference for check in checks]):
        names = [f"{name} {part}" if names.count(name) > 1 else name for name, part in zip(names, more, strict=True)]
    return names


def _who_says(names: Iterable[str], voices: Iterable[_Spelling]) -> dict[_Spelling, list[str]]:
    spellings: dict[_Spelling, list[str]] = {}
    for name, voice in zip(names, voices, strict=True):
        if voice.value:
            spellings.setdefault(voice, []).append(name)
    return spellings


def _answers(fact: str, spellings: _Spellings) -> dict[tuple[_Spelling, _Spelling], Answer]:
    """Of every pair: a mask agrees with two names that do not agree with each other."""
    return {
        (one, other): matrix.compare(fact, one.value, other.value).answer
        for one, other in itertools.combinations(spellings, 2)
        if not _of_two_documents(one, other)
    }


def _of_two_documents(one: _Spelling, other: _Spelling) -> bool:
    """Whether what was told shows that these are numbers of two documents; what was not told shows nothing."""
    country = matrix.compare("issuing_country", one.issuing_country, other.issuing_country).answer
    return country == Answer.DIFFERS or numbers.other_document(one.document_type, other.document_type)


def _who_differs(fact: str, spellings: _Spellings, answers: _Answers) -> str:
    """Whoever contradicts most is named first; then, without it, the next, until nobody contradicts anybody."""
    clauses = []
    while answers:
        value = max(spellings, key=lambda one: _oddness(one, spellings, answers))
        against = {pair[pair[0] == value]: answer for pair, answer in answers.items() if value in pair}
        clauses.append(_clause(spellings, value, against))
        answers = {pair: answer for pair, answer in answers.items() if value not in pair}
    # The same text twice proves nothing where it cannot be read as this fact.
    unread = [
        who for one, who in spellings.items() if fact and len(who) > 1 and not matrix.agrees(fact, one.value, one.value)
    ]
    clauses += [f"compare by eye: {listed(who)}" for who in unread]
    sentence = "; ".join(clauses)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _oddness(value: _Spelling, spellings: _Spellings, answers: _Answers) -> tuple[int, int, int]:
    """More contradictions, then fewer who say so, then whoever came later: what was declared comes last."""
    return sum(value in pair for pair in answers), -len(spellings[value]), list(spellings).index(value)


def _clause(spellings: _Spellings, value: _Spelling, against: Mapping[_Spelling, Answer]) -> str:
    who = spellings[value]
    differs = [name for other, answer in against.items() if answer == Answer.DIFFERS for name in spellings[other]]
    unclear = [name for other, answer in against.items() if answer != Answer.DIFFERS for name in spellings[other]]
    says = [f"{'differs' if len(who) == 1 else 'differ'} from {listed(differs)}"] if differs else []
    clauses = [f"{listed(who)} {' and '.join(says)}"] if says else []
    return "; ".join([*clauses, *([f"compare by eye: {listed(who)} with {listed(unclear)}"] if unclear else [])])


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
    """Documents that were valid until a day before today, or may have been; one conflict for each date."""
    told = [check for check in current if check.report_count]
    values = [matrix.facts_of(check.facts).get("document_expiry", "") for check in told]
    past: dict[str, list[str]] = {}
    open_: dict[str, list[str]] = {}
    for name, value in zip(names_of(told), values, strict=True):
        is_past = dates.is_expired(value, today)
        if is_past is None:
            open_.setdefault(dates.spoken(value), []).append(name)
        elif is_past:
            past.setdefault(dates.spoken(value), []).append(name)
    for when, names in past.items():
        yield _expiry("The document expired", f"on {when} at {listed(names)}.", "the document has expired")
    for when, names in open_.items():
        text = f"{listed(names)} wrote “{when}”, which does not tell whether that day is past."
        yield _expiry("The document may have expired:", text, "the document may have expired", is_certain=False)


def _expiry(head: str, text: str, why: str, *, is_certain: bool = True) -> Conflict:
    return Conflict(
        about="document_expiry",
        head=head,
        text=text,
        why=why,
        link="#fact-document_expiry",
        link_text="Compare",
        is_certain=is_certain,
    )
