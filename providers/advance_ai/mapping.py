"""The mapping of ADVANCE.AI's Get Result answers: ordered rules over the code table.

All rules use one answer alone. An approval needs the word ``PASS``, the error code ``SUCCESS`` and no other value that
contradicts them; everything unknown needs a manual review.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from providers.advance_ai.facts import score
from providers.advance_ai.parse import (
    data_of,
    error_codes,
    health_of,
    part,
    result_field,
    word,
)
from providers.contract.base import Rules
from providers.contract.code_table import CodeRow, CodeTable
from providers.contract.report import WORST_FIRST, Assessment, Outcome, Reason, Report, Verdict

SIMILARITY_DECLINE_BELOW = 55.0
"""The provider's face comparison, another product, recommends: under 55 reject, 55 to 70 review. Hence a setting."""

_UNSURE_ATTACK = "3"
_NO_WORD = "(no word)"


@dataclass(frozen=True, slots=True)
class _Answer:
    """The parts of one answer that the rules compare."""

    data: Mapping[str, Any]
    detail: Mapping[str, Any]
    face: Mapping[str, Any]
    table: CodeTable
    settings: Mapping[str, Any]
    kind: str
    """The kind of the result word's rows in the table: ``overall_result`` or ``idv_result``."""
    raw: str
    result: str
    """The word trimmed and upper-cased, ASCII only: some letters of other alphabets become ASCII in upper case."""
    codes: tuple[str, ...]

    def status_reason(self, *, quiet: bool = False) -> Reason:
        """The row of the result word; ``quiet`` leaves out an action that another reason forbids."""
        row = self.table.row(self.kind, self.result or "INCOMPLETE")
        reason = row.reason(code=self.raw or "(no result)")
        return replace(reason, action="", admin_action="") if quiet else reason


def assess(report: Report, rules: Rules) -> Assessment:
    """The assessment of a report. Pure. Raises ``UnreadableAnswer`` for a payload of another shape."""
    answer = _taken_apart(report, rules)
    if answer.result == "PASS":
        found = _passed(answer)
    elif answer.result == "FAIL":
        found = _failed(answer)
    elif answer.result in ("INCOMPLETE", ""):
        found = _without_result(answer)
    else:
        found = Assessment(
            outcome=Outcome.MANUAL_REVIEW, verdict=Verdict.UNKNOWN, reasons=(answer.status_reason(), *_unread(answer))
        )
    reasons = dict.fromkeys((*found.reasons, *_explanations(answer, report.payload)))
    return replace(found, reasons=tuple(reasons))


def _taken_apart(report: Report, rules: Rules) -> _Answer:
    data = data_of(report.payload)
    kind, raw = result_field(data)
    detail = part(data, "docDatabaseDetail")
    face = part(data, "faceDetail")
    return _Answer(data, detail, face, rules.codes, rules.settings, kind, raw, _folded(raw), error_codes(data))


def _folded(raw: str) -> str:
    """The text in upper case, ASCII only: ``str.upper`` would turn a long s into S and a dotless i into I."""
    return raw.strip(" \t\r\n").upper() if raw.isascii() else raw


# --- PASS -------------------------------------------------------------------------------------------------------------


def _passed(answer: _Answer) -> Assessment:
    """``PASS`` with ``SUCCESS``: "The user passed the verification." Without a code: "no final result yet"."""
    if not answer.codes:
        reason = replace(answer.status_reason(), action="Wait: without an error code this result is not final.")
        return Assessment(outcome=Outcome.IN_PROGRESS, verdict=Verdict.NONE, reasons=(reason,))
    if word(answer.data, "errorCode") != "SUCCESS" or answer.codes != ("SUCCESS",):
        others = [code for code in answer.codes if code != "SUCCESS"]
        reasons = tuple(_reason_of(answer, _code_row(answer, code), code) for code in others) or (
            _contradiction(answer, "The code SUCCESS is in a field that only other products use."),
        )
        return _contradicting(answer, reasons)
    if contradictions := tuple(_contradictions(answer)):
        return _contradicting(answer, contradictions)
    reasons = (answer.table.row("error_code", "SUCCESS").reason(), answer.status_reason())
    return Assessment(outcome=Outcome.APPROVED, verdict=Verdict.POSITIVE, reasons=reasons, terminal=True)


