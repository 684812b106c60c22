"""Contradictions between the sources of a case. Pure.

A conflict names sources by their ids, facts and topics, never a value; ``case_page.findings`` makes sentences from it.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from compliance.enums import FindingKind
from compliance.facts import matrix, names, numbers, sexes, single_values
from compliance.facts.finding import Answer, Conflict, Finding
from compliance.facts.inner_sources import compared_sources
from compliance.facts.sources import Earlier, FactSource, key_of, negatives_of, sources_of
from compliance.models import Case, Check
from providers import Kind, Topic, TopicSignals, Verdict, provider_class

MUST_AGREE = ("full_name", "birth_date")
"""Facts of the person, independent of the document: different values are a conflict, and so are values that cannot be
compared."""
MAY_VARY = (
    "document_number", "personal_number", "tax_number", "nationality", "sex", "birth_place", "birth_name",
)  # fmt: skip
"""Facts that may rightly differ: values that contradict, or have to be compared by eye, are a conflict; nothing is said
where one side states nothing."""
OF_ONE_DOCUMENT = ("document_issue", "document_expiry", "issuing_country")
"""Facts of which a document has one: only sources about the same document are compared, and only contradictions count.
"""
_HAS_ONE_VALUE = ("full_name", "birth_date", "sex")
"""Facts of which a person has one: a contradiction is certain."""
_AGREE = (Answer.SAME, Answer.COMPATIBLE)


def found(
    case: Case, current: Sequence[Check], *, today: date, earlier: Sequence[Earlier] = ()
) -> tuple[Conflict, ...]:
    """All conflicts of a case, those of provider results first. ``today``: the date in the configured time zone."""
    everything = compared_sources(case, current, earlier=earlier)
    sources = [source for source in everything if not source.is_earlier]
    stated = [source for source in sources if not source.is_echo]
    return (
        *undecipherable(everything),
        *between_verdicts(current),
        *negative_words(current),
        *between_facts(sources),
        *with_earlier(everything),
        *single_values.implausible(stated, today=today),
        *single_values.faulty_numbers(stated),
        *single_values.other_issuers(stated),
        *single_values.expired(stated, today=today),
    )


def undecipherable(sources: Iterable[FactSource]) -> Iterator[Conflict]:
    """Values that are stored and cannot be decrypted. They are unknown: they agree with nothing and are not empty."""
    for source in sources:
        detail: dict[str, Any] = {"of": [key_of(source)]}
        if source.is_earlier:
            detail["earlier"] = [str(source.ref[1])]
        for about in source.undecipherable:
            yield Conflict(kind=FindingKind.UNDECIPHERABLE, about=about, detail=detail)


# --- facts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Spelling:
    """A value; for a number with the kind and country of the document, as far as they are known."""

    value: str = field(repr=False)
    document_type: str = ""
    issuing_country: str = ""
    is_hidden: bool = False
    """A person typed it and hid a part of it; it agrees with nothing, not even with the same mask of a provider."""


_Spellings = Mapping[_Spelling, list[FactSource]]
_Answers = Mapping[tuple[_Spelling, _Spelling], Answer]


def between_facts(sources: Sequence[FactSource]) -> Iterator[Conflict]:
    """Facts on which sources differ, or that cannot be compared: each source with each. An echo of our own input can
    only differ."""
    for fact in (*MUST_AGREE, *MAY_VARY, *OF_ONE_DOCUMENT):
        must_agree = fact in MUST_AGREE
        spellings = _sources_by_spelling(fact, sources)
        answers = _answers(fact, spellings, must_agree=must_agree)
        clauses = list(_differences(spellings, answers))
        if must_agree:
            clauses += _unreadable(fact, spellings)
        if not clauses:
            continue
        kind = FindingKind.BY_EYE
        if Answer.DIFFERS in answers.values():
            kind = FindingKind.DIFFERS if fact in _HAS_ONE_VALUE else FindingKind.VARIES
        yield Conflict(kind=kind, about=fact, detail={"clauses": clauses})


def with_earlier(sources: Sequence[FactSource]) -> Iterator[Conflict]:
    """Facts on which a declaration that was corrected contradicts a present source, with ids of corrections."""
    for fact in (*MUST_AGREE, *MAY_VARY):
        present = _sources_by_spelling(fact, [source for source in sources if not source.is_earlier])
        past = _sources_by_spelling(fact, [source for source in sources if source.is_earlier])
        clauses: list[list[Any]] = []
        corrections, is_certain = [], False
        for value, holders in past.items():
            if any(source.is_declared for source in present.get(value, ())):
                continue
            spellings = {value: holders} | {one: found for one, found in present.items() if one != value}
            answers = _answers(fact, spellings, must_agree=fact in MUST_AGREE)
            against = {pair[pair[0] == value]: answer for pair, answer in answers.items() if value in pair}
            clauses += _clauses(spellings, value, against)
            corrections += [str(source.ref[1]) for source in holders if against]
            is_certain |= Answer.DIFFERS in against.values()
        if clauses:
            certain = FindingKind.DIFFERS if fact in _HAS_ONE_VALUE else FindingKind.VARIES
            kind = certain if is_certain else FindingKind.BY_EYE
            yield Conflict(kind=kind, about=fact, detail={"clauses": clauses, "earlier": corrections})


def _sources_by_spelling(fact: str, sources: Iterable[FactSource]) -> dict[_Spelling, list[FactSource]]:
    """Spelling -> its sources, in their order."""
    spellings: dict[_Spelling, list[FactSource]] = {}
    for source in sources:
        if value := source.facts.get(fact, "").strip():
            spellings.setdefault(_spelling(fact, value, source), []).append(source)
    return spellings


def _spelling(fact: str, value: str, source: FactSource) -> _Spelling:
    if source.is_declared:
        return _Spelling(value, is_hidden=matrix.is_hidden(fact, value))
    if fact in MUST_AGREE:
        return _Spelling(value)
    return _Spelling(value, source.facts.get("document_type", ""), source.facts.get("issuing_country", ""))


def _answers(fact: str, spellings: _Spellings, *, must_agree: bool) -> dict[tuple[_Spelling, _Spelling], Answer]:
    """The answer of every pair that does not agree, because a mask can agree with two names that do not agree with each
    other. Without ``must_agree`` a pair of which one states nothing is left out."""
    compared = {
        (one, other): _answer(fact, one, other)
        for one, other in itertools.combinations(spellings, 2)
        if _are_of_one_thing(fact, one, other, spellings)
    }
    echoes = {spelling for spelling, sources in spellings.items() if all(source.is_echo for source in sources)}
    return {
        pair: finding.answer
        for pair, finding in compared.items()
        if finding.answer == Answer.DIFFERS
        or (echoes.isdisjoint(pair) and (finding.by_eye or (must_agree and finding.answer not in _AGREE)))
    }


def _answer(fact: str, one: _Spelling, other: _Spelling) -> Finding:
    if one.is_hidden:
        one, other = other, one
    compared = matrix.compare(fact, one.value, other.value, typed=other.is_hidden)
    if fact == "birth_name" and (
        names.adds_nothing(one.value, other.value) or names.adds_nothing(other.value, one.value)
    ):
        return Finding(answer=Answer.COMPATIBLE, note="with given names")
    letters = [sexes.letter_of(side.value, issuing_country=side.issuing_country) for side in (one, other)]
    if fact == "sex" and compared.answer == Answer.DIFFERS and "" in letters:
        return Finding(answer=Answer.NOT_COMPARABLE, note="M of a Mexican document", by_eye=True)
    return compared


def _are_of_one_thing(fact: str, one: _Spelling, other: _Spelling, spellings: _Spellings) -> bool:
    """Whether two values of a fact have to agree: those of a person always, those of a document if it is the same."""
    if fact in OF_ONE_DOCUMENT:
        pairs = itertools.product(spellings[one], spellings[other])
        return any(itertools.starmap(_state_one_document, pairs)) and _answer(fact, one, other).answer == Answer.DIFFERS
    return fact not in numbers.NUMBERS or not _are_two_numbers(fact, one, other, spellings)


def _state_one_document(left: FactSource, right: FactSource) -> bool:
    """Whether two sources are about the same document: the one of an answer's main facts, or one number."""
    if left.is_echo or right.is_echo:
        return False
    if left.ref[:2] == right.ref[:2] and not (left.is_other_document or right.is_other_document):
        return True
    ours, theirs = left.facts, right.facts
    same = [
        matrix.compare(fact, ours.get(fact, ""), theirs.get(fact, "")).answer
        for fact in ("document_number", "issuing_country")
    ]
    kinds = (ours.get("document_type", ""), theirs.get("document_type", ""))
    # Two countries hardly ever give one number to two documents of one kind.
    same_country = same[1] != Answer.DIFFERS or bool(numbers.document_kind(kinds[0]))
    return same[0] == Answer.SAME and same_country and not numbers.other_document(*kinds)


