"""The access log of a case: who viewed what and when. Rows are written before anything is served."""

import base64
import binascii
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from compliance.case_page.document_names import document_names, image_title, in_order
from compliance.case_page.old_view_records import OLD_ROUTES, OLD_THUMBNAIL, with_columns
from compliance.case_page.redactor import Redactor
from compliance.enums import AccessKind
from compliance.facts.masking import LABELS
from compliance.labels import check_kind, provider_label
from compliance.models import Check, Document, User, ViewRecord

SAME_ACCESS = timedelta(minutes=30)
"""A person who views the same thing again within this time adds to the entry."""
SHOWN = 50
READ = 400
"""Records that are read to show ``SHOWN`` entries: many records become one entry."""
A_PAGE = 50
MOST_COUNTED = 1000
_SENTENCES: dict[str, str] = {
    AccessKind.CASE: "opened the case",
    AccessKind.SEARCH: "found the case by search",
    AccessKind.FACT: "revealed the {fact}",
    AccessKind.TICKET: "revealed the masked values of the ticket of {check}",
    AccessKind.PAYLOAD: "opened the payload of report {report} of {check}",
    AccessKind.ACCESS_LOG: "opened the access log",
    AccessKind.THUMBNAIL: "loaded the thumbnail: {document}",
    AccessKind.IMAGE: "viewed: {document}",
    AccessKind.PAGE: "viewed page {page} of: {document}",
    AccessKind.VIDEO: "played the video: {document}",
    AccessKind.ORIGINAL: "downloaded the original: {document}",
    AccessKind.ADD_CHECK: "opened the form to add a check",
    AccessKind.CORRECT_CHECK: "opened the settings of {check}",
    AccessKind.REPLACE_CHECK: "opened the form to replace {check}",
    AccessKind.CORRECT_DATA: "opened the form to correct the declared data",
    AccessKind.CLOSE_CASE: "opened the form to close the case",
    AccessKind.RESOLVE_FINDING: "opened the form to resolve a finding",
    AccessKind.AGREE_TO_FINDING: "opened the form to agree that two applicants are different persons",
}
_REVEALED_PAYLOAD = "revealed the masked values in the payload of report {report} of {check}"
REVEALED = "payload"
"""``fact`` of a record of a payload whose masked values were revealed."""
_SEVERAL_PAGES = "viewed pages of: {document}"
_THUMBNAILS = Q(kind=AccessKind.THUMBNAIL) | Q(old_text=OLD_THUMBNAIL)
PAGES: dict[str, str] = {
    "search-suggestions": "Search",
    "case-new": "New case",
    "case-import": "Import of cases",
    "case-import-file": "Import of cases, preview and result",
    "case-live": "Case, automatic update",
    "case-peek": "Queue, preview",
    "case-seen": "Case, marked as seen",
    "case-claim": "Case, claimed",
    "case-release": "Case, released",
    "case-decide": "Case, decided",
    "case-reveal-fact": "Case, value revealed",
    "case-views": "Access log",
    "case-add-check": "Add a check",
    "case-correct-data": "Correct declared data",
    "case-add-document": "Case, file added",
    "case-void": "Close the case",
    "check-refresh": "Case, check refreshed",
    "check-payload": "Payload",
    "check-payload-download": "Payload, download",
    "check-correct": "Correct a check",
    "check-replace": "Replace a check",
    "check-request-images": "Case, images requested",
    "document-image": "Image",
    "document-original": "Original",
    "document-video": "Video",
    "document-withdraw": "Case, file removed",
    "document-retry": "Case, image requested again",
    "escalation-answer": "Case, escalation answered",
    "escalation-withdraw": "Case, escalation withdrawn",
    "finding-agree": "Finding, agreed to",
    "finding-resolve": "Finding, resolved",
    "proposal-approve": "Case, override approved",
    "proposal-deny": "Case, override denied",
    "proposal-withdraw": "Case, override withdrawn",
}
"""Name of a route -> label of the page or action; other names are shown unchanged."""


