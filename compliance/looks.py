"""Who looked at what of a case, and when: from the records of views, which are written before anything is served."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from compliance.masking import LABELS
from compliance.models import Document, User, ViewRecord
from compliance.words import KIND_LABELS
from providers import EvidenceKind

SAME_LOOK = timedelta(minutes=30)
SHOWN = 50
READ = 400
"""Records that are read to show ``SHOWN`` looks: many records are one look."""
A_PAGE = 50

_WORDS = {
    "case": "opened the case",
    "payload": "looked at a raw payload",
    "ticket": "asked for the masked values of the Preventor ticket",
    "views": "looked at who looked",
    "search": "found the case by searching",
}
_DONE = {
    "thumb": "got the small picture with the page:",
    "original": "downloaded the original:",
    "video": "played the video:",
    "page": "looked at pages of:",
}
"""What was done with a document, whose kind follows; any other word is looking at it."""


@dataclass(slots=True, kw_only=True)
class Look:
    """One person at one thing; again within half an hour is the same look."""

    actor: str
    initials: str
    is_me: bool
    sentence: str
    at: datetime
    """The latest time."""
    since: datetime
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
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
class SeenPage:
    """Fifty records, newest first, and where the pages beside begin."""

    rows: tuple[Seen, ...]
    older: str = ""
    newer: str = ""


def sentence_of(record: ViewRecord) -> str:
    """What was done, without who did it."""
    what, _, which = record.what.partition(":")
    if what == "fact":
        return f"asked for the masked {LABELS.get(which, which.replace('_', ' '))}"
    if record.document:
        return f"{_DONE.get(_action(record), 'looked at:')} {_thing(record.document)}"
    return _WORDS.get(what, f"looked at: {what}")


def _thing(document: Document) -> str:
    """Its kind; where that says nothing, its place in the answer as well."""
    kind = KIND_LABELS[document.kind]
    return f"{kind} ({document.label})" if document.kind == EvidenceKind.OTHER else kind


def _action(record: ViewRecord) -> str:
    """What was done; the pages of one report are one thing."""
    return "page" if record.what.startswith("page-") else record.what


def looks_of(case_id: int, *, reader: User) -> tuple[Look, ...]:
    """The newest looks. What comes along with the opened page (small pictures) is left to the page of all views."""
    records = _records(case_id).exclude(what="thumb")[:READ]
    return tuple(_merged(records, reader=reader))[:SHOWN]


def _records(case_id: int) -> Any:
    return ViewRecord.objects.filter(case=case_id).select_related("user__person", "document").order_by("-at", "-id")


def _merged(records: Iterable[ViewRecord], *, reader: User) -> Iterator[Look]:
    """Newest first; a record joins the look of the same person at the same thing if it came shortly before."""
    told: list[Look] = []
    latest: dict[tuple[int, str, Any], Look] = {}
    for record in records:
        key = (record.person_id, _action(record), record.document_id)
        look = latest.get(key)
        if look and look.since - record.at <= SAME_LOOK:
            look.since = record.at
            look.count += 1
            continue
        latest[key] = _look(record, reader=reader)
        told.append(latest[key])
    yield from told


def _look(record: ViewRecord, *, reader: User) -> Look:
    return Look(
        actor=_actor(record, reader),
        initials=record.user.initials,
        is_me=record.person_id == reader.person_id,
        sentence=sentence_of(record),
        at=record.at,
        since=record.at,
    )


def _actor(record: ViewRecord, reader: User) -> str:
    return "You" if record.user_id == reader.pk else record.user.label


def summary_of(looks: Iterable[Look]) -> str:
    """Who looked, in one line."""
    people = list(dict.fromkeys(look.actor for look in looks))
    named = ", ".join(people[:3])
    return f"{named} and {len(people) - 3} more" if len(people) > 3 else named


# --- all of them ------------------------------------------------------------------------------------------------------


def seen_page(case_id: int, *, reader: User, cursor: str = "", backwards: bool = False) -> SeenPage:
    """Fifty records by keyset; an unreadable ``cursor`` shows the newest."""
    key = _key_of(cursor)
    records = _records(case_id)
    if key and backwards:
        records = records.filter(_beyond("gt", *key)).order_by("at", "id")
    elif key:
        records = records.filter(_beyond("lt", *key))
    found = list(records[: A_PAGE + 1])
    more, found = len(found) > A_PAGE, found[:A_PAGE]
    if key and backwards:
        if not more:
            # The page of the newest is full: what came meanwhile stands there, too.
            return seen_page(case_id, reader=reader)
        found.reverse()
        return _page(found, reader, older=True, newer=True)
    return _page(found, reader, older=more, newer=key is not None)


def _beyond(way: str, at: datetime, number: int) -> Q:
    return Q(**{f"at__{way}": at}) | Q(at=at, **{f"id__{way}": number})


def _page(found: list[ViewRecord], reader: User, *, older: bool, newer: bool) -> SeenPage:
    rows = tuple(
        Seen(
            id=record.pk,
            at=record.at,
            actor=_actor(record, reader),
            initials=record.user.initials,
            is_me=record.person_id == reader.person_id,
            sentence=sentence_of(record),
            page=record.page,
            session=record.session.partition("-")[0],
        )
        for record in found
    )
    return SeenPage(
        rows=rows,
        older=_cursor_of(found[-1]) if found and older else "",
        newer=_cursor_of(found[0]) if found and newer else "",
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
