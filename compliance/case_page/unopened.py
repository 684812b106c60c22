"""The images and payloads that the two people of an override have not opened, by the access log."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from compliance.case_page.access_log import ObjectLabels
from compliance.case_page.images import Images
from compliance.enums import AccessKind, DocumentState
from compliance.models import Check, OverrideProposal, User, ViewRecord
from compliance.routing.outcomes import current_checks

_OPENED = (AccessKind.IMAGE, AccessKind.PAGE, AccessKind.VIDEO, AccessKind.ORIGINAL, AccessKind.PAYLOAD)
"""A thumbnail is no image that was opened: thumbnails load with every page."""
_Rows = set[tuple[int, UUID, UUID, int | None]]


@dataclass(frozen=True, slots=True)
class Unopened:
    """One person, and the names of what this person has not opened."""

    person: str
    names: tuple[str, ...]


def unopened(
    proposal: OverrideProposal, checks: Sequence[Check], images: Images, labels: ObjectLabels, *, reader: User
) -> tuple[Unopened, ...]:
    """The proposer and, unless that is the same person, the reader, each with what they have not opened.

    A report counts as opened when its payload was; an earlier report of the same check does not count.
    """
    people = {reader.person_id: "you"}
    people.setdefault(proposal.proposed_person_id, proposal.proposed_by.label)
    records = ViewRecord.objects.filter(case=proposal.case_id, person__in=people, kind__in=_OPENED)
    rows: _Rows = set(records.values_list("person", "document", "check_row", "report_number"))
    return tuple(
        Unopened(name, (*_images(images, person, rows), *_payloads(checks, labels, person, rows)))
        for person, name in people.items()
    )


def _images(images: Images, person: int, rows: _Rows) -> list[str]:
    opened = {document for viewer, document, _, _ in rows if viewer == person}
    copied = [item for item in images.items if item.document.state == DocumentState.COPIED]
    return [item.name for item in copied if not opened & {origin.document for origin in item.origins}]


def _payloads(checks: Sequence[Check], labels: ObjectLabels, person: int, rows: _Rows) -> list[str]:
    read = [check for check in current_checks(checks) if check.report_count]
    return [
        f"{labels.check(check.pk)} payload"
        for check in read
        if (person, None, check.pk, check.report_count) not in rows
    ]
