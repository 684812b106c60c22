"""The mapping of Preventor tickets: ordered rules over the flow's word and the last step's word.

``flow_status`` is the state of the whole flow (its score against the configured limit), ``disposition`` the result of
the last step. They are independent: a rejected flow whose last step passed is normal.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from providers.contract import payload_paths
from providers.contract.code_table import CodeTable
from providers.contract.payload_values import list_of
from providers.contract.report import WORST_FIRST, Assessment, Attempt, Outcome, Reason, TimeoutRule, Verdict
from providers.preventor.status_words import Words, plain, read_words, text_of

UNCHANGED_AFTER = timedelta(minutes=30)
"""Time without a change of flow, last step, attempts left and error codes after which an open step is abandoned."""

_NO_FLOW = ""
_UNKNOWN = "?"
_LEFT = frozenset(("ABANDONED", "LOGGED_OUT", "TIMEOUT"))
_FLOWS = frozenset(("IN_PROGRESS", "ACCEPTED", "REJECTED"))
_STEPS = frozenset(("PASSED", "FAILED", "RETRY", "NEEDS_REVIEW", "PROCESSING"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruling:
    outcome: Outcome
    verdict: Verdict
    terminal: bool = False
    contradicts: bool = False
    later: Outcome | None = None
    """The outcome when nothing changes for ``UNCHANGED_AFTER``."""


_REVIEW = Outcome.MANUAL_REVIEW
_ASKS = _Ruling(outcome=_REVIEW, verdict=Verdict.NONE)
_ASKS_REJECTED = _Ruling(outcome=_REVIEW, verdict=Verdict.NEGATIVE)
_UNREADABLE = _Ruling(outcome=_REVIEW, verdict=Verdict.UNKNOWN)
_GONE = _Ruling(outcome=Outcome.INCOMPLETE, verdict=Verdict.NONE, terminal=True)
_GONE_REJECTED = _Ruling(outcome=Outcome.INCOMPLETE, verdict=Verdict.NEGATIVE, terminal=True)
_RUNNING = _Ruling(outcome=Outcome.IN_PROGRESS, verdict=Verdict.NONE)
_RUNNING_REJECTED = _Ruling(outcome=Outcome.IN_PROGRESS, verdict=Verdict.NEGATIVE)
_AGAIN = _Ruling(outcome=Outcome.PENDING, verdict=Verdict.NONE, later=Outcome.RETRY_REQUIRED)
_LOST = _Ruling(outcome=Outcome.PENDING, verdict=Verdict.NEGATIVE, later=Outcome.MANUAL_REVIEW)
_PASSED = _Ruling(outcome=Outcome.APPROVED, verdict=Verdict.POSITIVE, terminal=True)
_CLASH = _Ruling(outcome=_REVIEW, verdict=Verdict.UNKNOWN, terminal=True, contradicts=True)
# A step to be repeated is still open, so something more may come.
_OPEN_CLASH = _Ruling(outcome=_REVIEW, verdict=Verdict.UNKNOWN, contradicts=True)
_REFUSED = _Ruling(outcome=Outcome.DECLINED, verdict=Verdict.NEGATIVE, terminal=True)
_NOTHING = _Ruling(outcome=Outcome.PENDING, verdict=Verdict.NONE)

_OPEN = {
    "NEEDS_REVIEW": _ASKS, "left": _GONE, _UNKNOWN: _UNREADABLE,
    "PASSED": _RUNNING, "PROCESSING": _RUNNING, "RETRY": _AGAIN, "FAILED": _LOST,
}  # fmt: skip
_RULINGS: Mapping[str, Mapping[str, _Ruling]] = {
    _NO_FLOW: {**_OPEN, "": _NOTHING},
    "IN_PROGRESS": {**_OPEN, "": _RUNNING},
    "ACCEPTED": {
        "NEEDS_REVIEW": _ASKS, "left": _CLASH, _UNKNOWN: _UNREADABLE,
        "": _PASSED, "PASSED": _PASSED, "FAILED": _CLASH, "RETRY": _OPEN_CLASH, "PROCESSING": _RUNNING,
    },
    "REJECTED": {
        "NEEDS_REVIEW": _ASKS_REJECTED, "left": _GONE_REJECTED, _UNKNOWN: _ASKS_REJECTED,
        "": _REFUSED, "PASSED": _REFUSED, "FAILED": _REFUSED, "RETRY": _REFUSED, "PROCESSING": _RUNNING_REJECTED,
    },
    # "NEEDS_REVIEW" and an abandoning word with an unknown flow word: manual review, provider result unknown.
    _UNKNOWN: dict.fromkeys(("", "left", _UNKNOWN, *_STEPS), _UNREADABLE),
}  # fmt: skip


def assess(words: Words, codes: CodeTable) -> Assessment:
    """The assessment of a ticket's words. Codes decide only if flow and last step are missing."""
    flow, steps = _flow_of(words.flow), _steps_of(words)
    if flow == _NO_FLOW and steps == [""]:
        ruling = _by_code(words, codes)
    else:
        ruling = _with_nothing_against(_RULINGS[flow][_deciding(steps)], words, flow, steps)
    reasons = tuple(_reasons(words, codes, ruling))
    lapse = None
    if ruling.later:
        lapse = TimeoutRule(key=_key(words), after=UNCHANGED_AFTER, outcome=ruling.later, verdict=ruling.verdict)
    return Assessment(
        outcome=ruling.outcome, verdict=ruling.verdict, reasons=reasons, terminal=ruling.terminal, lapse=lapse
    )