def _contradicting(answer: _Answer, reasons: tuple[Reason, ...]) -> Assessment:
    return Assessment(
        outcome=Outcome.MANUAL_REVIEW,
        verdict=Verdict.UNKNOWN,
        reasons=(*reasons, answer.status_reason(quiet=True)),
        terminal=True,
    )


def _contradictions(answer: _Answer) -> Iterator[Reason]:
    """Values that contradict a PASS: tax number, entries of the register, the older result word."""
    status = answer.detail.get("cpfStatus")
    if status is not None and status != "Regular":
        reported = _shown(status)
        yield answer.table.row("cpf_status", reported).reason(code=reported)
    for value, entries in _entries(answer.detail).items():
        if value == "fail":
            yield answer.table.row("verification_result", value).reason(words=entries)
        elif value not in ("pass", "null"):
            yield _unknown_entry(value, entries)
    older = answer.data.get("idvResult")
    if older not in (None, "") and (not isinstance(older, str) or _folded(older) != "PASS"):
        yield _contradiction(answer, f"overallResult is PASS and idvResult is {_shown(older)[:40]}.")


def _unknown_entry(value: str, entries: str) -> Reason:
    return Reason(
        code=value,
        summary="The comparison of an entry with the register returned a word that is not in the documentation.",
        group="unrecognised",
        action="Review by hand. Approving needs a manager.",
        admin_action="Ask ADVANCE.AI what the word means.",
        recognised=False,
        words=entries,
    )


def _contradiction(answer: _Answer, words: str) -> Reason:
    return Reason(
        code=" ".join((answer.result, *answer.codes)),
        summary="The answer of ADVANCE.AI contradicts itself.",
        group="contradiction",
        action="Review by hand. Approving needs a manager.",
        admin_action="Ask ADVANCE.AI what the answer means.",
        words=words,
    )


# --- FAIL -------------------------------------------------------------------------------------------------------------


def _failed(answer: _Answer) -> Assessment:
    """``FAIL`` is the provider's negative for any code; the code only decides the queue."""
    if not answer.codes:
        reasons = (_nameless_failure(answer), answer.status_reason())
        return Assessment(outcome=Outcome.MANUAL_REVIEW, verdict=Verdict.NEGATIVE, reasons=reasons, terminal=True)
    rows = [(_code_row(answer, code), code) for code in answer.codes]
    outcomes = [_outcome_of_failure(answer, row, code) for row, code in rows]
    return Assessment(
        outcome=min(outcomes, key=WORST_FIRST.index),
        verdict=Verdict.NEGATIVE,
        reasons=(*_by_severity(answer, rows, outcomes), answer.status_reason()),
        terminal=True,
    )


def _nameless_failure(answer: _Answer) -> Reason:
    """Shown to admins like an unknown code: the documentation promises a reason with every FAIL."""
    return replace(
        _code_row(answer, "*").reason(code="(no code)"),
        summary="The applicant failed the verification and ADVANCE.AI named no error code.",
    )


def _by_severity(answer: _Answer, rows: list[tuple[CodeRow, str]], outcomes: list[Outcome]) -> Iterator[Reason]:
    for _, (row, code) in sorted(zip(outcomes, rows, strict=False), key=lambda pair: WORST_FIRST.index(pair[0])):
        yield _reason_of(answer, row, code)


def _outcome_of_failure(answer: _Answer, row: CodeRow, code: str) -> Outcome:
    if code == "LIVENESS_ATTACK" and _shown(answer.face.get("livenessAttackType")) == _UNSURE_ATTACK:
        return Outcome.MANUAL_REVIEW
    if code == "SIMILARITY_FAILED":
        measured = score(answer.face, "faceSimilarityScore")
        is_low = measured is not None and measured < _decline_below(answer.settings)
        return Outcome.DECLINED if is_low else Outcome.MANUAL_REVIEW
    return row.outcome or Outcome.MANUAL_REVIEW


def _decline_below(settings: Mapping[str, Any]) -> float:
    """The account's limit, 0 to 100; the default for an invalid value."""
    value = settings.get("similarity_decline_below", SIMILARITY_DECLINE_BELOW)
    try:
        limit = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        limit = math.nan
    return limit if 0 <= limit <= 100 else SIMILARITY_DECLINE_BELOW


