"""The environment whose cases a person works on: lists, counts, search and claims never mix two."""

from django.core.cache import caches
from django.db import connection

from compliance.enums import Environment
from compliance.models import User

CACHE_SECONDS = 5
_FIRST_WITH_CASES = """
    SELECT name FROM unnest(%s::varchar[]) WITH ORDINALITY AS environments(name, place)
    WHERE EXISTS (SELECT 1 FROM compliance_case c WHERE c.environment = name) ORDER BY place LIMIT 1
"""


def environment_of(user: User) -> str:
    """The environment that the person chose last; before that Live, or the first one that has cases, as found within
    ``CACHE_SECONDS``."""
    if user.environment:
        return user.environment
    cache = caches["memory"]
    if (found := cache.get("environment")) is None:
        with connection.cursor() as cursor:
            cursor.execute(_FIRST_WITH_CASES, [list(Environment.values)])
            row = cursor.fetchone()
        if row is None:
            return Environment.LIVE.value  # not cached, so that the first case is seen at once
        found = row[0]
        cache.set("environment", found, CACHE_SECONDS)
    return str(found)
