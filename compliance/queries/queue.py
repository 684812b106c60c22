"""Reads for pages. Each answers one page or fragment with a fixed number of statements, whatever the number of rows.

Lists page by keyset, counts are capped, and filters are mapped by name: nothing of a request reaches the ORM as it is.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from compliance.enums import CaseStatus, DecisionVerdict, Environment, Priority, Queue, Ruling
from compliance.errors import InvalidInput
from compliance.labels import initials, span_words
from compliance.models import Case, Check, Claim, Document, PolicyRule, ViewRecord
from providers.models import ProviderAccount

PAGE = 50
CAP = 1000
COUNT_SECONDS = 5
CHOICES_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the queue page."""

    slug: str
    label: str
    sql: str
    """Condition on ``compliance_case c``; ``%(person)s`` and ``%(now)s`` may be used."""
    order: str = "open"
    for_managers: bool = False


_IN_QUEUE = "c.status = 'in_review' AND c.queue = '{}'"
TABS: tuple[Tab, ...] = (
    *(Tab(queue.value.replace("_", "-"), queue.label, _IN_QUEUE.format(queue.value)) for queue in Queue),
    Tab("approvals", "Approvals", "c.status = 'awaiting_approval'", for_managers=True),
    Tab(
        "mine",
        "Mine",
        "c.id IN (SELECT k.case_id FROM compliance_claim k WHERE k.person_id = %(person)s AND k.until > %(now)s)",
    ),
    Tab("overdue", "Overdue", "c.status IN ('in_review', 'awaiting_approval') AND c.due_at < %(now)s"),
    Tab("open", "All open", "c.status IN ('in_review', 'awaiting_approval')"),
    Tab("waiting", "Waiting", "c.status = 'waiting'", order="opened"),
    Tab("decided", "Decided", "c.status = 'decided'", order="decided"),
)
TAB_OF: dict[str, Tab] = {tab.slug: tab for tab in TABS}
AGES: dict[str, timedelta] = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a list, all of it from the URL. Unknown names and values are dropped, never passed on."""

    provider: str = ""
    kind: str = ""
    country: str = ""
    group: str = ""
    code: str = ""
    account: str = ""
    environment: str = ""
    age: str = ""
    """At most this old: ``day``, ``week``, ``month``."""
    assignee: str = ""
    """``me``, ``nobody``."""

    @property
    def facets(self) -> tuple[str, ...]:
        """The filters that a case carries as facets."""
        prefixes = (
            ("p", self.provider),
            ("k", self.kind),
            ("c", self.country),
            ("g", self.group),
            ("r", self.code),
            ("a", self.account),
            ("e", self.environment),
        )
        return tuple(f"{prefix}:{value}" for prefix, value in prefixes if value)

    @property
    def any(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.facets or self.age or self.assignee)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMark:
    """One small mark in a row: what kind of check, with which outcome."""

    kind: str
    outcome: str
    """An outcome, or ``unreadable``."""
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a list; everything is text or ready to be shown, so that the template has no work to do."""

    id: int
    label: str
    """``KYC-12``."""
    name: str = field(repr=False)
    external_id: str
    environment: str
    is_live: bool
    status: str
    queue: str
    mark: str
    """Which outcome mark stands before the reason: an outcome, ``unreadable`` or ``awaiting_approval``."""
    why_head: str
    why: str
    checks: tuple[CheckMark, ...]
    """At most three."""
    more_checks: int
    country: str
    age: str
    due: str
    """``in 5 h``, ``3 h overdue``; empty when nothing is due."""
    due_state: str
    """``is-overdue``, ``is-soon`` or empty."""
    due_at: datetime | None
    group: str
    """Set on the first row of a group that explains the order, such as ``Fraud or deceased``."""
    group_icon: str
    group_says: str
    holder: str
    """Who has taken it, ``You``, or empty."""
    holder_initials: str
    holder_until: str
    is_mine: bool
    decided: str
    """For decided cases: ``Approved by Dana Whitfield``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of rows with the way to its neighbours."""

    rows: tuple[Row, ...]
    older: str
    """Cursor of the next page, empty at the end."""
    newer: str
    """Cursor of the page before, empty at the start."""
    version: str
    """Changes when any of the rows changes."""
    count: int | None = None
    """Capped count of the whole list under its filters; None where nothing narrows the tab, whose own count holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabCount:
    """A tab with its count in words."""

    slug: str
    label: str
    count: str
    """``128``, ``1,000+``, or empty where it was not counted."""
    is_here: bool
    is_alarming: bool


# --- the queue ----------------------------------------------------------------------------------------------------

_ORDERS = {
    "open": ("(c.priority * -1)", "c.due_at", "c.id"),
    "opened": ("c.opened_at", "c.id"),
    "decided": ("c.decided_at", "c.id"),
}
_NEWEST_FIRST = frozenset({"decided", "opened"})
_ROWS = """
    SELECT c.id, c.environment, c.status, c.queue, c.priority, c.due_at, c.why_head, c.why, c.checks_summary, c.country,
           c.outcome, c.opened_at, c.entered_queue_at, c.decided_at, c.question, a.full_name, a.external_id,
           k.person_id, k.until, h.first_name, h.last_name, h.username,
           d.verdict, u.first_name, u.last_name, u.username, {total}
    FROM compliance_case c
    JOIN compliance_applicant a ON a.id = c.applicant_id
    LEFT JOIN compliance_claim k ON k.case_id = c.id AND k.until > %(now)s
    LEFT JOIN compliance_user h ON h.id = k.user_id
    LEFT JOIN compliance_decision d ON d.id = c.decision_id
    LEFT JOIN compliance_user u ON u.id = d.by_id
    WHERE {conditions}
    ORDER BY {order} LIMIT %(limit)s
