"""Scenarios of simulated Preventor; an answer is composed from one state.

A state holds ``flow`` and ``step`` (the words ``flow_status`` and ``disposition``), ``code`` with ``process`` for the
failure, ``pictures`` for the way in which they are sent, ``ticket_links`` for links inside the ticket, ``link_seconds``
for how long links live and ``dead_links`` for the status of a dead one, and ``http`` or ``envelope`` where the call
itself is refused.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from providers.contract.code_table import code_table
from providers.simulator.scenarios import Scenario, fault_scenarios, flow, steady

KIND = "identity"
UNKNOWN_FLOW = "ACCEPTED_WITH_REMARKS"
UNKNOWN_STEP = "PASSED_BY_PROXY"
UNKNOWN_CODE = "PVT_QX_E077"
UNKNOWN_ENVELOPE = "MNTNNC"

_FLOWS: Mapping[str, str | None] = {
    "open": None,
    "in-progress": "IN_PROGRESS",
    "accepted": "ACCEPTED",
    "rejected": "REJECTED",
    "unknown": UNKNOWN_FLOW,
}
_STEPS: Mapping[str, str | None] = {
    "nothing": None,
    "passed": "PASSED",
    "failed": "FAILED",
    "retry": "RETRY",
    "needs-review": "NEEDS_REVIEW",
    "processing": "PROCESSING",
    "abandoned": "ABANDONED",
    "logged-out": "LOGGED_OUT",
    "timeout": "TIMEOUT",
    "unknown": UNKNOWN_STEP,
}
_PROCESS_OF_FAMILY = {
    "PVT_LD": "LIVENESS_DETECTION",
    "PVT_FA": "FACIAL_ANALYSIS",
    "PVT_PM": "PHOTO_MATCHING",
    "PVT_DD": "DOCUMENT_DETECTION",
    "PVT_IP": "ID_PROOFING",
}
PROCESSES = tuple(_PROCESS_OF_FAMILY.values())
FLOW_TYPES = ("AUTHENTICATION", "IDENTITY_VERIFICATION", "DIGITAL_ONBOARDING")
HTTP_STATUSES = (400, 401, 403, 404, 418, 429, 500, 502, 503, 504)
PICTURE_WAYS = {
    "data-uri": "pictures as data URIs",
    "base64": "pictures as bare base64, with line breaks",
    "links": "pictures as links of this host",
    "older-names": "pictures under the older names, as lists",
    "front-only": "a document with one side; nothing was cut out of it",
    "none": "no pictures at all",
    "foreign-link": "a link to a host that is not allowed",
    "too-big": "the back of the document has 13 MiB",
    "spoiled": "one selfie is not base64, the other one is no picture",
    "other-face": "selfies and document show two people",
}


def state(flow_word: str | None, step: str | None, **more: Any) -> dict[str, Any]:
    """One state of a ticket."""
    return {"flow": flow_word, "step": step, **more}


def process_of(code: str) -> str:
    """The process that a code's family belongs to."""
    return _PROCESS_OF_FAMILY.get(code.replace("-", "_")[:6], "ID_PROOFING")


def slug(code: str) -> str:
    """A code as part of a scenario's name."""
    return code.lower().replace("_", "-")


APPROVING = state("ACCEPTED", "PASSED", score=93.4)
_BEGUN = state("IN_PROGRESS", "PASSED", attempts=1)
_GLARE = state(
    "IN_PROGRESS", "RETRY", code="PVT_IP_E001", process="ID_PROOFING", attempts=1, remaining=2, proofing="WARNING"
)


@cache
def all_scenarios() -> dict[str, Scenario]:
    """Every scenario by name."""
    found = [
        *_pairs(),
        *_codes(),
        *_other_words(),
        *_refusals(),
        *_pictures(),
        *_everyday(),
        *_flows(),
        *_unfinished_flows(),
    ]
    named = {scenario.name: scenario for scenario in found}
    if len(named) != len(found):
        raise ValueError("two scenarios of one name")
    return {**named, **fault_scenarios(KIND, APPROVING)}


