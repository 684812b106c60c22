"""Contradictions between the sources of a case, and documents that may have expired. Pure.

The sentences name sources, facts and codes, never a value; the one exception is the expiry date in ``text``, which
only the page shows.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from compliance.facts import dates, matrix, numbers, plausibility, sexes
from compliance.facts.finding import Answer, Finding
from compliance.facts.plausibility import Implausible
from compliance.labels import check_kind, join_labels, provider_label
from compliance.models import Case, Check
from providers import Kind, Topic, TopicSignals, Verdict, provider_class

FACTS: dict[str, str] = {"full_name": "name", "birth_date": "birth date"}
"""Facts of the person, independent of the document: different values are a conflict, and so are values that cannot be
compared."""
MAY_VARY: dict[str, tuple[str, str, str]] = {
    "document_number": ("Document number", " There may be two documents.", "document numbers differ"),
    "nationality": ("Nationality", " A person may have several.", "nationalities differ"),
    "sex": ("Sex", "", "providers disagree on the sex"),
}
"""Facts that may rightly differ: values that contradict, or have to be compared by eye, are a conflict; nothing is said
where one side states nothing.

Head, another possible explanation, and the clause for the queue.
"""
_AGREE = (Answer.SAME, Answer.COMPATIBLE)
TOPIC_LABELS = {Topic.FACE: "the face", Topic.LIVENESS: "liveness", Topic.DOCUMENT: "the document"}
_NEGATIVE_LABELS = {Topic.FACE: "no match", Topic.LIVENESS: "not live", Topic.DOCUMENT: "not accepted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One contradiction, or one document that has expired or may have."""

    about: str
    """Name of a fact or topic."""
    head: str
    text: str = field(repr=False)
    why: str
    """Part of a sentence that may be stored."""
    is_certain: bool = True
    """False where the contradiction is uncertain: no comparison, a second document, a second nationality."""

    @property
    def link(self) -> str:
        """The place on the page: the images for a topic, or the row of the fact."""
        return "#pictures" if self.about in TOPIC_LABELS else f"#fact-{self.about}"

    @property
    def link_text(self) -> str:
        return "See images" if self.about in TOPIC_LABELS else "Compare"


def found(case: Case, current: Sequence[Check], *, today: date) -> tuple[Conflict, ...]:
    """All conflicts of a case, those of provider results first. ``today``: the date in the configured time zone."""
    return (
        *between_verdicts(current),
        *between_facts(case, current),
        *implausible(case, current, today=today),
        *expired(current, today=today),
    )


# --- facts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Spelling:
    """A value; for a number with the kind and country of the document, as far as they are known."""

    value: str = field(repr=False)
    document_type: str = ""
    issuing_country: str = ""
    is_hidden: bool = False
    """A person typed it and hid a part of it; it agrees with nothing, not even with the same mask of a provider."""


_Spellings = Mapping[_Spelling, list[str]]
_Answers = Mapping[tuple[_Spelling, _Spelling], Answer]


def between_facts(case: Case, current: Sequence[Check]) -> Iterator[Conflict]:
    """Facts on which the declaration and the checks differ, or that cannot be compared, with their sources."""
    read = [check for check in current if check.report_count]
    reported = [matrix.facts_of(check.facts) for check in read]
    names = names_of(read)
    for fact, label in FACTS.items():
        values = (getattr(case.applicant, fact), *(facts.get(fact, "") for facts in reported))
        given, *others = (_Spelling(value.strip()) for value in values)
        given = replace(given, is_hidden=matrix.is_hidden(fact, given.value))
        spellings = _sources_by_spelling(label, names, [given, *others])
        answers = _answers(fact, spellings, must_agree=True)
        differs = Answer.DIFFERS in answers.values()
        lead = "compare by eye: " if differs else ""
        clauses = [*_differences(spellings, answers, label), *_unreadable(fact, spellings, label, lead)]
        if clauses:
            head = f"{label.capitalize()}:" if differs else f"Compare the {label} by eye:"
            why = disagreement([label]) if differs else by_eye([label])
            yield Conflict(about=fact, head=head, text=_sentence(clauses), why=why, is_certain=differs)
    for fact, (head, explanation, why) in MAY_VARY.items():
        spellings = _sources_by_spelling(head.lower(), names, _spellings_that_may_vary(fact, case, reported))
        answers = _answers(fact, spellings, must_agree=False)
        if answers:
            differs = Answer.DIFFERS in answers.values()
            text = _sentence(_differences(spellings, answers, head.lower()))
            yield Conflict(
                about=fact,
                head=f"{head}:" if differs else f"Compare the {head.lower()} by eye:",
                text=f"{text}{explanation}" if differs else text,
                why=why if differs else by_eye([head.lower()]),
                is_certain=differs and not explanation,
            )


