"""Search for cases: by number, external ID, reference and e-mail, by document number, by birth date and name, by name.

In stages, until enough is found: exact values and beginnings; keyed indexes; parts of words of the name; words with one
edit or in another romanisation. Everything is of one environment.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from compliance.enums import IdentityKeyKind
from compliance.facts import countries, dates, numbers
from compliance.facts.identity_keys import document_key
from compliance.facts.same_person import word_keys
from compliance.facts.search_words import LONGEST_WORD, forms_of, keys_of, match, words_of
from compliance.models import Case, CaseVisit
from providers.vault import blind_index

MOST_FOUND = 20
LONGEST = 200
"""Characters of a search."""
SECONDS = 1.0
"""For each statement of a search; it then ends with what was found."""
_CANDIDATES = 1000
"""Applicants that a statement reads; of their cases the newest ``_COMPARED`` are compared."""
_COMPARED = 200
_SHORTEST_PREFIX = 2
_CASE_NUMBER = re.compile(r"(?:kyc)?[\s#-]*0*([1-9][0-9]{0,16})", re.IGNORECASE | re.ASCII)
_MOST_DATE_WORDS = 3

_BY_IDENTIFIER = """
    (SELECT c.id, 0 FROM compliance_case c WHERE c.id = %(number)s AND c.environment = %(environment)s)
    UNION ALL
    (SELECT c.id, (lower(a.external_id) <> lower(%(text)s))::int
     FROM compliance_applicant a JOIN compliance_case c ON c.applicant_id = a.id
     WHERE lower(a.external_id) LIKE lower(%(prefix)s) AND a.environment = %(environment)s
     ORDER BY lower(a.external_id) USING ~<~ LIMIT %(limit)s)
    UNION ALL
    (SELECT c.id, (lower(c.reference) <> lower(%(text)s))::int FROM compliance_case c
     WHERE lower(c.reference) LIKE lower(%(prefix)s) AND c.environment = %(environment)s
     ORDER BY lower(c.reference) USING ~<~ LIMIT %(limit)s)
    UNION ALL
    (SELECT c.id, (lower(a.email) <> lower(%(text)s))::int
     FROM compliance_applicant a JOIN compliance_case c ON c.applicant_id = a.id
     WHERE lower(a.email) LIKE lower(%(prefix)s) AND a.environment = %(environment)s
     ORDER BY lower(a.email) USING ~<~ LIMIT %(limit)s)
    UNION ALL
    (SELECT c.id, (upper(k.reference) <> upper(%(text)s))::int
     FROM compliance_check k JOIN compliance_case c ON c.id = k.case_id
     WHERE upper(k.reference) LIKE upper(%(prefix)s) AND c.environment = %(environment)s
     ORDER BY upper(k.reference) USING ~<~ LIMIT %(limit)s)
"""
"""Equal values are the first of those with this beginning."""
_BY_KEY = """
    SELECT c.id, a.full_name FROM compliance_identitykey k
    JOIN compliance_case c ON c.id = k.case_id JOIN compliance_applicant a ON a.id = c.applicant_id
    WHERE k.value = ANY(%(keys)s) AND k.environment = %(environment)s
    ORDER BY c.id DESC LIMIT %(limit)s
"""
_BY_NAME = """
    SELECT c.id, a.full_name FROM (
        SELECT id, full_name FROM compliance_applicant
        WHERE environment = %(environment)s AND {conditions} LIMIT %(candidates)s
    ) a JOIN compliance_case c ON c.applicant_id = a.id
    ORDER BY c.id DESC LIMIT %(limit)s
"""


class Found(NamedTuple):
    """The cases of a search."""

    numbers: tuple[int, ...] = ()
    """The best first, at most ``MOST_FOUND``."""
    is_exact: bool = False
    """Whether the first one has exactly this number, external ID, reference or e-mail, and no other has."""
    is_whole: bool = True
    """Whether the search ended in time."""


class _Search:
    """One search under way."""

    def __init__(self, environment: str, limit: int) -> None:
        self.environment, self.limit = environment, limit
        self.numbers: dict[int, None] = {}
        self.exact = 0

    def rows(self, sql: str, **values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"environment": self.environment, **values})
            return cursor.fetchall()

    def add(self, numbers: Iterable[int]) -> None:
        self.numbers |= dict.fromkeys(numbers)


def search(text: str, *, environment: str, limit: int = MOST_FOUND) -> Found:
    """Cases of an environment that a text finds."""
    text = " ".join(text.replace("\x00", " ").split())[:LONGEST]
    found, is_whole = _Search(environment, limit), True
    if text:
        try:
            with transaction.atomic(), _statement_timeout():
                for stage in (_identifiers, _identity_keys, _parts_of_names, _similar_names):
                    if len(found.numbers) < limit:
                        stage(text, found)
        except OperationalError as fault:
            if not isinstance(fault.__cause__, QueryCanceled):
                raise
            is_whole = False
    return Found(tuple(found.numbers)[:limit], found.exact == 1, is_whole)


@contextmanager
def _statement_timeout() -> Iterator[None]:
    """``SECONDS`` for each statement of this transaction; a transaction around it gets its own limit back."""
    set_to = "SELECT set_config('statement_timeout', %s, true)"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        (before,) = cursor.fetchone()
        cursor.execute(set_to, [str(round(SECONDS * 1000))])
        yield
        cursor.execute(set_to, [before])


def case_number(text: str) -> int:
    """The case number of ``KYC-9``, ``kyc9``, ``#9`` or ``9``; 0 for anything else."""
    found = _CASE_NUMBER.fullmatch(text.strip())
    return int(found[1]) if found else 0