@dataclass(slots=True, kw_only=True)
class AccessEntry:
    """One person who viewed one thing, in one record or in several within half an hour."""

    actor: str
    initials: str
    is_me: bool
    sentence: str
    at: datetime
    """The latest time."""
    since: datetime
    page: str
    session: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPage:
    """Fifty entries of one record each, newest first, and the cursors of the previous and next page."""

    rows: tuple[AccessEntry, ...]
    older: str = ""
    newer: str = ""
    thumbnails: int = 0
    """Number of views of thumbnails, at most ``MOST_COUNTED``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectLabels:
    """Names of the checks and documents of a case in the access log."""

    checks: Mapping[UUID, str]
    documents: Mapping[UUID, str]

    def check(self, key: UUID | None) -> str:
        return self.checks.get(key, "a check") if key else "a check"

    def document(self, key: UUID | None) -> str:
        return self.documents.get(key, "a file") if key else "a file"


def object_labels(
    checks: Sequence[Check], documents: Sequence[Document], names: Mapping[UUID, str], redactor: Redactor
) -> ObjectLabels:
    """Checks by their kind, with the reference where several are of one kind; documents by their ``names``.

    An image inside a ticket has its path after the name, redacted: a key of the path may be a masked number.
    """
    kinds = [f"{provider_label(check.provider)} {check_kind(check.kind)}" for check in checks]
    counts = Counter(kinds)
    paths = {document.pk: redactor.text(image_title(document).path) for document in documents}
    return ObjectLabels(
        checks={
            check.pk: f"{kind} {check.reference}" if counts[kind] > 1 and check.reference else kind
            for check, kind in zip(checks, kinds, strict=True)
        },
        documents={key: f"{name} ({paths[key]})" if paths[key] else name for key, name in names.items()},
    )


def _labels_of_case(case_id: int) -> ObjectLabels:
    """The names of everything on the case, in two statements."""
    documents = Document.objects.filter(case=case_id).select_related("check_row", "blob")
    of_check = (f"check_row__{name}" for name in ("provider", "kind", "reference", "attempts", "superseded_by"))
    of_blob = ("blob__media_type", "blob__refused")
    rows = list(in_order(documents.only("kind", "label", "state", "added_by", *of_check, *of_blob)))
    checks = Check.objects.filter(case=case_id).only("provider", "kind", "reference").order_by("pk")
    return object_labels(list(checks), rows, document_names(rows), Redactor())


def _sentence(record: ViewRecord, labels: ObjectLabels) -> str:
    """The viewed object, without the person."""
    if record.kind == AccessKind.PAYLOAD and record.check_row_id not in labels.checks:
        return "opened a raw payload"
    sentence = _SENTENCES.get(record.kind, f"viewed: {record.old_text}")
    if record.kind == AccessKind.PAYLOAD and record.fact == REVEALED:
        sentence = _REVEALED_PAYLOAD
    return sentence.format(
        fact=LABELS.get(record.fact, record.fact.replace("_", " ")),
        check=labels.check(record.check_row_id),
        report=record.report_number,
        page=record.document_page,
        document=labels.document(record.document_id),
    )


def _entry(record: ViewRecord, labels: ObjectLabels, reader: User) -> AccessEntry:
    page = OLD_ROUTES.get(record.page, record.page)
    return AccessEntry(
        actor="You" if record.user_id == reader.pk else record.user.label,
        initials=record.user.initials,
        is_me=record.person_id == reader.person_id,
        sentence=_sentence(record, labels),
        at=record.at,
        since=record.at,
        page=PAGES.get(page, page.replace("-", " ").capitalize()),
        session=record.session.partition("-")[0],
    )


def _records(case_id: int) -> Any:
    return ViewRecord.objects.filter(case=case_id).select_related("user__person").order_by("-at", "-id")


# --- the card of the case page ---------------------------------------------------------------------------------------


def recent_entries(case_id: int, labels: ObjectLabels, *, reader: User) -> tuple[AccessEntry, ...]:
    """The newest entries. Thumbnails, which load with every page, are only on the page of the whole log."""
    records = [with_columns(record, labels.checks) for record in _records(case_id).exclude(_THUMBNAILS)[:READ]]
    return tuple(_merged(records, labels, reader)[:SHOWN])


def _merged(records: Iterable[ViewRecord], labels: ObjectLabels, reader: User) -> list[AccessEntry]:
    """Newest first; a record joins the entry of the same person and thing that follows it within ``SAME_ACCESS``."""
    entries: list[AccessEntry] = []
    latest: dict[tuple[Any, ...], AccessEntry] = {}
    for record in records:
        viewed = (record.kind, record.check_row_id, record.report_number, record.document_id, record.fact)
        key = (record.person_id, *viewed)
        entry = latest.get(key)
        if entry and entry.since - record.at <= SAME_ACCESS:
            entry.since = record.at
            entry.count += 1
            if record.kind == AccessKind.PAGE:
                entry.sentence = _SEVERAL_PAGES.format(document=labels.document(record.document_id))
            continue
        latest[key] = _entry(record, labels, reader)
        entries.append(latest[key])
    return entries


def people_of(entries: Iterable[AccessEntry]) -> str:
    """The people of the entries in one line."""
    people = list(dict.fromkeys("you" if entry.actor == "You" else entry.actor for entry in entries))
    named = ", ".join(people[:3])
    return f"{named} and {len(people) - 3} more" if len(people) > 3 else named


# --- the page of the whole log ---------------------------------------------------------------------------------------


def access_page(
    case_id: int, *, reader: User, cursor: str = "", backwards: bool = False, thumbnails: bool = False
) -> AccessPage:
    """Fifty records by keyset, with or without ``thumbnails``; an unreadable ``cursor`` shows the newest."""
    key = _key_of(cursor)
    backwards = backwards and key is not None
    records = _records(case_id) if thumbnails else _records(case_id).exclude(_THUMBNAILS)
    if key:
        records = records.filter(_beyond("gt" if backwards else "lt", *key))
    if backwards:
        records = records.order_by("at", "id")
    found = list(records[: A_PAGE + 1])
    more, found = len(found) > A_PAGE, found[:A_PAGE]
    if backwards and not more:
        # The first page: it is filled up, with records written meanwhile.
        return access_page(case_id, reader=reader, thumbnails=thumbnails)
    if backwards:
        found.reverse()
    labels = _labels_of_case(case_id)
    return AccessPage(
        rows=tuple(_entry(with_columns(record, labels.checks), labels, reader) for record in found),
        older=_cursor_of(found[-1]) if more else "",
        newer=_cursor_of(found[0]) if found and key else "",
        thumbnails=ViewRecord.objects.filter(_THUMBNAILS, case=case_id)[:MOST_COUNTED].count(),
    )


def _beyond(way: str, at: datetime, number: int) -> Q:
    return Q(**{f"at__{way}": at}) | Q(at=at, **{f"id__{way}": number})


def _cursor_of(record: ViewRecord) -> str:
    return base64.urlsafe_b64encode(f"{record.at.isoformat()} {record.pk}".encode()).decode().rstrip("=")


def _key_of(cursor: str) -> tuple[datetime, int] | None:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        at, _, number = text.partition(" ")
        found = datetime.fromisoformat(at), int(number)
    except (ValueError, binascii.Error):
        return None
    return found if timezone.is_aware(found[0]) and 0 <= found[1] < 2**63 else None
