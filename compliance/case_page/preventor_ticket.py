"""The Preventor tickets of a case as its page shows them: the parts of the answer, its pictures, masked values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID

from compliance.case_page.pictures import PictureItem, Pictures
from compliance.enums import DocumentState
from compliance.facts import masking
from compliance.facts.masking import LABELS, Secrets
from compliance.labels import listed
from compliance.models import Case, Check, CheckReport, Document
from providers import (
    TicketRow,
    TicketSection,
    label_in_ticket,
    preventor_ticket_sections,
    ticket_rows,
    with_ticket_rows,
)
from providers.vault import fingerprint

PROVIDER = "preventor"
SLUG = "ticket-"
"""With the check's id behind it, the name under which a ticket's masked values are asked for."""
TYPES = {
    "SELF_PORTRAITS": "Selfies",
    "DOCUMENT": "Document",
    "DOCUMENT_PORTRAIT": "Portrait",
    "DOCUMENT_SIGNATURE": "Signature",
    "DOCUMENT_GHOST_PORTRAIT": "Ghost portrait",
}
"""The image types of the provider, as its page names them. ALL is never asked for: one request per type."""
NAMES = frozenset(("full_name", "given_names", "family_name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One picture of a type, as it is called on the case, or in the words of its path."""

    item: PictureItem
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageType:
    """One image type of a ticket, and what has come of it."""

    name: str
    label: str
    copies: tuple[Copy, ...] = ()
    """What was copied; several selfies, two sides of a document."""
    waiting: bool = False
    """To be copied, or being copied."""
    is_absent: bool = False
    """The provider has none."""
    lost: tuple[PictureItem, ...] = ()
    """What was not copied, each with the reason."""
    fetch_again_url: str = ""

    @property
    def is_asked(self) -> bool:
        """Whether it was ever asked for."""
        return bool(self.copies or self.waiting or self.is_absent or self.lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket: one current check at Preventor that has been read."""

    check_id: UUID
    slug: str
    title: str
    sections: tuple[TicketSection, ...] = field(repr=False)
    types: tuple[ImageType, ...]
    inside: tuple[Copy, ...]
    """Pictures that stood in the ticket itself, each in the words of its path."""
    count: int
    opens: str
    """What the button shows, in words; empty where nothing is masked."""
    is_masked: bool
    """Whether anything in it is hidden now."""
    shown: str
    """The kinds of values that were hidden and are shown, apart by blanks."""
    mark: str
    """Differs whenever a value does, so that a ticket that somebody opened stays open while nothing has changed."""

    @property
    def never_asked(self) -> bool:
        """Whether some type was never asked for, since the ticket has not come to anything yet."""
        return any(not image_type.is_asked for image_type in self.types)


def tickets_of(
    case: Case,
    checks: Sequence[Check],
    documents: Sequence[Document],
    pictures: Pictures,
    *,
    shown: Collection[str] = (),
) -> tuple[tuple[Ticket, ...], Secrets]:
    """The ticket of each current check, in one statement, and what is masked on this case.

    ``shown`` names what is to be told in full: tickets by their slugs, facts in all tickets by their names.
    """
    read = {
        check.pk: check
        for check in checks
        if check.provider == PROVIDER and check.superseded_by_id is None and check.report_count
    }
    newest = (
        CheckReport.objects.select_related("data_key")
        .filter(check_row__in=read)
        .order_by("check_row_id", "-number")
        .distinct("check_row_id")
    )
    sections = {report.check_row_id: preventor_ticket_sections(report.payload) for report in newest} if read else {}
    secrets = _secrets(case, checks, [row for parts in sections.values() for row in ticket_rows(parts)])
    items = pictures.of_document
    told = tuple(
        _ticket(
            check,
            sections[check.pk],
            [(document, items[document.pk]) for document in documents if document.check_row_id == check.pk],
            secrets=secrets,
            shown=LABELS if f"{SLUG}{check.pk}" in shown else [name for name in LABELS if name in shown],
            title=f"Preventor ticket, {check.account.name}" if len(read) > 1 else "Preventor ticket",
        )
        for check in read.values()
    )
    return told, secrets


def _secrets(case: Case, checks: Sequence[Check], rows: Sequence[TicketRow]) -> Secrets:
    """What is masked in the comparison and in any ticket: no other text of the case may tell it."""
    facts = [check.facts for check in checks]
    told = [("document_number", case.applicant.document_number)]
    told += [(name, value) for one in facts for name in LABELS if isinstance(value := one.get(name, ""), str)]
    told += [(row.private, row.value) for row in rows if row.private]
    names = [case.applicant.full_name, *(value for one in facts for key, value in one.items() if key in NAMES)]
    return masking.secrets_of(told, names=names)


def _ticket(
    check: Check,
    sections: tuple[TicketSection, ...],
    documents: Sequence[tuple[Document, PictureItem]],
    *,
    secrets: Secrets,
    shown: Collection[str],
    title: str,
) -> Ticket:
    rows = list(ticket_rows(sections))
    private = _private(rows, secrets)
    hide = partial(secrets.hide, shown=shown)
    at = {document.label: item for document, item in documents if document.label.startswith(label_in_ticket(""))}

    def masked(row: TicketRow) -> TicketRow:
        named = replace(row, label=hide(row.label), named=hide(row.named), path=hide(row.path))
        named = replace(named, document=_copied_from(row.path, at))
        kinds = private.get(row.path, frozenset())
        if kinds <= set(shown):
            return named
        value = masking.masked(row.private if kinds == {row.private} else "", row.value)
        return replace(named, value=value, said="", named="", is_masked=True)

    held = frozenset().union(*private.values(), *(secrets.kinds_in(row.path) for row in rows))
    kinds = [kind for kind in LABELS if kind in held]
    return Ticket(
        check_id=check.pk,
        slug=f"{SLUG}{check.pk}",
        title=title,
        sections=with_ticket_rows(sections, masked, keys=hide),
        types=tuple(_image_type(name, documents) for name in TYPES),
        inside=tuple(Copy(item=item, words=hide(path.removeprefix(label_in_ticket("")))) for path, item in at.items()),
        count=len(rows),
        opens=listed([LABELS[kind] for kind in kinds if kind not in shown] or [LABELS[kind] for kind in kinds]),
        is_masked=not held <= set(shown),
        shown=" ".join(kind for kind in kinds if kind in shown),
        mark=fingerprint("\n".join(f"{row.path}={row.value}" for row in rows)),
    )


def _private(rows: Sequence[TicketRow], secrets: Secrets) -> dict[str, frozenset[str]]:
    """Path -> kinds of every value that is masked: by its key, or because it holds a value that is."""
    found = {}
    for row in rows:
        kinds = secrets.kinds_in(row.value) | secrets.kinds_in(row.said)
        if row.private and not masking.is_state(row.value):
            kinds |= {row.private}
        if kinds:
            found[row.path] = kinds
    return found


def _copied_from(path: str, at: Mapping[str, PictureItem]) -> str:
    item = at.get(label_in_ticket(path))
    return str(item.id) if item and item.is_picture else ""


def _copies(items: Sequence[PictureItem]) -> tuple[Copy, ...]:
    found = {item.id: Copy(item=item, words=item.name) for item in items}
    return tuple(found.values())


def _image_type(name: str, documents: Sequence[tuple[Document, PictureItem]]) -> ImageType:
    in_order = sorted(documents, key=lambda pair: pair[0].position)
    found = [(document.state, item) for document, item in in_order if document.label == name]
    lost = tuple(item for state, item in found if state == DocumentState.GIVEN_UP)
    absent = [item for state, item in found if state == DocumentState.ABSENT]
    return ImageType(
        name=name,
        label=TYPES[name],
        copies=_copies([item for state, item in found if state == DocumentState.COPIED]),
        waiting=any(state == DocumentState.WANTED for state, _ in found),
        is_absent=bool(absent),
        lost=lost,
        fetch_again_url=next((item.fetch_again_url for item in (*lost, *absent)), ""),
    )
