"""The mapping of Bank131: status and error code decide, compared exactly."""

from providers.bank131.parse import POINTER, VALIDATION_FAILURES, Answer, read_answer
from providers.contract.base import Rules
from providers.contract.code_table import CodeTable
from providers.contract.errors import UnreadableAnswer
from providers.contract.report import Assessment, Outcome, Reason, Report, Verdict


def assess(report: Report, rules: Rules) -> Assessment:
    """By ``status``, and for ``error`` by ``error.code``; both compared exactly as they came."""
    answer = _answer_in(report)
    code = report.codes[0] if report.codes and report.status == "error" else ""
    row = rules.codes.find_or_any("error_code", code) if code else rules.codes.find_or_any("status", report.status)
    if answer is None or answer.contradicts or row is None or row.outcome is None:
        return _contradiction(report)
    reason = row.reason(code=code or report.status, words=answer.words or answer.remark)
    return row.assessment(reason, *_explanations(answer, report, rules.codes))


def _answer_in(report: Report) -> Answer | None:
    try:
        return read_answer(report.payload.get("check") if report.followed_reference else report.payload)
    except UnreadableAnswer:
        return None


def _explanations(answer: Answer, report: Report, codes: CodeTable) -> list[Reason]:
    """Rows that only explain: the remark of the result, and the pointers that led to it."""
    found: list[Reason] = []
    if remark := codes.find("data_description", answer.remark):
        found.append(remark.reason())
    if report.followed_reference and (pointer := codes.find("error_code", POINTER)):
        failed = answer.code in VALIDATION_FAILURES
        way = f"Check {report.reference} points to the earlier check {report.followed_reference}."
        found.append(pointer.reason(words=f"{way} The failure belongs to that earlier submission." if failed else way))
    return found


def _contradiction(report: Report) -> Assessment:
    """A manual review, for a confirmation that contains an error or an error without a code."""
    reason = Reason(
        code=" + ".join((report.status, *report.codes)),
        summary="The bank's answer contradicts itself: a confirmation and an error at once.",
        group="unrecognised",
        action="Review by hand. Approving needs a manager.",
        admin_action="Ask the bank what the answer means.",
        recognised=False,
    )
    return Assessment(outcome=Outcome.MANUAL_REVIEW, verdict=Verdict.UNKNOWN, reasons=(reason,))