"""
_GROUPS: dict[int, tuple[str, str, str]] = {
    Priority.ESCALATED: ("Escalated", "flag", "a colleague asked for a decision"),
    Priority.GRAVE: ("Fraud or deceased", "alert-triangle", "before the rest, whatever their due time"),
    Priority.RECHECK: ("Recheck", "refresh", "a decided case that a later report contradicts"),
    Priority.NORMAL: ("The rest", "clock", "due first"),
}


def conditions_of(tab: Tab, filters: Filters, *, now: datetime) -> tuple[str, dict[str, Any]]:
    """SQL of what a tab shows under these filters, and its values."""
    parts = [tab.sql]
    values: dict[str, Any] = {"now": now}
    if filters.facets:
        parts.append("c.facets @> %(facets)s::varchar[]")
        values["facets"] = list(filters.facets)
    if filters.age in AGES:
        parts.append("c.opened_at > %(youngest)s")
        values["youngest"] = now - AGES[filters.age]
    if filters.assignee == "me":
        parts.append(TAB_OF["mine"].sql)
    if filters.assignee == "nobody":
        parts.append("NOT EXISTS (SELECT 1 FROM compliance_claim k WHERE k.case_id = c.id AND k.until > %(now)s)")
    return " AND ".join(f"({part})" for part in parts), values


def queue_page(tab: Tab, filters: Filters, *, person_id: int, cursor: str = "", backwards: bool = False) -> Page:
    """One page of a tab, by keyset; ``cursor`` comes from a page's ``older`` or ``newer``."""
    now = timezone.now()
    where, values = conditions_of(tab, filters, now=now)
    total = _capped(where) if filters.any else "NULL"
    columns = _ORDERS[tab.order]
    descending = (tab.order in _NEWEST_FIRST) != backwards
    if key := _key_of(cursor):
        names = [f"key{position}" for position in range(3)][-len(columns) :]
        marks = ", ".join(f"%({name})s" for name in names)
        where += f" AND ({', '.join(columns)}) {'<' if descending else '>'} ({marks})"
        values |= dict(zip(names, key[-len(columns) :], strict=True))
    order = ", ".join(f"{column} {'DESC' if descending else 'ASC'}" for column in columns)
    values |= {"person": person_id, "limit": PAGE + 1}
    with connection.cursor() as database:
        database.execute(_ROWS.format(conditions=where, order=order, total=total), values)
        found = database.fetchall()
    if key and not found:
        # Everything beyond the cursor has left the list: its beginning says more than an empty page.
        return queue_page(tab, filters, person_id=person_id)
    more = len(found) > PAGE
    found = found[:PAGE]
    if backwards:
        found.reverse()
    page = _page(found, tab, person_id, more=more, cursor=cursor, backwards=backwards, now=now)
    return replace(page, count=found[0][-1] if found else 0) if filters.any else page


def _page(
    found: Sequence[Any], tab: Tab, person_id: int, *, more: bool, cursor: str, backwards: bool, now: datetime
) -> Page:
    rows = tuple(
        _row(values, tab, person_id, before, now=now) for values, before in zip(found, [None, *found], strict=False)
    )
    older = more if not backwards else True
    newer = bool(cursor) if not backwards else more
    told = [(row.id, row.status, row.due, row.why_head, row.why, row.holder, row.checks) for row in rows]
    return Page(
        rows=rows,
        older=_cursor_of(found[-1], tab) if found and older else "",
        newer=_cursor_of(found[0], tab) if found and newer else "",
        version=hashlib.sha256(repr(told).encode()).hexdigest()[:16],
    )


