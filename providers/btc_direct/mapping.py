"""The mapping of BTC Direct: the status word decides, and ER124 is the one code with an outcome."""

from typing import Any

from providers.btc_direct.errors import DISABLED_PERSON, codes_of
from providers.contract.base import Rules
from providers.contract.report import Assessment, Outcome, Reason, Report, Verdict

APPROVED_STATUSES = ("verified", "validated")
"""Documented for other reads and used in the vendor's SDK, not documented for this read: hence only a default."""
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def assess(report: Report, rules: Rules) -> Assessment:
    """By the status word, trimmed and in lower case; ER124 is the one code with an outcome.

    Pending words stay pending even if ``approved_statuses`` lists them. ``verified`` and ``validated`` have no special
    meaning when they are removed from ``approved_statuses``.
    """
    if report.codes == (DISABLED_PERSON,):
        disabled = rules.codes.row("error_code", DISABLED_PERSON)
        words = next((found.words for found in codes_of(report.payload) if found.code == DISABLED_PERSON), "")
        return disabled.assessment(disabled.reason(words=words))
    word = _plain(report.status)
    row = rules.codes.find("liveness_status", word) if word != "*" else None
    if row and row.outcome and row.outcome is not Outcome.APPROVED:
        return row.assessment(row.reason())
    if word in _approved_words(rules.settings.get("approved_statuses", APPROVED_STATUSES)):
        reason = row.reason() if row else _approved_by_setting(report.status)
        return Assessment(outcome=Outcome.APPROVED, verdict=Verdict.POSITIVE, reasons=(reason,), terminal=True)
    unknown = rules.codes.row("liveness_status", "*")
    return unknown.assessment(unknown.reason(code=report.status))


def _plain(word: str) -> str:
    """Trimmed and in lower case, ASCII only: a look-alike letter of another alphabet is not converted."""
    return word.strip(" \t\r\n").translate(_ASCII_LOWER)


def _approved_words(setting: Any) -> frozenset[str]:
    """The words of the setting, a list or text with commas; any other value counts as empty."""
    listed = setting.split(",") if isinstance(setting, str) else setting
    if not isinstance(listed, list | tuple | set | frozenset):
        return frozenset()
    return frozenset(_plain(word) for word in listed if isinstance(word, str)) - {""}


def _approved_by_setting(word: str) -> Reason:
    return Reason(
        code=word,
        summary="The account's setting Approved statuses counts this word as a pass; BTC Direct does not document it.",
        group="passed",
        action="Accept the applicant.",
        admin_action="On first live use, confirm the word with BTC Direct.",
    )
