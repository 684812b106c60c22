"""Scenarios of simulated Checkout.com: one for every value of its read API, and flows.

Names say product, status and code: ``identity-declined-62304``, ``face-attempt-expired``, ``flow-aml-review``.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from providers.contract.code_table import CodeRow, code_table
from providers.simulator.scenarios import Scenario, fault_scenarios, flow, steady

State = Mapping[str, Any]

KINDS: Mapping[str, str] = {
    "identity_verification": "identity",
    "face_authentication": "face",
    "id_document_verification": "document",
    "aml_screening": "aml",
}
UNKNOWN_STATUS = "under_extended_review"
UNKNOWN_CODE = 62777
UNKNOWN_LABEL = "voice_recorded_twice"

CLASS_STATUS: Mapping[str, str] = {"10": "approved", "61": "retry_required", "62": "declined", "63": "refused"}
"""First two digits of a response code -> the status that it comes with."""
CLOSED_WITH = ("pending", "inconclusive", "retry_required")
"""64001 comes with each of these: superseded, anonymized, closed."""

ATTEMPT_MAKES: Mapping[str, str] = {
    "pending_redirection": "pending",
    "expired": "retry_required",
    "capture_in_progress": "capture_in_progress",
    "checks_in_progress": "checks_in_progress",
    "quality_checks_in_progress": "quality_checks_in_progress",
    "completed": "approved",
    "checks_inconclusive": "retry_required",
    "capture_aborted": "retry_required",
    "quality_checks_aborted": "retry_required",
    "capture_refused": "refused",
    "terminated": "retry_required",
}
"""Attempt status -> check status."""
_ATTEMPT_OF: Mapping[str, str] = {
    "pending": "pending_redirection",
    "capture_in_progress": "capture_in_progress",
    "quality_checks_in_progress": "quality_checks_in_progress",
    "checks_in_progress": "checks_in_progress",
    "approved": "completed",
    "declined": "completed",
    "retry_required": "checks_inconclusive",
    "inconclusive": "checks_inconclusive",
    "refused": "capture_refused",
    UNKNOWN_STATUS: "completed",
}


def state(status: str, *codes: int | str, kind: str, **more: Any) -> dict[str, Any]:
    """A state: status, codes, labels and attempts (status, codes) that fit, unless given."""
    attempt = _ATTEMPT_OF.get(status)
    attempts = [(attempt, list(codes))] if attempt and kind != "aml" else []
    return {"status": status, "codes": list(codes), "labels": [], "attempts": attempts, **more}


@cache
def all_scenarios() -> Mapping[str, Scenario]:
    """Every scenario by name."""
    found = {scenario.name: scenario for scenario in _steady()}
    found |= {scenario.name: scenario for scenario in _flows()}
    return found | fault_scenarios("identity", state("approved", 10000, kind="identity"))


def _steady() -> Iterator[Scenario]:
    for row in code_table("checkout_com").rows:
        if row.reachable:
            for product in row.applies_to:
                if kind := KINDS.get(product):
                    yield from _of_row(row, kind)
    yield from _odd()


def _of_row(row: CodeRow, kind: str) -> Iterator[Scenario]:
    if row.kind == "check_status":
        word = UNKNOWN_STATUS if row.value == "*" else row.value
        name = "unknown-status" if row.value == "*" else dashed(row.value)
        yield steady(f"{kind}-{name}", kind, state(word, *_usual_codes(word, kind), kind=kind), note=row.summary)
    elif row.kind == "attempt_status":
        attempts: list[tuple[str, list[int]]] = [(row.value, [])]
        if row.value == "terminated":
            attempts.append(("checks_inconclusive", [61301]))
        made = state(ATTEMPT_MAKES[row.value], kind=kind, attempts=attempts)
        yield steady(f"{kind}-attempt-{dashed(row.value)}", kind, made, note=row.summary)
    elif row.kind == "response_code":
        yield from _of_code(row, kind)
    elif row.kind == "risk_label":
        label = UNKNOWN_LABEL if row.value == "*" else row.value
        made = state("approved", 10000, kind=kind, labels=[label])
        yield steady(f"{kind}-risk-{dashed(label)}", kind, made, note=row.summary)


def _of_code(row: CodeRow, kind: str) -> Iterator[Scenario]:
    code = UNKNOWN_CODE if row.value == "*" else int(row.value)
    statuses = CLOSED_WITH if row.value == "64001" else (CLASS_STATUS[str(code)[:2]],)
    for status in statuses:
        if status == "pending" and kind == "document":
            continue
        attempts = [("terminated", [code]), ("pending_redirection", [])] if status == "pending" else None
        more = {"attempts": attempts} if attempts else {}
        made = state(status, code, kind=kind, **more)
        yield steady(f"{kind}-{dashed(status)}-{code}", kind, made, note=row.summary)


def _usual_codes(status: str, kind: str) -> tuple[int, ...]:
    if kind == "aml":
        return ()
    usual = {"approved": (10000,), "refused": (63001,)}
    if status == "declined":
        return {"identity": (62304,), "face": (62321,), "document": (62301,)}[kind][:1]
    if status == "retry_required":
        return {"identity": (61411,), "face": (61203,), "document": (61303,)}[kind][:1]
    return usual.get(status, ())


def _odd() -> Iterator[Scenario]:
    """Scenarios without a row of their own: several codes, odd shapes, pages, reports, links."""
    kind = "identity"
    passed = state("approved", 10000, kind=kind)
    yield steady("identity-declined-mixed", kind, state("declined", 61310, 62102, kind=kind), note="two classes")
    yield steady("identity-declined-coercion", kind, state("declined", 62403, 61402, kind=kind), note="two classes")
    yield steady("identity-approved-with-62304", kind, state("approved", 62304, kind=kind), note="they differ")
    yield steady("identity-declined-code-as-text", kind, state("declined", "62304", kind=kind), note="code as a text")
    yield steady("identity-no-status", kind, {**passed, "without": ["status"]}, note="an answer without its status")
    yield steady("identity-status-null", kind, {**passed, "set": {"status": None}})
    yield steady("identity-status-number", kind, {**passed, "set": {"status": 10000}})
    yield steady("identity-http-400", kind, {**passed, "http": 400})
    yield steady("identity-http-418", kind, {**passed, "http": 418}, note="an HTTP code that is not expected")
    yield steady("identity-http-422", kind, {**passed, "http": 422})
    many = [("expired", [61101])] * 11 + [("completed", [10000])]
    yield steady("identity-twelve-attempts", kind, {**passed, "attempts": many}, note="attempts on two pages")
    yield steady("identity-next-in-a-circle", kind, {**passed, "attempts": many, "circle": True})
    yield steady(
        "identity-next-elsewhere", kind, {**passed, "attempts": many, "next_host": "https://collector.example"}
    )
    yield steady("identity-two-documents", kind, {**passed, "documents": 2}, note="primary and secondary document")
    yield steady("identity-certified", kind, {**passed, "certified": True})
    yield steady("identity-blanks", kind, {**passed, "blanks": True}, note="null and empty where data may be missing")
    for report in ("signed_url", "bytes", "late"):
        yield steady(f"identity-report-{dashed(report)}", kind, {**passed, "report": report})
    yield steady("identity-short-links", kind, {**passed, "link_seconds": 1}, note="links that live one second")
    yield steady("aml-approved-unmonitored", "aml", state("approved", kind="aml", monitored=False))


def _flows() -> Iterator[Scenario]:
    yield _to_outcome("identity", "approved", 10000)
    yield _to_outcome("identity", "declined", 62304)
    yield _to_outcome("face", "approved", 10000)
    yield _second_attempt("identity", ("checks_inconclusive", [61411]), "declined", 62401)
    yield _second_attempt("face", ("expired", [61101]), "approved", 10000)
    yield _document()
    steps = [state("created", kind="aml"), state("screening_in_progress", kind="aml")]
    review = state("review_required", kind="aml")
    yield flow(
        "flow-aml-review", "aml", (0, steps[0]), (20, steps[1]), (60, review), note="screened, then possible matches"
    )
    reviewed = state("approved", kind="aml")
    yield flow(
        "flow-aml-reopened", "aml", (0, steps[1]), (30, reviewed), (150, review), note="approved, then new alerts"
    )


def _to_outcome(kind: str, outcome: str, code: int) -> Scenario:
    return flow(
        f"flow-{kind}-{outcome}",
        kind,
        (0, state("created", kind=kind)),
        (15, state("pending", kind=kind)),
        (40, state("capture_in_progress", kind=kind)),
        (80, state("checks_in_progress", kind=kind)),
        (120, state(outcome, code, kind=kind)),
        note=f"from created to {outcome} in two minutes",
    )


def _second_attempt(kind: str, first: tuple[str, list[int]], outcome: str, code: int) -> Scenario:
    def again(status: str, attempt: str, *codes: int) -> dict[str, Any]:
        return state(status, *codes, kind=kind, attempts=[first, (attempt, list(codes))])

    return flow(
        f"flow-{kind}-second-attempt",
        kind,
        (0, state("created", kind=kind)),
        (10, state("pending", kind=kind)),
        (25, state("capture_in_progress", kind=kind)),
        (45, state("retry_required", *first[1], kind=kind, attempts=[first])),
        (100, again("pending", "pending_redirection")),
        (130, again("capture_in_progress", "capture_in_progress")),
        (160, again("checks_in_progress", "checks_in_progress")),
        (200, again(outcome, "completed", code)),
        note=f"the first attempt fails, the second is {outcome}",
    )


def _document() -> Scenario:
    kind, first = "document", ("quality_checks_aborted", [61303])
    return flow(
        "flow-document-second-attempt",
        kind,
        (0, state("created", kind=kind)),
        (10, state("quality_checks_in_progress", kind=kind)),
        (30, state("retry_required", 61303, kind=kind, attempts=[first])),
        (90, state("checks_in_progress", kind=kind, attempts=[first, ("checks_in_progress", [])])),
        (130, state("declined", 62301, kind=kind, attempts=[first, ("completed", [62301])])),
        note="grey pictures first, a forged document then",
    )


def dashed(word: str) -> str:
    """A provider's word as part of a scenario's name."""
    return word.replace("_", "-")