def case_elsewhere(text: str, *, environment: str) -> Case | None:
    """The case of another environment with this number."""
    number = case_number(text)
    return (
        Case.objects.only("environment").exclude(environment=environment).filter(pk=number).first() if number else None
    )


def recent_cases(person_id: int, *, environment: str, limit: int) -> tuple[int, ...]:
    """The cases of an environment that a person opened last, the last one first."""
    visits = CaseVisit.objects.filter(person=person_id, case__environment=environment).order_by("-seen_at")
    return tuple(visits.values_list("case_id", flat=True)[:limit])


# --- stages -----------------------------------------------------------------------------------------------------------


def _identifiers(text: str, found: _Search) -> None:
    end = "%" if len(text) >= _SHORTEST_PREFIX else ""
    values = {"number": case_number(text), "text": text, "prefix": _escaped(text) + end, "limit": found.limit}
    rows = sorted(set(found.rows(_BY_IDENTIFIER, **values)), key=lambda row: (row[1], -row[0]))
    found.exact = len({number for number, is_other in rows if not is_other})
    found.add(number for number, _ in rows)


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _identity_keys(text: str, found: _Search) -> None:
    """Exact document numbers of any country; a birth date together with words of the name."""
    if keys := [blind_index(_purpose(IdentityKeyKind.DOCUMENT_NUMBER), key) for key in _document_keys(text)]:
        found.add(number for number, _ in found.rows(_BY_KEY, keys=keys, limit=found.limit))
    days, name = _days_and_name(text)
    keys = [blind_index(_purpose(IdentityKeyKind.NAME_WORD), f"{day} {key}") for day in days for key in word_keys(name)]
    if keys:
        found.add(_ranked(found.rows(_BY_KEY, keys=keys, limit=_COMPARED), words_of(name)))


def _purpose(kind: IdentityKeyKind) -> str:
    return f"identity/{kind.value}"


def _document_keys(text: str) -> set[str]:
    number = numbers.plain(text)
    if not any(map(str.isdigit, number)):
        return set()
    return {key for country in ("", *countries.alpha_2_codes()) if (key := document_key(number, country))}


def _days_and_name(text: str) -> tuple[set[str], str]:
    """The possible days of the first date in a text, ISO 8601, and the rest of the text."""
    words = text.split()
    for length in range(_MOST_DATE_WORDS, 0, -1):
        for at in range(len(words) - length + 1):
            if days := set(_days(" ".join(words[at : at + length]))):
                return days, " ".join(words[:at] + words[at + length :])
    return set(), text


def _days(text: str) -> Iterator[str]:
    for reading in dates.readings(text):
        if reading.is_whole:
            yield date(*map(int, reading.parts)).isoformat()


def _parts_of_names(text: str, found: _Search) -> None:
    """Names with all words of the search in them, in any order; a word of one or two letters begins one."""
    words = words_of(text)
    if len("".join(words)) < _SHORTEST_PREFIX:
        return
    patterns = [[_pattern(form) for form in forms_of(word)] or ["%"] for word in words]
    conditions = " AND ".join(f"search_text LIKE ANY(%(word{place})s)" for place in range(len(words)))
    values = {f"word{place}": several for place, several in enumerate(patterns)}
    _add_names(found, words, conditions, values)


def _pattern(form: str) -> str:
    return f"%{form[:LONGEST_WORD]}%" if len(form) > _SHORTEST_PREFIX else f"% {form}%"


def _similar_names(text: str, found: _Search) -> None:
    """Names in which each word of the search has a similar one."""
    words = words_of(text)
    if not words or len(max(words, key=len)) <= _SHORTEST_PREFIX:
        return
    conditions = " AND ".join(f"search_keys && %(word{place})s" for place in range(len(words)))
    values = {f"word{place}": sorted(keys_of(word)) for place, word in enumerate(words)}
    _add_names(found, words, conditions, values)


def _add_names(found: _Search, words: Sequence[str], conditions: str, values: Mapping[str, Any]) -> None:
    sql = _BY_NAME.format(conditions=conditions)
    found.add(_ranked(found.rows(sql, candidates=_CANDIDATES, limit=_COMPARED, **values), words))


def _ranked(rows: Iterable[tuple[int, str]], words: Sequence[str]) -> list[int]:
    """The cases whose names answer all words, the best and newest first."""
    matches = ((match(words, name), -number) for number, name in rows)
    return [-number for _, number in sorted((answer, number) for answer, number in matches if answer is not None)]
