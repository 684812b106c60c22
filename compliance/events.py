"""The data of each type of event of a case.

``validate`` checks new data against these models. Stored data never change, because the chain of the case hashes
them; ``parse`` reads them, also those of earlier releases.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from compliance.enums import DecisionVerdict, Environment, EventType, FindingKind, Queue


class EventData(BaseModel):
    """Data of an event; without fields where the type is sufficient. Unknown keys are ignored when it is read."""

    model_config = ConfigDict(frozen=True)


class CaseOpened(EventData):
    environment: Environment


class CheckData(EventData):
    """The check that the event is about."""

    check: str
    provider: str
    kind: str
    reference: str


class CheckReplaced(EventData):
    check: str
    replaced_by: str
    kind: str


class CheckCorrected(EventData):
    check: str
    what: str
    """``replaced``, or the corrected fields: ``reference``, ``settings``, or both after a comma."""
    reason: str
    before: str = ""
    after: str = ""


class DataCorrected(EventData):
    correction: str
    """Id of the row with the values before."""
    row: str
    """``audit.row_digest`` of it."""
    facts: tuple[str, ...]
    """Names of the corrected facts."""
    reason: str


class ReportDifference(EventData):
    """The difference to the report before; pairs are [before, after], others are names."""

    outcome: tuple[str, str] | None = None
    verdict: tuple[str, str] | None = None
    status: tuple[str, str] | None = None
    codes_came: tuple[str, ...] = ()
    codes_went: tuple[str, ...] = ()
    labels_came: tuple[str, ...] = ()
    labels_went: tuple[str, ...] = ()
    report: int = 0
    """Number of the previous report."""
    attempts: int = 0
    """Number of additional attempts."""
    given: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


class Reported(CheckData):
    report: int
    digest: str = ""
    """Of the report; empty in events of earlier releases."""
    before: str
    """The outcome before; empty for the first report."""
    outcome: str
    verdict: str
    status: str
    codes: tuple[str, ...]
    difference: ReportDifference = ReportDifference()


class Lapsed(CheckData):
    outcome: str
    minutes: int


class CheckBlocked(CheckData):
    fault: str
    detail: str
    final: bool


class ReadRequested(EventData):
    """A refresh of a check, of one document, or of all images of a check (``what`` is ``pictures``)."""

    check: str = ""
    provider: str = ""
    kind: str = ""
    reference: str = ""
    document: str = ""
    what: Literal["", "pictures"] = ""


class Queued(EventData):
    queue: Queue
    came_from: Queue | Literal[""] = ""


class Claimed(EventData):
    until: str


class EscalationData(EventData):
    escalation: str
    """The escalating decision."""


class SystemClosed(EventData):
    decision: str
    row: str = ""
    """``audit.row_digest`` of the decision; empty in events of earlier releases."""


class Decided(SystemClosed):
    verdict: DecisionVerdict
    reason: str = ""
    until: str = ""


class ProposalData(EventData):
    proposal: str


class OverrideProposed(ProposalData):
    verdict: DecisionVerdict
    reason: str


class OverrideApproved(ProposalData):
    decision: str
    row: str = ""
    """As in ``SystemClosed``."""
    verdict: DecisionVerdict
    proposed_by: str


class DigestMigrated(ProposalData):
    """Evidence digests of an open proposal, before and after a migration."""

    before: str
    after: str


class DocumentsCopied(EventData):
    check: str
    kinds: tuple[str, ...]
    label: str
    blobs: tuple[str, ...] = ()
    """Ids of the stored bytes; none in events of earlier releases."""


class DocumentLost(EventData):
    """A file that was not copied. Events of earlier releases have ``detail`` alone."""

    check: str
    kind: str
    code: str = ""
    params: Mapping[str, str] = {}
    detail: str


class DocumentAdded(EventData):
    document: str
    kind: str
    blob: str = ""
    """Id of the stored bytes; empty in events of earlier releases."""


class DocumentWithdrawn(DocumentAdded):
    pass


class FindingData(EventData):
    """A finding whose resolution was given, or ended because a source changed."""

    finding: str
    kind: FindingKind
    about: str


class FindingResolved(FindingData):
    reason: str
    """Reason code."""


class ApplicantsDistinct(EventData):
    """Two people agreed that the applicants of two cases are different persons."""

    finding: str
    other_case: int
    resolved_by: str


MODELS: dict[EventType, type[EventData]] = {
    EventType.CASE_OPENED: CaseOpened,
    EventType.CHECK_ADDED: CheckData,
    EventType.CHECK_REPLACED: CheckReplaced,
    EventType.CHECK_CORRECTED: CheckCorrected,
    EventType.DATA_CORRECTED: DataCorrected,
    EventType.REPORTED: Reported,
    EventType.LAPSED: Lapsed,
    EventType.CHECK_BLOCKED: CheckBlocked,
    EventType.CHECK_READABLE: CheckData,
    EventType.READ_REQUESTED: ReadRequested,
    EventType.QUEUED: Queued,
    EventType.CLAIMED: Claimed,
    EventType.RELEASED: EventData,
    EventType.DECIDED: Decided,
    EventType.SYSTEM_CLOSED: SystemClosed,
    EventType.RETRY_DEADLINE_PASSED: EventData,
    EventType.ESCALATION_TAKEN_OVER: Claimed,
    EventType.ESCALATION_ANSWERED: EscalationData,
    EventType.ESCALATION_WITHDRAWN: EscalationData,
    EventType.OVERRIDE_PROPOSED: OverrideProposed,
    EventType.OVERRIDE_WITHDRAWN: ProposalData,
    EventType.OVERRIDE_DENIED: ProposalData,
    EventType.OVERRIDE_APPROVED: OverrideApproved,
    EventType.OVERRIDE_DIGEST_MIGRATED: DigestMigrated,
    EventType.OVERRIDE_EXPIRED: ProposalData,
    EventType.DOCUMENTS_COPIED: DocumentsCopied,
    EventType.DOCUMENT_LOST: DocumentLost,
    EventType.DOCUMENT_ADDED: DocumentAdded,
    EventType.DOCUMENT_WITHDRAWN: DocumentWithdrawn,
    EventType.FINDING_RESOLVED: FindingResolved,
    EventType.FINDING_REOPENED: FindingData,
    EventType.APPLICANTS_DISTINCT: ApplicantsDistinct,
}


def validate(event_type: EventType, data: Mapping[str, Any]) -> None:
    """Validate data by the model of its type before writing. Raises ``ValueError``, also for an unknown key."""
    MODELS[EventType(event_type)].model_validate(data, extra="forbid")


def parse(event_type: str, data: dict[str, Any]) -> EventData:
    """Stored data as its model; a missing text is empty. Raises ``ValueError`` when the data do not fit."""
    model = MODELS[EventType(event_type)]
    texts = {name: "" for name, field in model.model_fields.items() if field.is_required() and field.annotation is str}
    return model.model_validate(texts | data)
