"""Choices of the filters of one tab, with the number of its cases for each."""

import json
from dataclasses import dataclass

from django.core.cache import caches
from django.db import connection
from django.utils import timezone

from compliance.queries.counts import CAP
from compliance.queries.tabs import AGES, NO_FILTERS, TAB_OF, UNCLAIMED, Tab, conditions_of

CACHE_SECONDS = 5
_ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterChoices:
    accounts: dict[str, str]
    """Account id -> name."""
    counts: dict[str, int]
    """Value of ``facets``, ``age:<age>`` or ``assignee:<assignee>`` -> its cases among the first of the tab."""
    is_capped: bool
    """The tab has more cases than are counted, so that each count is a lower bound."""


_CHOICES = """
    SELECT (SELECT coalesce(json_object_agg(id, name), '{{}}')
            FROM (SELECT id, name FROM providers_provideraccount ORDER BY name LIMIT 300) accounts),
           (SELECT coalesce(json_object_agg(facet, number), '{{}}') FROM (
                SELECT facet, count(*) AS number FROM (
                    SELECT unnest(facets || '{all}'::varchar || further) AS facet FROM (
                        SELECT c.facets, array_remove(ARRAY[{further}], NULL) AS further
                        FROM compliance_case c WHERE {where} LIMIT {limit}
                    ) listed
                ) found GROUP BY facet
           ) counted)
"""


def filter_choices(tab: Tab, *, person_id: int, environment: str) -> FilterChoices:
    """All accounts, and the counts of the tab without filters: one statement, cached for ``CACHE_SECONDS``."""
    cache = caches["memory"]
    key = f"filter-choices:{environment}:{tab.slug}:{person_id}"
    if (found := cache.get(key)) is None:
        found = _read(tab, person_id=person_id, environment=environment)
        cache.set(key, found, CACHE_SECONDS)
    return found


def _read(tab: Tab, *, person_id: int, environment: str) -> FilterChoices:
    now = timezone.now()
    where, values = conditions_of(tab, NO_FILTERS, now=now)
    conditions = {f"age:{age}": f"c.opened_at > %(age_{age})s" for age in AGES}
    conditions |= {"assignee:me": TAB_OF["mine"].sql, "assignee:nobody": UNCLAIMED}
    further = ", ".join(f"CASE WHEN {sql} THEN '{facet}'::varchar END" for facet, sql in conditions.items())
    sql = _CHOICES.format(
        all=_ALL, further=further, where=f"c.environment = %(environment)s AND {where}", limit=CAP + 1
    )
    values |= {"person": person_id, "environment": environment}
    values |= {f"age_{age}": now - span for age, span in AGES.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        accounts, counts = (json.loads(part) if isinstance(part, str) else part for part in cursor.fetchone())
    return FilterChoices(accounts=accounts, counts=counts, is_capped=counts.pop(_ALL, 0) > CAP)