def disagreement(labels: Sequence[str]) -> str:
    """That sources contradict each other on facts, as a part of a sentence."""
    return f"the sources disagree on the {' and '.join(labels)}"


def by_eye(labels: Sequence[str]) -> str:
    """That facts cannot be compared automatically, as a part of a sentence."""
    return f"the {' and '.join(labels)} {'has' if len(labels) == 1 else 'have'} to be compared by eye"


def _spellings_that_may_vary(fact: str, case: Case, reported: Sequence[Mapping[str, str]]) -> list[_Spelling]:
    given = [
        _Spelling(facts.get(fact, "").strip(), facts.get("document_type", ""), facts.get("issuing_country", ""))
        for facts in reported
    ]
    declared = case.applicant.document_number.strip() if fact == "document_number" else ""
    return [_Spelling(declared, is_hidden=matrix.is_hidden(fact, declared)), *given]


def names_of(checks: Sequence[Check]) -> list[str]:
    """Each check by its provider, with its kind, and then its reference, where several would have the same name."""
    names = [provider_label(check.provider) for check in checks]
    for more in ([check_kind(check.kind) for check in checks], [check.reference for check in checks]):
        names = [f"{name} {part}" if names.count(name) > 1 else name for name, part in zip(names, more, strict=True)]
    return names


def _sources_by_spelling(label: str, names: Iterable[str], values: Iterable[_Spelling]) -> dict[_Spelling, list[str]]:
    """Spelling -> its sources. The first value is the declared one, then follows one for each name."""
    spellings: dict[_Spelling, list[str]] = {}
    for name, value in zip((_declared(label), *names), values, strict=True):
        if value.value:
            spellings.setdefault(value, []).append(name)
    return spellings


def _declared(label: str) -> str:
    return f"the declared {label}"


def _answers(fact: str, spellings: _Spellings, *, must_agree: bool) -> dict[tuple[_Spelling, _Spelling], Answer]:
    """The answer of every pair that does not agree, because a mask can agree with two names that do not agree with each
    other. Without ``must_agree`` a pair of which one states nothing is left out."""
    found = {
        (one, other): _answer(fact, one, other)
        for one, other in itertools.combinations(spellings, 2)
        if fact != "document_number" or not _of_two_documents(one, other)
    }
    return {
        pair: finding.answer
        for pair, finding in found.items()
        if finding.answer == Answer.DIFFERS or finding.by_eye or (must_agree and finding.answer not in _AGREE)
    }


def _answer(fact: str, one: _Spelling, other: _Spelling) -> Finding:
    if one.is_hidden:
        one, other = other, one
    found = matrix.compare(fact, one.value, other.value, typed=other.is_hidden)
    letters = [sexes.letter_of(side.value, issuing_country=side.issuing_country) for side in (one, other)]
    if fact == "sex" and found.answer == Answer.DIFFERS and "" in letters:
        return Finding(answer=Answer.NOT_COMPARABLE, note="M of a Mexican document", by_eye=True)
    return found


