"""Who looked at what of a case, and when: from the records of views, which are written before anything is served."""

import base64
import binascii
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from compliance.case_page.document_names import document_names, in_order, path_of
from compliance.case_page.redactor import Redactor
from compliance.facts.masking import LABELS
from compliance.labels import check_kind, provider_label
from compliance.models import Check, Document, User, ViewRecord

SAME_ACCESS = timedelta(minutes=30)
SHOWN = 50
READ = 400
"""Records that are read to show ``SHOWN`` accesses: many records are one access."""
A_PAGE = 50

_WORDS = {
    "case": "opened the case",
    "payload": "looked at a raw payload",
    "ticket": "asked for the masked values of a Preventor ticket",
    "views": "looked at who looked",
    "search": "found the case by searching",
    "add-check": "opened the form for a further check",
    "replace": "opened the form that replaces a check",
    "settings": "looked at the settings of a check",
    "close": "opened the form that closes the case",
}
_DONE = {
    "thumb": "got the small picture with the page:",
    "original": "downloaded the original:",
    "video": "played the video:",
    "page": "looked at pages of:",
}
"""What was done with a document, whose kind follows; any other word is looking at it."""
_SMALL = "thumb"
MOST_COUNTED = 1000
PAGES: dict[str, str] = {
    "queue": "Queue",
    "search": "Search",
    "case": "Case",
    "case-new": "New case",
    "case-live": "Case, by itself",
    "case-seen": "Case, marked as seen",
    "case-claim": "Case, taken",
    "case-release": "Case, given back",
    "case-decide": "Case, decided",
    "case-show-fact": "Case, Show",
    "case-views": "Who looked",
    "case-add-check": "Add a check",
    "case-add-document": "Case, file added",
    "case-void": "Close the case",
    "check-refresh": "Case, read again",
    "check-payload": "Payload",
    "check-correct": "Correct a check",
    "check-replace": "Replace a check",
    "check-ask-pictures": "Case, pictures asked for",
    "document-picture": "Picture",
    "document-original": "Original",
    "document-video": "Video",
    "document-withdraw": "Case, file taken back",
    "document-fetch-again": "Case, picture fetched again",
    "proposal-approve": "Case, override approved",
    "proposal-refuse": "Case, override refused",
    "proposal-withdraw": "Case, override withdrawn",
}
"""Name of a route -> what people call the page, or what was done on it."""


@dataclass(slots=True, kw_only=True)
class Access:
    """One person at one thing; again within half an hour is the same access."""

    actor: str
    initials: str
    is_me: bool
    sentence: str
    at: datetime
    """The latest time."""
    since: datetime
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    """One record of a view, as it was written."""

    id: int
    at: datetime
    actor: str
    initials: str
    is_me: bool
    sentence: str
    page: str
    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPage:
    """Fifty records, newest first, and where the pages beside begin."""

    rows: tuple[AccessRow, ...]
    older: str = ""
    newer: str = ""
    small: int = 0
    """How many small pictures there are, which come along with a page that is opened; at most ``MOST_COUNTED``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectLabels:
    """What the checks and the documents of a case are called where somebody looked at them."""

    checks: Mapping[str, str]
    """End of a check's key, as records have it -> its name."""
    documents: Mapping[UUID, str]


def object_labels(
    checks: Sequence[Check], documents: Sequence[Document], names: Mapping[UUID, str], redactor: Redactor
) -> ObjectLabels:
    """Checks by their kind, with their reference where several are of it; documents by their ``names`` on the case.

    A path in a ticket stands behind the name: a key of it may be a number that is masked.
    """
    kinds = [f"{provider_label(check.provider)} {check_kind(check.kind)}" for check in checks]
    distinct = _distinct(kinds, [check.reference for check in checks])
    paths = {document.pk: redactor.text(path_of(document)) for document in documents}
    return ObjectLabels(
        checks={str(check.pk)[-12:]: name for check, name in zip(checks, distinct, strict=True)},
        documents={key: f"{name} ({paths[key]})" if paths[key] else name for key, name in names.items()},
    )


def _distinct(names: Sequence[str], more: Sequence[str]) -> list[str]:
    """The names; those that are not alone in being called so with more."""
    counts = Counter(names)
    return [f"{name} {part}" if counts[name] > 1 and part else name for name, part in zip(names, more, strict=True)]


def _labels_of_case(case_id: int) -> ObjectLabels:
    """The names of everything on the case, in two statements."""
    documents = Document.objects.filter(case=case_id).select_related("check_row", "blob")
    told = ("provider", "kind", "reference", "attempts", "superseded_by")
    of_blob = ("blob__media_type", "blob__refused")
    only = ("kind", "label", "state", "added_by", *(f"check_row__{name}" for name in told), *of_blob)
    checks = Check.objects.filter(case=case_id).only("provider", "kind", "reference")
    rows = list(in_order(documents.only(*only)))
    return object_labels(list(checks.order_by("pk")), rows, document_names(rows), Redactor())