def _pairs() -> Iterator[Scenario]:
    """Every pair of a flow word and a word for the last step."""
    for flow_name, flow_word in _FLOWS.items():
        for step_name, step in _STEPS.items():
            note = f"{flow_word or 'no flow'} / {step or 'no last step'}"
            score = {"ACCEPTED": 88.2, "REJECTED": 41.0}.get(flow_word or "")
            yield steady(f"{flow_name}-{step_name}", KIND, state(flow_word, step, score=score), note=note)


def _codes() -> Iterator[Scenario]:
    """Every error code: alone, where it decides, and in a rejected ticket, where it explains."""
    for row in code_table("preventor").rows:
        if row.kind != "error_code":
            continue
        code = UNKNOWN_CODE if row.value == "*" else row.value
        name = "unknown" if row.value == "*" else slug(code)
        made = {"code": code, "process": process_of(code)}
        yield steady(f"code-{name}", KIND, state(None, None, **made), note=f"no status, {code}")
        yield steady(
            f"declined-{name}", KIND, state("REJECTED", "FAILED", score=22.5, **made), note=f"REJECTED, {code}"
        )


def _other_words() -> Iterator[Scenario]:
    for word in ("ACCEPTED", "REJECTED", UNKNOWN_FLOW):
        name = "unknown" if word == UNKNOWN_FLOW else word.lower()
        yield steady(f"transaction-{name}", KIND, {"transaction": word}, note=f"transaction_status {word}")
    for word in ("OK", "WARNING"):
        yield steady(
            f"proofing-{word.lower()}", KIND, {**APPROVING, "proofing": word}, note=f"id_proofing_state {word}"
        )
    for word in PROCESSES:
        made = state("REJECTED", "FAILED", score=30.0, process=word, code="PVT_E0006")
        yield steady(f"process-{slug(word)}", KIND, made, note=f"the failure's process is {word}")
    for word in FLOW_TYPES:
        yield steady(f"kind-{slug(word)}", KIND, {**APPROVING, "flow_type": word}, note=f"flow_type {word}")
    yield steady("flat-accepted", KIND, {**APPROVING, "flat": True}, note="the ticket without sections")
    yield steady(
        "against-nested-rejected", KIND, {**APPROVING, "nested": "REJECTED"}, note="ACCEPTED above, REJECTED below"
    )
    yield steady("against-nested-review", KIND, {**APPROVING, "nested_step": "NEEDS_REVIEW"}, note="NEEDS_REVIEW below")
    for word in ("VERIFIED", "FAILED", "SUCCESSFUL", "AWAITING", "COMPLETED"):
        yield steady(
            f"older-{word.lower()}", KIND, state(word, None), note=f"{word}, a word of old pushes, as flow status"
        )


def _refusals() -> Iterator[Scenario]:
    for status in HTTP_STATUSES:
        yield steady(f"http-{status}", KIND, {"http": status}, note=f"HTTP {status} with Preventor's own envelope")
    yield steady("envelope-bdrqst", KIND, {"envelope": "BDRQST"}, note="HTTP 200 with the envelope of a bad request")
    yield steady(
        "envelope-unknown", KIND, {"envelope": UNKNOWN_ENVELOPE}, note="HTTP 200 with an unknown envelope code"
    )


def _pictures() -> Iterator[Scenario]:
    for way, note in PICTURE_WAYS.items():
        yield steady(f"pictures-{way}", KIND, {**APPROVING, "pictures": way}, note=note)
    linked = {**APPROVING, "pictures": "none", "ticket_links": True}
    yield steady("ticket-links", KIND, linked, note="the ticket itself links to both sides of the document")
    for status in (403, 404, 410):
        dying = {**linked, "link_seconds": 2, "dead_links": status}
        yield steady(f"ticket-links-2-seconds-{status}", KIND, dying, note=f"links live 2 s, then HTTP {status}")
    yield steady(
        "pictures-links-expired",
        KIND,
        {**APPROVING, "pictures": "links", "link_seconds": -60},
        note="pictures as expired links when they are sent",
    )