def _of_two_documents(one: _Spelling, other: _Spelling) -> bool:
    """Whether kind or country show that these are numbers of two documents; unknown ones show nothing."""
    country = matrix.compare("issuing_country", one.issuing_country, other.issuing_country).answer
    return country == Answer.DIFFERS or numbers.other_document(one.document_type, other.document_type)


def _differences(spellings: _Spellings, answers: _Answers, label: str) -> Iterator[str]:
    """A clause for the value with the most contradictions; then, without it, for the next, until none is left."""
    lead = "compare by eye: " if Answer.DIFFERS in answers.values() else ""
    while answers:
        value = max(spellings, key=lambda one: _oddness(one, spellings, answers))
        against = {pair[pair[0] == value]: answer for pair, answer in answers.items() if value in pair}
        yield from _clauses(spellings, value, against, label, lead)
        answers = {pair: answer for pair, answer in answers.items() if value not in pair}


def _unreadable(fact: str, spellings: _Spellings, label: str, lead: str) -> Iterator[str]:
    """The same text from two sources agrees only if it can be read as this fact."""
    for one, sources in spellings.items():
        if len(sources) > 1 and not matrix.agrees(fact, one.value, one.value):
            yield lead + _readings(sources, label)


def _oddness(value: _Spelling, spellings: _Spellings, answers: _Answers) -> tuple[int, int, int]:
    """More contradictions, then fewer sources, then the later one: the declared value comes last."""
    return sum(value in pair for pair in answers), -len(spellings[value]), list(spellings).index(value)


def _clauses(
    spellings: _Spellings, value: _Spelling, against: Mapping[_Spelling, Answer], label: str, lead: str
) -> Iterator[str]:
    sources = spellings[value]
    differs = [name for other, answer in against.items() if answer == Answer.DIFFERS for name in spellings[other]]
    unclear = [name for other, answer in against.items() if answer != Answer.DIFFERS for name in spellings[other]]
    if differs:
        yield f"{join_labels(sources)} {'differs' if len(sources) == 1 else 'differ'} from {join_labels(differs)}"
    if unclear:
        yield lead + _readings([*sources, *unclear], label)


def _readings(sources: Sequence[str], label: str) -> str:
    """Sources to compare by eye: "the readings of A and B and the declared name"."""
    checks = [name for name in sources if name != _declared(label)]
    read = f"{checks[0]}’s reading" if len(checks) == 1 else f"the readings of {join_labels(checks)}"
    return read if len(checks) == len(sources) else f"{read} and {_declared(label)}"


def _sentence(clauses: Iterable[str]) -> str:
    sentence = "; ".join(clauses)
    return f"{sentence[:1].upper()}{sentence[1:]}."


# --- provider results ----------------------------------------------------------------------------------------------


def between_verdicts(current: Sequence[Check]) -> Iterator[Conflict]:
    """Topics on which one provider has a positive result and another a negative one."""
    read = [check for check in current if check.report_count]
    names = names_of(read)
    for topic, label in TOPIC_LABELS.items():
        negative = [(name, text) for name, check in zip(names, read, strict=True) if (text := _negative(check, topic))]
        positive = [(name, text) for name, check in zip(names, read, strict=True) if (text := _positive(check, topic))]
        if negative and positive:
            yield Conflict(
                about=topic,
                head=f"Providers disagree about {label}:",
                text=" ".join(f"{name}: {text}." for name, text in (*negative, *positive)),
                why=f"providers disagree about {label}",
            )


def _topic_signals(check: Check) -> TopicSignals:
    """The topics of its provider's codes; none if the provider is no longer registered."""
    try:
        return provider_class(check.provider).topic_signals
    except KeyError:
        return TopicSignals()