def sentence_of(record: ViewRecord, labels: ObjectLabels) -> str:
    """What was done, without who did it."""
    what, _, which = record.what.partition(":")
    if what == "fact":
        return f"asked for the masked {LABELS.get(which, which.replace('_', ' '))}"
    if record.document_id:
        done, _, page = record.what.partition("-")
        said = f"looked at page {page} of:" if done == "page" else _DONE.get(done, "looked at:")
        return f"{said} {labels.documents.get(record.document_id, 'a file')}"
    check, _, number = which.partition("-")
    name = labels.checks.get(check, "")
    if what == "payload" and name:
        return f"looked at the payload of report {number} of {name}"
    if what == "ticket" and name:
        return f"asked for the masked values of the ticket of {name}"
    if what == "settings" and name:
        return f"looked at the settings of {name}"
    if what == "replace" and name:
        return f"opened the form that replaces {name}"
    return _WORDS.get(what, f"looked at: {what}")


def _action(record: ViewRecord) -> str:
    """What was done; the pages of one report are one thing."""
    return "page" if record.what.startswith("page-") else record.what


def accesses_of(case_id: int, labels: ObjectLabels, *, reader: User) -> tuple[Access, ...]:
    """The newest accesses. What comes along with the opened page (small pictures) is left to the page of all views."""
    records = _records(case_id).exclude(what=_SMALL)[:READ]
    return tuple(_merged(records, reader=reader, labels=labels))[:SHOWN]


def _records(case_id: int) -> Any:
    return ViewRecord.objects.filter(case=case_id).select_related("user__person").order_by("-at", "-id")


def _merged(records: Iterable[ViewRecord], *, reader: User, labels: ObjectLabels) -> Iterator[Access]:
    """Newest first; a record joins the access of the same person at the same thing if it came shortly before."""
    told: list[Access] = []
    latest: dict[tuple[int, str, Any], Access] = {}
    for record in records:
        key = (record.person_id, _action(record), record.document_id)
        access = latest.get(key)
        if access and access.since - record.at <= SAME_ACCESS:
            access.since = record.at
            access.count += 1
            if key[1] == "page" and record.document_id:
                access.sentence = f"{_DONE['page']} {labels.documents.get(record.document_id, 'a file')}"
            continue
        latest[key] = _access(record, reader=reader, labels=labels)
        told.append(latest[key])
    yield from told


def _access(record: ViewRecord, *, reader: User, labels: ObjectLabels) -> Access:
    return Access(
        actor=_actor(record, reader),
        initials=record.user.initials,
        is_me=record.person_id == reader.person_id,
        sentence=sentence_of(record, labels),
        at=record.at,
        since=record.at,
    )


def _actor(record: ViewRecord, reader: User) -> str:
    return "You" if record.user_id == reader.pk else record.user.label


def summary_of(accesses: Iterable[Access]) -> str:
    """Who looked, in one line."""
    people = list(dict.fromkeys("you" if access.actor == "You" else access.actor for access in accesses))
    named = ", ".join(people[:3])
    return f"{named} and {len(people) - 3} more" if len(people) > 3 else named


# --- all of them ------------------------------------------------------------------------------------------------------


def access_page(
    case_id: int, *, reader: User, cursor: str = "", backwards: bool = False, small: bool = False
) -> AccessPage:
    """Fifty records by keyset; an unreadable ``cursor`` shows the newest.

    ``small``: with the small pictures, of which many come along with each page that is opened.
    """
    key = _key_of(cursor)
    records = _records(case_id)
    if not small:
        records = records.exclude(what=_SMALL)
    if key and backwards:
        records = records.filter(_beyond("gt", *key)).order_by("at", "id")
    elif key:
        records = records.filter(_beyond("lt", *key))
    found = list(records[: A_PAGE + 1])
    more, found = len(found) > A_PAGE, found[:A_PAGE]
    if key and backwards:
        if not more:
            # The page of the newest is full: what came meanwhile stands there, too.
            return access_page(case_id, reader=reader, small=small)
        found.reverse()
        return _page(case_id, found, reader, older=True, newer=True)
    return _page(case_id, found, reader, older=more, newer=key is not None)


def _beyond(way: str, at: datetime, number: int) -> Q:
    return Q(**{f"at__{way}": at}) | Q(at=at, **{f"id__{way}": number})


def _page(case_id: int, found: list[ViewRecord], reader: User, *, older: bool, newer: bool) -> AccessPage:
    labels = _labels_of_case(case_id)
    rows = tuple(
        AccessRow(
            id=record.pk,
            at=record.at,
            actor=_actor(record, reader),
            initials=record.user.initials,
            is_me=record.person_id == reader.person_id,
            sentence=sentence_of(record, labels),
            page=PAGES.get(record.page, record.page.replace("-", " ").capitalize()),
            session=record.session.partition("-")[0],
        )
        for record in found
    )
    return AccessPage(
        rows=rows,
        older=_cursor_of(found[-1]) if found and older else "",
        newer=_cursor_of(found[0]) if found and newer else "",
        small=ViewRecord.objects.filter(case=case_id, what=_SMALL)[:MOST_COUNTED].count(),
    )


def _cursor_of(record: ViewRecord) -> str:
    return base64.urlsafe_b64encode(f"{record.at.isoformat()} {record.pk}".encode()).decode().rstrip("=")


def _key_of(cursor: str) -> tuple[datetime, int] | None:
    try:
        words = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        at, _, number = words.partition(" ")
        found = datetime.fromisoformat(at), int(number)
    except (ValueError, binascii.Error):
        return None
    return found if timezone.is_aware(found[0]) and 0 <= found[1] < 2**63 else None
