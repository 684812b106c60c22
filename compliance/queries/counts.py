"""Counts of the tabs, and when the next case is due."""

from datetime import datetime

from django.core.cache import caches
from django.db import connection
from django.utils import timezone

from compliance.queries.tabs import TABS

CAP = 1000
CACHE_SECONDS = 5


def capped(where: str) -> str:
    """SQL that counts cases up to one above the cap. ``where`` is SQL of this package, never text of a request."""
    return f"(SELECT count(*) FROM (SELECT 1 FROM compliance_case c WHERE {where} LIMIT {CAP + 1}) capped)"


_FAILING = f"""(SELECT count(*) FROM (
    SELECT 1 FROM compliance_accountstate s JOIN providers_provideraccount a ON a.id = s.account_id
    WHERE s.health <> 'ok' AND a.paused_at IS NULL LIMIT {CAP + 1}) capped)"""


def count_label(count: int) -> str:
    """A capped count: ``1,000+`` above the cap."""
    return f"{CAP:,}+" if count > CAP else f"{count:,}"


def tab_counts(*, person_id: int, environment: str) -> dict[str, int]:
    """Tab -> capped count, and ``failing`` -> failing accounts: one statement, cached for ``CACHE_SECONDS``."""
    cache = caches["memory"]
    key = f"tab-counts:{environment}:{person_id}"
    if (found := cache.get(key)) is not None:
        return dict(found)
    counted = ", ".join([*(capped(f"c.environment = %(environment)s AND ({tab.sql})") for tab in TABS), _FAILING])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counted}", {"person": person_id, "now": timezone.now(), "environment": environment})
        counts = dict(zip((*(tab.slug for tab in TABS), "failing"), cursor.fetchone(), strict=True))
    cache.set(key, counts, CACHE_SECONDS)
    return counts


def next_due(environment: str) -> datetime | None:
    """The earliest due time of all open cases of an environment, by priority first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT due_at FROM compliance_case WHERE environment = %s "
            "AND status IN ('in_review', 'awaiting_approval') ORDER BY (priority * -1), due_at, id LIMIT 1",
            [environment],
        )
        row = cursor.fetchone()
    return row[0] if row else None