def _are_two_numbers(fact: str, one: _Spelling, other: _Spelling, spellings: _Spellings) -> bool:
    """Whether these are numbers of two countries or of two documents, by kind or because one answer reports on both.

    Two documents of one kind and country in one answer are compared: a person has hardly ever two of them.
    """
    country = matrix.compare("issuing_country", one.issuing_country, other.issuing_country).answer
    if country == Answer.DIFFERS or fact != "document_number":
        return country == Answer.DIFFERS
    if numbers.other_document(one.document_type, other.document_type):
        return True
    if country in _AGREE and numbers.document_kind(one.document_type):
        return False
    pairs = itertools.product(spellings[one], spellings[other])
    return all(
        left.ref[:2] == right.ref[:2] and left.is_other_document != right.is_other_document for left, right in pairs
    )


def _differences(spellings: _Spellings, answers: _Answers) -> Iterator[list[Any]]:
    """Clauses for the value with the most contradictions; then, without it, for the next, until none is left."""
    while answers:
        value = max(spellings, key=lambda one: _oddness(one, spellings, answers))
        against = {pair[pair[0] == value]: answer for pair, answer in answers.items() if value in pair}
        yield from _clauses(spellings, value, against)
        answers = {pair: answer for pair, answer in answers.items() if value not in pair}