# --- INCOMPLETE, or no result -----------------------------------------------------------------------------------------


def _without_result(answer: _Answer) -> Assessment:
    """``INCOMPLETE`` ends a verification only with a code; without one "no final result yet"."""
    if not answer.codes:
        is_sent = answer.data.get("submissionCompleted") is True
        outcome = Outcome.IN_PROGRESS if is_sent else Outcome.PENDING
        return Assessment(outcome=outcome, verdict=Verdict.NONE, reasons=(answer.status_reason(),))
    rows = [(_code_row(answer, code), code) for code in answer.codes]
    outcomes = [row.outcome or Outcome.MANUAL_REVIEW for row, _ in rows]
    is_known = all(row.verdict is Verdict.NONE for row, _ in rows)
    return Assessment(
        outcome=min(outcomes, key=WORST_FIRST.index),
        verdict=Verdict.NONE if is_known else Verdict.UNKNOWN,
        # Its action is that of a verification that is still open.
        reasons=(*_by_severity(answer, rows, outcomes), answer.status_reason(quiet=True)),
        terminal=True,
    )


# --- codes and explanations -------------------------------------------------------------------------------------------


def _code_row(answer: _Answer, code: str) -> CodeRow:
    """The row of a code in the group of this result, else the group's row for any other code.

    The documentation groups the codes by result; a code with a result of another group counts as unknown.
    """
    group = answer.result or "INCOMPLETE"
    rows = [
        row
        for row in answer.table.rows
        if row.kind == "error_code"
        and row.value in (code, "*")
        and any(group in applies.split() for applies in row.applies_to)
    ]
    return next((row for row in rows if row.value == code != "*"), rows[-1])


def _reason_of(answer: _Answer, row: CodeRow, code: str) -> Reason:
    """The row as a reason; a documented code with the wrong result is described as such, not as unknown."""
    if row.value == "*" and answer.table.find("error_code", code):
        return Reason(
            code=code,
            summary=f"The code {code} is not documented with the result {answer.raw or '(none)'}.",
            group=row.group,
            action=row.action,
            admin_action=row.admin_action,
            recognised=False,
        )
    return row.reason(code=code)


def _unread(answer: _Answer) -> Iterator[Reason]:
    """The codes of an answer with an unknown result word, for display only."""
    for code in answer.codes:
        row = answer.table.find("error_code", code)
        if row and row.value != "*":
            yield replace(row.reason(), action="", admin_action="")


def _explanations(answer: _Answer, payload: Mapping[str, Any]) -> Iterator[Reason]:
    """Rows that explain and decide nothing: face, camera, video, entries, tax number, register."""
    for kind, key in (
        ("face_result", "faceResult"),
        ("liveness_attack_type", "livenessAttackType"),
        ("face_video_state", "faceVideoUrl"),
    ):
        if key in answer.face and (row := answer.table.find(kind, _shown(answer.face[key]))):
            yield row.reason()
    for reported, entries in _entries(answer.detail).items():
        if row := answer.table.find("verification_result", reported):
            yield row.reason(words=entries)
    if answer.detail.get("cpfStatus") == "Regular" and (row := answer.table.find("cpf_status", "Regular")):
        yield row.reason()
    if row := answer.table.find("health_status", health_of(payload)):
        yield row.reason()


def _entries(detail: Mapping[str, Any]) -> dict[str, str]:
    """Verification words with the names of their entries: ``{"pass": "face", "null": "numberValue, dob"}``."""
    entries = detail.get("verification")
    if entries is None:
        return {}
    if not isinstance(entries, Mapping):
        return {_NO_WORD: "verification"}
    grouped: dict[str, list[str]] = {}
    for name, value in entries.items():
        grouped.setdefault('"null"' if value == "null" else _shown(value), []).append(str(name)[:40])
    return {reported: ", ".join(names[:10]) for reported, names in grouped.items()}


def _shown(value: Any) -> str:
    """A value as in the table and on pages: ``null``, ``1``, or the word, cut to the length of a line."""
    if value is None:
        return "null"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _NO_WORD
    return (f"{value:g}" if isinstance(value, float) else str(value))[:80] or "(empty)"
