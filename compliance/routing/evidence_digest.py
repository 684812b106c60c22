"""The evidence of a decision as ids and states, and the digest that binds a decision to it."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from compliance.enums import DocumentState, EventType, FindingState
from compliance.models import Check, DataCorrection, Document, Event, Finding
from providers import Outcome, Verdict

EvidenceRow = list[str | int]
"""As stored in JSON: ``["check", id, report number, outcome, provider result]``, ``["document", id, blob id]``,
``["finding", id]`` of a resolved one, ``["correction", id]`` of declared data, or ``["elsewhere", "case:id:result"]``
for what weighs in another case of the same person."""


def evidence(
    checks: Iterable[Check],
    documents: Iterable[Document],
    elsewhere: Sequence[EvidenceRow] = (),
    findings: Iterable[Finding] = (),
    corrections: Iterable[DataCorrection] = (),
) -> list[EvidenceRow]:
    """The current checks, the copied documents, the resolved findings, the corrections, and what weighs in other cases
    (``History.evidence``).

    A blob is never rewritten, so its id represents its bytes.
    """
    rows = [
        _check_row(check, check.report_count, check.outcome, check.provider_verdict)
        for check in checks
        if check.superseded_by_id is None
    ]
    copied = (document for document in documents if document.state == DocumentState.COPIED)
    resolved: list[EvidenceRow] = [["finding", str(one.pk)] for one in findings if one.state == FindingState.RESOLVED]
    files = [_document_row(document, document.blob_id) for document in copied]
    corrected: list[EvidenceRow] = [["correction", str(one.pk)] for one in corrections]
    return sorted([*rows, *files, *resolved, *corrected, *elsewhere])


def _check_row(check: Check, report: int, outcome: str, verdict: str) -> EvidenceRow:
    return ["check", str(check.pk), report, str(outcome), str(verdict)]


def _document_row(document: Document, blob: object) -> EvidenceRow:
    return ["document", str(document.pk), str(blob)]


def evidence_digest(rows: Sequence[EvidenceRow]) -> str:
    """Hex SHA-256 over the evidence, in any order."""
    return hashlib.sha256(json.dumps(sorted(rows), separators=(",", ":")).encode()).hexdigest()


def evidence_before(
    moment: datetime,
    checks: Iterable[Check],
    documents: Iterable[Document],
    events: Sequence[Event],
    findings: Iterable[Finding] = (),
    corrections: Iterable[DataCorrection] = (),
) -> list[EvidenceRow]:
    """The evidence just before ``moment``, from the case's events ``EARLIER_STATES``, in order.

    A page sends back a digest, not the evidence: this finds the evidence that a page had when it was opened.
    ``findings`` include ended ones.
    """
    checks = list(checks)
    added = {check.pk: check.created_at for check in checks}
    rows: list[EvidenceRow] = [["finding", str(one.pk)] for one in findings if _was_resolved(one, moment)]
    rows += [["correction", str(one.pk)] for one in corrections if one.corrected_at < moment]
    for check in checks:
        replaced_at = added.get(check.superseded_by_id) if check.superseded_by_id else None
        if check.created_at < moment and (replaced_at is None or replaced_at >= moment):
            rows.append(_check_before(moment, check, events))
    blobs = {event.data["document"]: event.data.get("blob") for event in events if "document" in event.data}
    there = (document for document in documents if _was_there(document, moment))
    return sorted(rows + [_document_row(one, one.blob_id or blobs.get(str(one.pk))) for one in there])


EARLIER_STATES = (EventType.REPORTED, EventType.LAPSED, EventType.DOCUMENT_WITHDRAWN)
"""Events that contain the earlier state of the evidence."""


def _was_resolved(finding: Finding, moment: datetime) -> bool:
    if not finding.resolved_at or finding.resolved_at >= moment:
        return False
    return finding.ended_at is None or finding.ended_at >= moment


def _was_there(document: Document, moment: datetime) -> bool:
    if document.withdrawn_at:
        return document.created_at < moment <= document.withdrawn_at
    return bool(document.copied_at and document.copied_at < moment)


def _check_before(moment: datetime, check: Check, events: Sequence[Event]) -> EvidenceRow:
    changes = [event for event in events if event.data.get("check") == str(check.pk)]
    earlier = [event for event in changes if event.at < moment]
    if not earlier:
        return _check_row(check, 0, Outcome.PENDING, Verdict.NONE)
    if len(earlier) == len(changes) or earlier[-1].type != EventType.REPORTED:
        return _check_row(check, check.report_count, check.outcome, check.provider_verdict)
    data = earlier[-1].data
    return _check_row(check, data["report"], data["outcome"], data["verdict"])
