"""Choices of the filters that are read from the database."""

import json
from dataclasses import dataclass

from django.core.cache import caches
from django.db import connection

CACHE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterChoices:
    accounts: dict[str, str]
    """Account id -> name."""
    countries: tuple[str, ...]


# A recursive walk over the index, because DISTINCT would read every case.
_CHOICES = """
    WITH RECURSIVE steps AS (
        (SELECT country FROM compliance_applicant WHERE country > '' ORDER BY country LIMIT 1)
        UNION ALL
        SELECT (SELECT a.country FROM compliance_applicant a WHERE a.country > steps.country
                ORDER BY a.country LIMIT 1) FROM steps WHERE steps.country IS NOT NULL
    )
    SELECT (SELECT coalesce(json_object_agg(id, name), '{}') FROM providers_provideraccount),
           (SELECT coalesce(json_agg(country), '[]')
            FROM (SELECT country FROM steps WHERE country IS NOT NULL LIMIT 300) found)
"""


def filter_choices() -> FilterChoices:
    """All accounts and the countries of all applicants, cached for ``CACHE_SECONDS``."""
    cache = caches["memory"]
    if (found := cache.get("filter-choices")) is None:
        with connection.cursor() as cursor:
            cursor.execute(_CHOICES)
            accounts, countries = (json.loads(part) if isinstance(part, str) else part for part in cursor.fetchone())
        found = FilterChoices(accounts=accounts, countries=tuple(countries))
        cache.set("filter-choices", found, CACHE_SECONDS)
    return found