def _flow_of(word: str | None) -> str:
    known = plain(word)
    if known is None:
        return _NO_FLOW
    return known if known in _FLOWS else _UNKNOWN


def _step_of(word: str | None) -> str:
    known = plain(word)
    if known is None:
        return ""
    if known in _LEFT:
        return "left"
    return known if known in _STEPS else _UNKNOWN


def _steps_of(words: Words) -> list[str]:
    return [_step_of(word) for word in (words.disposition, *words.other_dispositions)]


def _deciding(steps: list[str]) -> str:
    """The deciding rule: ``NEEDS_REVIEW`` and unknown words count anywhere in the ticket."""
    return next((step for step in ("NEEDS_REVIEW", _UNKNOWN) if step in steps), steps[0])


def _with_nothing_against(ruling: _Ruling, words: Words, flow: str, steps: list[str]) -> _Ruling:
    """A positive result needs ``ACCEPTED`` and no contradiction; ``REJECTED`` is negative anywhere."""
    others = [_flow_of(word) for word in words.other_flows]
    if ruling.outcome is Outcome.APPROVED:
        doubts = [_RULINGS[flow][step] for step in steps if _RULINGS[flow][step] is not _PASSED]
        if any(other != "ACCEPTED" for other in others):
            ruling = _OPEN_CLASH
        elif doubts:
            ruling = next((doubt for doubt in doubts if doubt.contradicts), doubts[0])
    if "REJECTED" in others and ruling.verdict is not Verdict.NEGATIVE:
        return replace(ruling, verdict=Verdict.NEGATIVE)
    return ruling


def _by_code(words: Words, codes: CodeTable) -> _Ruling:
    """Without flow and last step the most severe error code decides; without a code the ticket is pending."""
    rows = [row for code in words.codes if (row := codes.find_or_any("error_code", code))]
    if not rows:
        return _NOTHING
    row = min(rows, key=lambda one: _rank(one.outcome))
    return _Ruling(outcome=row.outcome or _REVIEW, verdict=row.verdict or Verdict.UNKNOWN, terminal=row.terminal)


# --- reasons ----------------------------------------------------------------------------------------------------------


def _rank(outcome: Outcome | None) -> int:
    return WORST_FIRST.index(outcome) if outcome else len(WORST_FIRST)


