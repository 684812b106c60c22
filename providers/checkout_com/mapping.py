"""The mapping of Checkout.com: the status of a check decides; codes, attempts and risk labels explain.

"Recommend basing your business rules on the status, and then using response codes as additional information".
"""

from collections.abc import Iterator

from providers.checkout_com.products import PRODUCTS, read_codes
from providers.contract.code_table import CodeTable
from providers.contract.payload_values import object_of
from providers.contract.report import Assessment, Outcome, Reason, Report, Verdict

_SERIOUSNESS = ("623", "624", "?", "622", "621", "630", "614", "613", "612", "619", "611", "640")
"""Classes of codes, the most serious first; ``?`` ranks unknown codes."""
_PASSED = "10000"


def assess(report: Report, codes: CodeTable) -> Assessment:
    """Outcome and provider result by the status of the check alone; reasons explain it, the most serious first."""
    product = PRODUCTS[report.kind]
    row = codes.find_or_any("check_status", report.status, applies_to=product.applies_to)
    outcome, verdict = (row.outcome, row.verdict) if row else (None, None)
    status = row.reason(report.status) if row else Reason(code=report.status, summary="", recognised=False)
    ended = outcome in (Outcome.APPROVED, Outcome.DECLINED, Outcome.INCOMPLETE)
    return Assessment(
        outcome=outcome or Outcome.MANUAL_REVIEW,
        verdict=verdict or Verdict.UNKNOWN,
        reasons=tuple(_reasons(report, status, codes)),
        terminal=ended,
        # Audits (IDV, FA, IDDV) and monitoring or reopened reviews (AML) "may still change the outcome", so an approved
        # screening is not final in the table and is read again.
        changeable=ended,
    )


def _reasons(report: Report, status: Reason, codes: CodeTable) -> Iterator[Reason]:
    theirs = read_codes(object_of(report.payload.get("check")).get("response_codes"))
    explained = sorted((_explain(code, theirs.get(code, ""), codes) for code in report.codes), key=_rank)
    passed = [reason for reason in explained if reason.code == _PASSED]
    others = [reason for reason in explained if reason.code != _PASSED]
    if not status.recognised:
        yield status
    yield from others
    if status.recognised:
        yield status
    yield from passed
    for label in report.risk_labels:
        if row := codes.find_or_any("risk_label", label):
            yield row.reason(label)


def _explain(code: str, words: str, codes: CodeTable) -> Reason:
    """The row of a code. New codes, and those of website checks (a product that is not read here), count as unknown."""
    row = codes.find("response_code", code)
    if row is None or not row.reachable:
        row = codes.row("response_code", "*")
    return row.reason(code, words)


def _rank(reason: Reason) -> tuple[int, bool, str]:
    # Possible coercion (62403) is ranked first: a person may be in danger.
    group = reason.code[:3] if reason.recognised else "?"
    place = _SERIOUSNESS.index(group) if group in _SERIOUSNESS else len(_SERIOUSNESS)
    return place, reason.code != "62403", reason.code