def version_of(page: Page, counts: Mapping[str, int]) -> str:
    """Changes when rows or counts change: polling answers 204 while it stays."""
    return hashlib.sha256(repr((page.version, page.count, sorted(counts.items()))).encode()).hexdigest()[:16]


def _cursor_of(values: Any, tab: Tab) -> str:
    second = {"open": values[5], "opened": values[11], "decided": values[13]}[tab.order]
    first = -values[4] if tab.order == "open" else 0
    text = json.dumps([first, second.isoformat(), values[0]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _key_of(cursor: str) -> tuple[int, datetime, int] | None:
    """The keyset of a cursor; None for an empty or unreadable one, which shows the first page."""
    try:
        first, second, third = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(second)
        key = int(first), moment.astimezone(UTC), int(third)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return key if abs(key[2]) < 2**62 and abs(key[0]) < 100 and moment.tzinfo else None


def _row(values: Any, tab: Tab, person_id: int, before: Any, *, now: datetime) -> Row:
    (
        number, environment, status, queue, priority, due_at, why_head, why, checks, country, outcome, opened_at,
        _entered, decided_at, _question, name, external_id, holder_person, until, *names, verdict,
        by_first, by_last, by_username, _total,
    ) = values  # fmt: skip
    checks = json.loads(checks)  # a bare cursor hands jsonb over as text
    group = _GROUPS[priority] if tab.order == "open" and (before is None or before[4] != priority) else ("", "", "")
    due, due_state = due_words(due_at, now=now)
    holder = _name(*names) if until else ""
    is_mine = bool(until) and holder_person == person_id
    return Row(
        id=number,
        label=f"KYC-{number}",
        name=name,
        external_id=external_id,
        environment=environment,
        is_live=environment == Environment.LIVE,
        status=status,
        queue=queue,
        mark=_mark(status, queue, outcome, verdict),
        why_head=why_head,
        why=why,
        checks=tuple(CheckMark(kind=kind, outcome=said, provider=provider) for kind, said, provider in checks[:3]),
        more_checks=max(0, len(checks) - 3),
        country=country,
        age=span_words(now - opened_at),
        due=due,
        due_state=due_state,
        due_at=due_at,
        group=group[0],
        group_icon=group[1],
        group_says=group[2],
        holder="You" if is_mine else holder,
        holder_initials=initials(holder),
        holder_until=f"{timezone.localtime(until):%H:%M}" if until else "",
        is_mine=is_mine,
        decided=_decided(status, verdict, _name(by_first, by_last, by_username), decided_at, now=now),
    )


def _mark(status: str, queue: str, outcome: str, verdict: str | None) -> str:
    if status == CaseStatus.AWAITING_APPROVAL:
        return CaseStatus.AWAITING_APPROVAL.value
    if status == CaseStatus.DECIDED:
        return {"approve": "approved", "reject": "declined"}.get(verdict or "", "closed")
    if queue and outcome == "approved":
        # Every check passed, and yet it waits for a person: not the mark of what is done.
        return "manual_review"
    return "unreadable" if queue == Queue.UNREADABLE else outcome or "pending"


def _decided(status: str, verdict: str | None, by: str, at: datetime | None, *, now: datetime) -> str:
    if status != CaseStatus.DECIDED or verdict is None or at is None:
        return ""
    word = {DecisionVerdict.APPROVE: "Approved", DecisionVerdict.REJECT: "Rejected", DecisionVerdict.VOID: "Closed"}
    return f"{word.get(DecisionVerdict(verdict), 'Decided')} by {by or 'the system'}, {span_words(now - at)} ago"


def _name(first: str | None, last: str | None, username: str | None) -> str:
    return f"{first or ''} {last or ''}".strip() or username or ""


def due_words(due_at: datetime | None, *, now: datetime) -> tuple[str, str]:
    """When something falls due in words, and its state: ``is-overdue``, ``is-soon`` (within an hour) or empty."""
    if due_at is None:
        return "", ""
    left = due_at - now
    if left <= timedelta(0):
        return f"{span_words(left)} overdue", "is-overdue"
    return f"in {span_words(left)}", "is-soon" if left < timedelta(hours=1) else ""


# The pieces of SQL that are put together here are this module's own; what people send goes in as values.
def _capped(where: str) -> str:
    return f"(SELECT count(*) FROM (SELECT 1 FROM compliance_case c WHERE {where} LIMIT {CAP + 1}) capped)"


_FAILING = f"""(SELECT count(*) FROM (
    SELECT 1 FROM compliance_accountstate s JOIN providers_provideraccount a ON a.id = s.account_id
    WHERE s.health <> 'ok' AND a.paused_at IS NULL LIMIT {CAP + 1}) capped)"""


def count_words(count: int) -> str:
    """A capped count: ``1,000+`` above the cap."""
    return f"{CAP:,}+" if count > CAP else f"{count:,}"


def all_counts(*, person_id: int) -> dict[str, int]:
    """Tab -> capped count, and ``failing`` -> accounts that cannot be read: one statement, kept for five seconds."""
    memory = caches["memory"]
    key = f"tab-counts:{person_id}"
    if (found := memory.get(key)) is not None:
        return dict(found)
    with connection.cursor() as database:
        database.execute(_all_counts_sql(), _count_values(person_id))
        counts = dict(zip((*(tab.slug for tab in TABS), "failing"), database.fetchone(), strict=True))
    memory.set(key, counts, COUNT_SECONDS)
    return counts


def _all_counts_sql() -> str:
    return f"SELECT {', '.join(_capped(tab.sql) for tab in TABS)}, {_FAILING}"


def _count_values(person_id: int) -> dict[str, Any]:
    return {"person": person_id, "now": timezone.now()}


def count_statements(*, person_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Every count that the queue page may run, for looking at their plans."""
    filtered = Filters(provider="bank131", age="week")
    where, values = conditions_of(TAB_OF["open"], filtered, now=timezone.now())
    return [
        (_all_counts_sql(), _count_values(person_id)),
        (f"SELECT {_capped(where)}", values | _count_values(person_id)),
    ]


def next_due() -> datetime | None:
    """When the next case anywhere falls due."""
    with connection.cursor() as database:
        database.execute(
            "SELECT due_at FROM compliance_case WHERE status IN ('in_review', 'awaiting_approval') "
            "ORDER BY (priority * -1), due_at, id LIMIT 1"
        )
        row = database.fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Where a case stands in its list."""

    position: int
    previous: int | None
    next: int | None


def neighbours(number: int, tab: Tab, filters: Filters, *, person_id: int, look: int = 200) -> Neighbours | None:
    """The cases before and after this one in the list the person came from, among its first two hundred."""
    now = timezone.now()
    where, values = conditions_of(tab, filters, now=now)
    direction = "DESC" if tab.order in _NEWEST_FIRST else "ASC"
    order = ", ".join(f"{column} {direction}" for column in _ORDERS[tab.order])
    with connection.cursor() as database:
        database.execute(
            f"SELECT c.id FROM compliance_case c WHERE {where} ORDER BY {order} LIMIT %(limit)s",
            values | {"person": person_id, "limit": look},
        )
        ids = [row[0] for row in database.fetchall()]
    if number not in ids:
        return None
    place = ids.index(number)
    return Neighbours(
        position=place + 1,
        previous=ids[place - 1] if place else None,
        next=ids[place + 1] if place + 1 < len(ids) else None,
    )


def has_seen(number: int, *, user_id: int, session: str) -> bool:
    """Whether this sign-in has opened the case, by the records of views."""
    return ViewRecord.objects.filter(case_id=number, user_id=user_id, session=session, what="case").exists()


def has_played(document: Document, *, user_id: int, session: str, within: timedelta) -> bool:
    """Whether this sign-in has begun to play the video within that time, by the records of views."""
    of_case = ViewRecord.objects.filter(case_id=document.case_id, at__gte=timezone.now() - within)
    return of_case.filter(document=document, user_id=user_id, session=session, what="video").exists()


# --- search --------------------------------------------------------------------------------------------------------


def find_exactly(text: str) -> list[int]:
    """Numbers of the cases that this external id, case or provider reference, or number names exactly, at most 20."""
    text = text.strip()
    if not text or "\x00" in text:
        return []
    number = text.upper().removeprefix("KYC-")
    with connection.cursor() as database:
        database.execute(
            """
            (SELECT c.id FROM compliance_case c WHERE c.id = %(number)s)
            UNION (SELECT c.id FROM compliance_case c JOIN compliance_applicant a ON a.id = c.applicant_id
                   WHERE a.external_id = %(text)s LIMIT 20)
            UNION (SELECT c.id FROM compliance_case c WHERE c.reference = %(text)s LIMIT 20)
            UNION (SELECT k.case_id FROM compliance_check k WHERE k.reference = %(text)s LIMIT 20)
            ORDER BY 1 DESC LIMIT 20
            """,
            {"text": text, "number": int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0},
        )
        return [row[0] for row in database.fetchall()]


def rows_of(numbers: Sequence[int], *, person_id: int) -> tuple[Row, ...]:
    """These cases as rows, newest first."""
    tab = Tab("found", "Found", "c.id = ANY(%(numbers)s)", order="opened")
    now = timezone.now()
    values: dict[str, Any] = {"numbers": list(numbers), "now": now, "person": person_id, "limit": PAGE}
    with connection.cursor() as database:
        database.execute(_ROWS.format(conditions=tab.sql, order="c.id DESC", total="NULL"), values)
        found = database.fetchall()
    return tuple(_row(row, tab, person_id, None, now=now) for row in found)


def case_version(number: int) -> str:
    """Changes with every event of the case, and when the time of whoever took it runs out, which is no event."""
    taken = Claim.objects.filter(case=OuterRef("pk"), until__gt=timezone.now())
    found = Case.objects.filter(pk=number).annotate(is_taken=Exists(taken)).values_list("event_seq", "is_taken").first()
    return f"{found[0]}{'-taken' if found[1] else ''}" if found else ""


def policy_table() -> dict[tuple[str, str, str], Ruling]:
    """(outcome, provider verdict, decision verdict) -> the ruling that an admin made stricter."""
    rows = PolicyRule.objects.values_list("outcome", "provider_verdict", "verdict", "ruling")
    return {(outcome, said, verdict): Ruling(ruling) for outcome, said, verdict, ruling in rows}


# --- one check, for the command line -------------------------------------------------------------------------------


def account_health(account: ProviderAccount) -> str:
    """``ok``, ``failing``, ``blocked`` or ``paused``."""
    return "paused" if account.paused_at else account.state.health


def check_as_data(account: str, reference: str, *, kind: str = "") -> dict[str, Any]:
    """One check in plain words. Raises ``InvalidInput`` when there is none, or several and no kind was named."""
    found = Check.objects.filter(account__name=account, reference=reference)
    found = found.filter(kind=kind) if kind else found
    checks = list(found.select_related("sync", "account__state", "case", "data_key")[:2])
    if not checks:
        raise InvalidInput("There is no such check.")
    if len(checks) > 1:
        raise InvalidInput("Several checks have this reference: name the kind.")
    check = checks[0]
    return {
        "account": check.account.name,
        "reference": check.reference,
        "kind": check.kind,
        "status": check.status_word,
        "outcome": check.outcome,
        "provider_verdict": check.provider_verdict,
        "reasons": [{"code": reason["code"], "summary": reason["summary"]} for reason in check.reasons],
        "facts": check.facts,
        "sync_state": check.sync.state,
        "sync_error": check.sync.fault_detail,
        "account_state": account_health(check.account),
        "followed_reference": check.followed_reference,
        "attempts": check.attempts,
        "reports": check.report_count,
        "last_read_at": check.sync.last_read_at,
        "case": {
            "number": check.case.number,
            "status": check.case.status,
            "queue": check.case.queue,
            "outcome": check.case.outcome,
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the filters offer that only the database knows."""

    accounts: dict[str, str]
    """Account id -> name."""
    countries: tuple[str, ...]


_CHOICES = """
    WITH RECURSIVE steps AS (
        (SELECT country FROM compliance_applicant WHERE country > '' ORDER BY country LIMIT 1)
        UNION ALL
        SELECT (SELECT a.country FROM compliance_applicant a WHERE a.country > steps.country
                ORDER BY a.country LIMIT 1) FROM steps WHERE steps.country IS NOT NULL
    )
    SELECT (SELECT coalesce(json_object_agg(id, name), '{}') FROM providers_provideraccount),
           (SELECT coalesce(json_agg(country), '[]')
            FROM (SELECT country FROM steps WHERE country IS NOT NULL LIMIT 300) told)
"""


def choices() -> Choices:
    """Accounts and countries, from indexes alone and kept for a minute: never DISTINCT over cases."""
    memory = caches["memory"]
    if (found := memory.get("filter-choices")) is None:
        with connection.cursor() as database:
            database.execute(_CHOICES)
            accounts, countries = (json.loads(part) if isinstance(part, str) else part for part in database.fetchone())
        found = Choices(accounts=accounts, countries=tuple(countries))
        memory.set("filter-choices", found, CHOICES_SECONDS)
    return found