def _everyday() -> Iterator[Scenario]:
    """Typical tickets, with images that fit the finding."""
    review = ("IN_PROGRESS", "NEEDS_REVIEW")
    yield steady(
        "review-insecure-document",
        KIND,
        state(*review, score=61.5, code="PVT_IP_E008", process="ID_PROOFING", proofing="WARNING", attempts=2),
        note="for review: the document seems insecure",
    )
    yield steady(
        "review-two-faces",
        KIND,
        state(*review, score=58.0, code="PVT_PM_E001", process="PHOTO_MATCHING", pictures="other-face", attempts=1),
        note="for review: selfie and portrait differ",
    )
    yield steady(
        "declined-two-faces",
        KIND,
        state("REJECTED", "FAILED", score=19.0, code="PVT_PM_E001", process="PHOTO_MATCHING", pictures="other-face"),
        note="rejected: selfie and portrait are two people",
    )
    yield steady(
        "declined-low-score",
        KIND,
        state("REJECTED", "PASSED", score=48.0),
        note="rejected although every step passed: the score is under the limit",
    )
    yield steady(
        "declined-after-review",
        KIND,
        state("REJECTED", "NEEDS_REVIEW", score=44.0, code="PVT_E0007", process="ID_PROOFING", proofing="WARNING"),
        note="rejected, and marked for review",
    )


def _flows() -> Iterator[Scenario]:
    """Scenarios that change: seconds since the first read of the ticket."""
    evaluating = state("IN_PROGRESS", "PROCESSING", attempts=1)
    second = state("IN_PROGRESS", "PROCESSING", attempts=2, remaining=2)
    nothing = state(None, None)
    yield flow(
        "flow-accepted", KIND, (0, nothing), (15, _BEGUN), (40, evaluating), (60, {**APPROVING, "attempts": 1}),
        note="nothing, steps, evaluation, accepted within a minute",
    )  # fmt: skip
    yield flow(
        "flow-second-attempt", KIND, (0, _BEGUN), (20, _GLARE), (60, second), (90, {**APPROVING, "attempts": 2}),
        note="the document is repeated because of glare, then accepted",
    )  # fmt: skip
    yield flow(
        "flow-rejected", KIND, (0, _BEGUN), (30, evaluating),
        (60, state("REJECTED", "FAILED", score=17.0, code="PVT-NVLD-STTS", process="ID_PROOFING", proofing="WARNING")),
        note="rejected after a minute: the document does not look authentic",
    )  # fmt: skip
    yield flow(
        "flow-review", KIND, (0, _BEGUN), (25, evaluating),
        (50, state("IN_PROGRESS", "NEEDS_REVIEW", score=63.0, code="PVT_E0007", process="ID_PROOFING")),
        note="for review after fifty seconds",
    )  # fmt: skip
    yield flow(
        "flow-review-resolved", KIND, (0, state("IN_PROGRESS", "NEEDS_REVIEW", score=63.0)),
        (120, {**APPROVING, "score": 81.0}),
        note="staff of Preventor accept it after two minutes",
    )  # fmt: skip


def _unfinished_flows() -> Iterator[Scenario]:
    yield flow(
        "flow-abandoned", KIND, (0, _BEGUN), (45, state("IN_PROGRESS", "ABANDONED", attempts=1)),
        note="the applicant leaves",
    )  # fmt: skip
    yield flow(
        "flow-waiting-retry", KIND, (0, _BEGUN), (20, _GLARE),
        note="a step to be repeated that is not repeated: half an hour later a retry is required",
    )  # fmt: skip
    yield flow(
        "flow-removed", KIND, (0, APPROVING), (120, {"http": 404}),
        note="accepted, and removed by retention two minutes later",
    )  # fmt: skip