def _reasons(words: Words, codes: CodeTable, ruling: _Ruling) -> Iterator[Reason]:
    """A reason for every word and code: codes before states before explanations, the most severe of each first."""
    if ruling.contradicts:
        yield Reason(
            code=status_of(words),
            summary="The ticket contradicts itself: it is accepted, but another of its values contradicts that.",
            group="contradiction",
            action="Review images, data and codes. Approving needs a manager.",
        )
    if words.flow is None and words.disposition is None and not words.codes:
        yield Reason(
            code="",
            summary="Preventor names no result for this ticket yet.",
            group="running",
            action="Wait for the next read.",
        )
    found = list(dict.fromkeys(_reported_reasons(words, codes)))
    yield from (reason for _, reason in sorted(found, key=lambda pair: pair[0]))


_CODES, _STATES, _EXPLANATIONS = range(3)
"""Places of reasons: codes and unknown words say why, states only that, explanations decide nothing."""
_Place = tuple[int, int]
"""The place, and the rank of the outcome in it."""


def _reported_reasons(words: Words, codes: CodeTable) -> Iterator[tuple[_Place, Reason]]:
    for kind, word in _state_words(words):
        yield from _row_reason(codes, kind, plain(word) or "", _STATES, raw=word)
    for failure in words.failures:
        if failure.code:
            yield from _row_reason(codes, "error_code", failure.code, _CODES, raw=failure.code, said=failure.message)
    for failure in words.failures:
        yield from _row_reason(codes, "process", failure.process, _EXPLANATIONS, raw=failure.process)
    for state in words.proofing:
        yield from _row_reason(codes, "id_proofing_state", state, _EXPLANATIONS, raw=state)
    for flow_type in words.flow_types:
        yield from _row_reason(codes, "flow_type", flow_type, _EXPLANATIONS, raw=flow_type)


def _state_words(words: Words) -> Iterator[tuple[str, str]]:
    if words.flow is not None:
        yield words.flow_kind, words.flow
    for word in words.other_flows:
        yield "flow_status", word
    if words.disposition is not None:
        yield "disposition", words.disposition
    for word in words.other_dispositions:
        yield "disposition", word


def _row_reason(
    codes: CodeTable, kind: str, value: str, place: int, *, raw: str, said: str = ""
) -> Iterator[tuple[_Place, Reason]]:
    row = codes.find_or_any(kind, value)
    # "*" is the wildcard row, not a word of Preventor's.
    if row and row.value == "*":
        yield (_CODES if row.outcome else place, _rank(row.outcome)), row.reason(code=raw, words=said)
    elif row:
        yield (place, _rank(row.outcome)), row.reason(words=said)


def status_of(words: Words) -> str:
    """The provider's words for the ticket's state, unchanged: ``REJECTED / NEEDS_REVIEW``."""
    steps = [words.disposition, *words.other_dispositions]
    deciding = _deciding([_step_of(word) for word in steps])
    step = next(word for word in steps if _step_of(word) == deciding)
    return " / ".join(word for word in (words.flow, step) if word)


def _key(words: Words) -> str:
    """A key that is equal for two reads with the same flow, last step, attempts left and error codes."""
    reported = [plain(words.flow), plain(words.disposition), words.remaining, *words.codes]
    return hashlib.sha256(json.dumps(reported, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


# --- attempts ---------------------------------------------------------------------------------------------------------


def attempts_of(ticket: Mapping[str, Any], codes: CodeTable) -> tuple[Attempt, ...]:
    """The attempts, if ``attempts`` is a list of objects and not the documented number."""
    return tuple(
        _attempt(f"{path}[{number}]", item, codes)
        for path, value in payload_paths.find(ticket, ("attempts",))
        for number, item in enumerate(list_of(value))
        if isinstance(item, dict)
    )


def _attempt(path: str, item: Mapping[str, Any], codes: CodeTable) -> Attempt:
    words = read_words(item)
    status = words.disposition or words.flow or ""
    kind = "disposition" if words.disposition else "flow_status"
    row = codes.find_or_any(kind, plain(status) or "") if status else None
    named = next((item[key] for key in ("attempt", "id", "number") if isinstance(item.get(key), str | int)), path)
    return Attempt(id=text_of(named), status=status, codes=words.codes, summary=row.summary if row else "")
