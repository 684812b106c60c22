"""The card of a Preventor ticket: sections of the answer, its images, masked values."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID

from compliance.case_page.images import IMAGE, DocumentItem, Images
from compliance.case_page.redactor import Redactor
from compliance.enums import DocumentState
from compliance.facts import masking
from compliance.facts.masking import LABELS, Secrets
from compliance.labels import join_labels
from compliance.models import Check, CheckReport, Document
from providers import (
    EvidenceKind,
    TicketRow,
    TicketSection,
    label_in_ticket,
    ticket_rows,
    ticket_sections,
    with_ticket_rows,
)
from providers.vault import Undecipherable, UndecipherableText, fingerprint

PROVIDER = "preventor"
SLUG = "ticket-"
"""Prefix of the name under which a ticket's masked values are revealed; the check's id follows."""
TYPES = {
    "SELF_PORTRAITS": "Selfies",
    "DOCUMENT": "Document",
    "DOCUMENT_PORTRAIT": "Portrait",
    "DOCUMENT_SIGNATURE": "Signature",
    "DOCUMENT_GHOST_PORTRAIT": "Ghost portrait",
}
"""Labels of the provider's image types."""
_KINDS: Mapping[str, frozenset[str]] = {
    "SELF_PORTRAITS": frozenset((EvidenceKind.SELFIE,)),
    "DOCUMENT": frozenset((EvidenceKind.DOCUMENT, EvidenceKind.DOCUMENT_FRONT, EvidenceKind.DOCUMENT_BACK)),
    "DOCUMENT_PORTRAIT": frozenset((EvidenceKind.DOCUMENT_PORTRAIT,)),
    "DOCUMENT_SIGNATURE": frozenset((EvidenceKind.DOCUMENT_SIGNATURE,)),
    "DOCUMENT_GHOST_PORTRAIT": frozenset((EvidenceKind.DOCUMENT_GHOST_PORTRAIT,)),
}
"""Type -> kinds of its images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    item: DocumentItem
    name: str
    """Its name on the case, or its path in the ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageType:
    """One image type of a ticket, and the state of its copies."""

    label: str
    copies: tuple[Copy, ...] = ()
    """Copied images: several selfies, two sides of a document."""
    is_pending: bool = False
    is_absent: bool = False
    """The provider has none."""
    lost: tuple[DocumentItem, ...] = ()
    """Images that were not copied, each with the reason."""
    retry_url: str = ""

    @property
    def is_requested(self) -> bool:
        return bool(self.copies or self.is_pending or self.is_absent or self.lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket: one current check at Preventor that was fetched."""

    check_id: UUID
    slug: str
    title: str
    sections: tuple[TicketSection, ...] = field(repr=False)
    types: tuple[ImageType, ...]
    inside: tuple[Copy, ...]
    """Images inside the ticket, each named by its path."""
    count: int
    opens: str
    """Labels of the values that the button reveals; empty where nothing is masked."""
    is_masked: bool
    """Whether anything in it is hidden now."""
    shown: str
    """The kinds of masked values that are revealed, separated by blanks."""
    mark: str
    """Changes with any value, so that a revealed ticket stays open only while nothing changes."""

    @property
    def has_unrequested(self) -> bool:
        """Whether some type was never requested, as for a ticket without a result."""
        return any(not image_type.is_requested for image_type in self.types)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """The newest answer of each current check at Preventor, parsed before any card is built: its rows name secrets."""

    sections: Mapping[UUID, tuple[TicketSection, ...]] = field(repr=False)
    """Check -> the sections of its answer."""
    checks: Sequence[Check]

    @property
    def private(self) -> Iterator[tuple[str, str]]:
        """Kind and value of each row that is masked."""
        rows = (row for parts in self.sections.values() for row in ticket_rows(parts))
        return ((row.private, row.value) for row in rows if row.private)


def tickets_of(checks: Sequence[Check]) -> Tickets:
    """The tickets of a case, read in one statement; none without a check at Preventor."""
    read = [
        check
        for check in checks
        if check.provider == PROVIDER and check.superseded_by_id is None and check.report_count
    ]
    if not read:
        return Tickets(sections={}, checks=())
    newest = (
        CheckReport.objects.select_related("data_key")
        .filter(check_row__in=read)
        .order_by("check_row_id", "-number")
        .distinct("check_row_id")
    )
    return Tickets(sections={report.check_row_id: _sections(report) for report in newest}, checks=read)


def _sections(report: CheckReport) -> tuple[TicketSection, ...]:
    if isinstance(report.payload, Undecipherable):
        row = TicketRow(label="Stored answer", value=UndecipherableText())
        return (TicketSection(key="summary", title="Summary", rows=(row,)),)
    return ticket_sections(report.payload)


def cards_of(tickets: Tickets, documents: Sequence[Document], images: Images, redactor: Redactor) -> tuple[Ticket, ...]:
    """One card per ticket. A slug reveals a whole ticket, the name of a fact that fact in all tickets."""
    items, cards = images.of_document, []
    for check in tickets.checks:
        is_whole = f"{SLUG}{check.pk}" in redactor.shown
        shown = frozenset(LABELS) if is_whole else redactor.shown & LABELS.keys()
        own = [(document, items[document.pk]) for document in documents if document.check_row_id == check.pk]
        title = f"Preventor ticket, {check.account.name}" if len(tickets.checks) > 1 else "Preventor ticket"
        cards.append(_ticket(check, tickets.sections[check.pk], own, replace(redactor, shown=shown), title=title))
    return tuple(cards)


def _ticket(
    check: Check,
    sections: tuple[TicketSection, ...],
    documents: Sequence[tuple[Document, DocumentItem]],
    redactor: Redactor,
    *,
    title: str,
) -> Ticket:
    rows = list(ticket_rows(sections))
    private = _private(rows, redactor.secrets)
    shown = redactor.shown
    at = {document.label: item for document, item in documents if document.label.startswith(label_in_ticket(""))}
    held = frozenset().union(*private.values(), *(redactor.secrets.kinds_in(row.path) for row in rows))
    kinds = [kind for kind in LABELS if kind in held]
    masked = partial(_masked, private=private, at=at, redactor=redactor)
    return Ticket(
        check_id=check.pk,
        slug=f"{SLUG}{check.pk}",
        title=title,
        sections=with_ticket_rows(sections, masked, keys=redactor.text),
        types=tuple(_image_type(name, documents) for name in TYPES),
        inside=tuple(
            Copy(item=item, name=redactor.text(path.removeprefix(label_in_ticket("")))) for path, item in at.items()
        ),
        count=len(rows),
        opens=join_labels([LABELS[kind] for kind in kinds if kind not in shown] or [LABELS[kind] for kind in kinds]),
        is_masked=not held <= shown,
        shown=" ".join(kind for kind in kinds if kind in shown),
        mark=fingerprint("\n".join(f"{row.path}={row.value}" for row in rows)),
    )


def _masked(
    row: TicketRow,
    *,
    private: Mapping[str, frozenset[str]],
    at: Mapping[str, DocumentItem],
    redactor: Redactor,
) -> TicketRow:
    """The row as it is shown, with the image that was copied from its path."""
    hide, item = redactor.text, at.get(label_in_ticket(row.path))
    document = str(item.document.pk) if item and item.form == IMAGE else ""
    shown = replace(row, label=hide(row.label), named=hide(row.named), path=hide(row.path), document=document)
    kinds = private.get(row.path, frozenset())
    if kinds <= redactor.shown:
        return shown
    value = masking.masked(row.private if kinds == {row.private} else "", row.value)
    return replace(shown, value=value, said="", named="", is_masked=True)


def _private(rows: Sequence[TicketRow], secrets: Secrets) -> dict[str, frozenset[str]]:
    """Path -> kinds of every value that is masked: by its key, or because it contains such a value."""
    found = {}
    for row in rows:
        kinds = secrets.kinds_in(row.value) | secrets.kinds_in(row.said)
        if row.private and not masking.is_state(row.value):
            kinds |= {row.private}
        if kinds:
            found[row.path] = kinds
    return found


def _image_type(name: str, documents: Sequence[tuple[Document, DocumentItem]]) -> ImageType:
    in_order = sorted(documents, key=lambda pair: pair[0].position)
    found = [(document.state, item) for document, item in in_order if _may_hold(document, name)]
    lost = tuple(item for state, item in found if state == DocumentState.FAILED)
    absent = [item for state, item in found if state == DocumentState.NOT_AVAILABLE]
    copied = {item.document.pk: item for state, item in found if state == DocumentState.COPIED}
    is_pending = any(state == DocumentState.REQUESTED for state, _ in found)
    is_joint = any(document.label != name and name in _types_of(document) for document, _ in documents)
    return ImageType(
        label=TYPES[name],
        copies=tuple(Copy(item=item, name=item.name) for item in copied.values()),
        is_pending=is_pending,
        is_absent=bool(absent) or (is_joint and not (copied or lost or is_pending)),
        lost=lost,
        retry_url=next((item.retry_url for item in (*lost, *absent)), ""),
    )


def _types_of(document: Document) -> Collection[str]:
    """The image types that a document was requested with: its label names one, several, or ALL."""
    return TYPES if document.label == "ALL" else document.label.split(",")


def _may_hold(document: Document, name: str) -> bool:
    """Whether a document is an image of this type, or a request of several types that has not brought its images."""
    if document.label == name:
        return True
    is_open = document.kind == EvidenceKind.OTHER and document.state != DocumentState.COPIED
    return name in _types_of(document) and (is_open or document.kind in _KINDS[name])