def _unreadable(fact: str, spellings: _Spellings) -> Iterator[list[Any]]:
    """The same text from two sources agrees only if it can be read as this fact."""
    for one, sources in spellings.items():
        if len([source for source in sources if not source.is_echo]) > 1 and not matrix.agrees(
            fact, one.value, one.value
        ):
            yield ["by_eye", _keys(sources)]


def _oddness(value: _Spelling, spellings: _Spellings, answers: _Answers) -> tuple[int, int, int]:
    """More contradictions, then fewer sources, then the later one: the declared value comes last."""
    return sum(value in pair for pair in answers), -len(spellings[value]), list(spellings).index(value)


def _clauses(spellings: _Spellings, value: _Spelling, against: Mapping[_Spelling, Answer]) -> Iterator[list[Any]]:
    sources = spellings[value]
    differs = [one for other, answer in against.items() if answer == Answer.DIFFERS for one in spellings[other]]
    unclear = [one for other, answer in against.items() if answer != Answer.DIFFERS for one in spellings[other]]
    if differs:
        yield ["differs", _keys(sources), _keys(differs)]
    if unclear:
        yield ["by_eye", _keys([*sources, *unclear])]


def _keys(sources: Iterable[FactSource]) -> list[str]:
    return [key_of(source) for source in sources]


# --- provider results ----------------------------------------------------------------------------------------------


def between_verdicts(current: Sequence[Check]) -> Iterator[Conflict]:
    """Topics on which one provider has a positive result and another a negative one."""
    read = [check for check in current if check.report_count]
    for topic in Topic:
        negative = [str(check.pk) for check in read if negative_on(check, topic) is not None]
        positive = [str(check.pk) for check in read if positive_on(check, topic)]
        if negative and positive:
            detail = {"negative": negative, "positive": positive}
            yield Conflict(kind=FindingKind.RESULTS_DISAGREE, about=topic.value, detail=detail)


def _topic_signals(check: Check) -> TopicSignals:
    """The topics of its provider's codes; none if the provider is no longer registered."""
    try:
        return provider_class(check.provider).topic_signals
    except KeyError:
        return TopicSignals()


def negative_on(check: Check, topic: Topic) -> tuple[str, ...] | None:
    """The codes of a negative result on a topic, empty where the kind of the check says it; None without a result."""
    if check.provider_verdict != Verdict.NEGATIVE:
        return None
    signals = _topic_signals(check)
    codes = {str(reason["code"]) for reason in check.reasons}
    if named := sorted(codes & set(signals.against.get(topic, ()))):
        return tuple(named)
    has_other_codes = not codes.isdisjoint(itertools.chain.from_iterable(signals.against.values()))
    if signals.fails.get(Kind(check.kind)) == topic and not has_other_codes:
        return ()
    return None


def positive_on(check: Check, topic: Topic) -> str:
    """The positive result of a check on a topic in words, or empty."""
    if negative_on(check, topic) is not None:
        return ""
    signals = _topic_signals(check)
    for reason in check.reasons:
        topics = signals.explains.get((str(reason["code"]), str(reason["group"])), {})
        if topic in topics:
            return topics[topic]
    if check.provider_verdict == Verdict.POSITIVE and topic in signals.passes.get(Kind(check.kind), ()):
        return f"{check.kind} check passed"
    return ""


def negative_words(current: Sequence[Check]) -> Iterator[Conflict]:
    """Accepted answers that contain a negative word."""
    for check in current:
        if words := negatives_of(check):
            detail = {"of": [f"check/{check.pk}/0"], "numbers": list(range(len(words)))}
            yield Conflict(kind=FindingKind.CONTRADICTION, about="answer", detail=detail)


# --- agreement -----------------------------------------------------------------------------------------------------


def lacks_agreement(case: Case, current: Sequence[Check]) -> str:
    """The fact of the applicant on which no source agrees with the declaration, or empty.

    A source agrees that has the full name and, where both sides have one, the birth date or the document number. A
    birth date alone proves nothing.
    """
    declared, *others = sources_of(case, current)
    if declared.undecipherable:
        return declared.undecipherable[0]
    read = [source for source in others if not source.is_echo and not source.is_declared]
    named = [source for source in read if _agrees("full_name", source, declared)]
    if not named:
        return "full_name"
    more = [fact for fact in ("birth_date", "document_number") if declared.facts.get(fact, "").strip()]
    return "" if any(_is_proof(source, declared, more) for source in named) else more[0]


def _is_proof(source: FactSource, declared: FactSource, facts: Iterable[str]) -> bool:
    shared = [fact for fact in facts if source.facts.get(fact, "").strip()]
    return not shared or any(_agrees(fact, source, declared) for fact in shared)


def _agrees(fact: str, source: FactSource, declared: FactSource) -> bool:
    value, given = source.facts.get(fact, ""), declared.facts.get(fact, "")
    return matrix.compare(fact, value, given, typed=True).answer in _AGREE