def _negative(check: Check, topic: Topic) -> str:
    """The negative result of a check on a topic, with its codes, or empty."""
    if check.provider_verdict != Verdict.NEGATIVE:
        return ""
    signals = _topic_signals(check)
    codes = {str(reason["code"]) for reason in check.reasons}
    if named := sorted(codes & set(signals.against.get(topic, ()))):
        return f"{_NEGATIVE_LABELS[topic]} ({', '.join(named)})"
    has_other_codes = not codes.isdisjoint(itertools.chain.from_iterable(signals.against.values()))
    if signals.fails.get(Kind(check.kind)) == topic and not has_other_codes:
        return f"{check.kind} check {str(check.outcome).replace('_', ' ')}"
    return ""


def _positive(check: Check, topic: Topic) -> str:
    """The positive result of a check on a topic, or empty."""
    if _negative(check, topic):
        return ""
    signals = _topic_signals(check)
    for reason in check.reasons:
        topics = signals.explains.get((str(reason["code"]), str(reason["group"])), {})
        if topic in topics:
            return topics[topic]
    if check.provider_verdict == Verdict.POSITIVE and topic in signals.passes.get(Kind(check.kind), ()):
        return f"{check.kind} check passed"
    return ""


# --- plausibility --------------------------------------------------------------------------------------------------

_IMPLAUSIBLE = {
    Implausible.NO_SUCH_DAY: "is a day that does not exist",
    Implausible.PLACEHOLDER: "is a placeholder",
    Implausible.BORN_IN_FUTURE: "is in the future",
    Implausible.BEYOND_LIFE: f"is more than {plausibility.LONGEST_LIFE} years ago",
    Implausible.EXPIRED_BEFORE_BIRTH: "is before the birth date",
}


def implausible(case: Case, current: Sequence[Check], *, today: date) -> Iterator[Conflict]:
    """Birth and expiry dates that cannot be true, with their sources, even if all sources agree on them."""
    read = [check for check in current if check.report_count]
    reported = [("the declared", {"birth_date": case.applicant.birth_date})] + [
        (f"{name}’s", matrix.facts_of(check.facts)) for name, check in zip(names_of(read), read, strict=True)
    ]
    found: dict[tuple[str, Implausible], list[str]] = {}
    for source, facts in reported:
        birth, expiry = facts.get("birth_date", ""), facts.get("document_expiry", "")
        findings = [("birth_date", kind) for kind in plausibility.of_birth(birth, today)]
        document = plausibility.of_document(expires=expiry, birth=birth, today=today)
        findings += [("document_expiry", kind) for kind in document]
        for finding in findings:
            found.setdefault(finding, []).append(source)
    for (fact, kind), sources in found.items():
        label = "birth date" if fact == "birth_date" else "expiry date"
        text = _sentence([f"{join_labels(sources)} {label} {_IMPLAUSIBLE[kind]}"])
        yield Conflict(about=fact, head=f"{label.capitalize()}:", text=text, why=f"the {label} is not plausible")


# --- expiry --------------------------------------------------------------------------------------------------------


def expired(current: Sequence[Check], *, today: date) -> Iterator[Conflict]:
    """Documents that were valid until a day before today, or may have been; one conflict for each date."""
    fact = "document_expiry"
    read = [check for check in current if check.report_count]
    values = [matrix.facts_of(check.facts).get(fact, "") for check in read]
    found: dict[bool | None, dict[str, list[str]]] = {True: {}, None: {}, False: {}}
    for name, value in zip(names_of(read), values, strict=True):
        found[dates.is_expired(value, today)].setdefault(dates.label(value), []).append(name)
    for when, names in found[True].items():
        text = f"on {when} at {join_labels(names)}."
        yield Conflict(about=fact, head="The document expired", text=text, why="the document has expired")
    for when, names in found[None].items():
        text = f"{join_labels(names)} {'reports' if len(names) == 1 else 'report'} “{when}”, which is ambiguous."
        head, why = "The document may have expired:", "the document may have expired"
        yield Conflict(about=fact, head=head, text=text, why=why, is_certain=False)
