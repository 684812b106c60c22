"""Other cases with the same file, a similar selfie, the same document number, or birth date and the same or a similar
name."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from compliance.evidence.perceptual_hash import MATCHING_BANDS
from compliance.facts.identity_keys import births
from compliance.facts.same_person import may_be_one_person
from compliance.facts.sources import sources_of
from compliance.labels import KIND_LABELS
from compliance.models import Case, Check
from compliance.queries.corrections import earlier_declarations
from providers import EvidenceKind
from providers.vault import Erased

MOST_HINTS = 5
MOST_FOUND = 60
MOST_SELFIES = 6
MOST_CANDIDATES = 300
"""Cases whose names are compared; one takes about two milliseconds."""

_OWN = """
    SELECT d.kind, b.digest_index, b.likeness
    FROM compliance_document d JOIN compliance_blob b ON b.id = d.blob_id
    WHERE d.case_id = %(case)s AND d.state = 'copied' ORDER BY d.created_at DESC, d.id
"""
_NOT_DISTINCT = """NOT EXISTS (SELECT FROM compliance_distinctapplicants pair
    WHERE pair.first_id = least(c.applicant_id, %(applicant)s::uuid)
      AND pair.second_id = greatest(c.applicant_id, %(applicant)s::uuid))"""
"""Two people have not said that the applicants are different persons."""
_ELSEWHERE = """
    SELECT d.case_id, c.applicant_id = %(applicant)s, {is_same} AS is_same, b.digest_index
    FROM compliance_blob b
    JOIN compliance_document d ON d.blob_id = b.id AND d.state = 'copied'
    JOIN compliance_case c ON c.id = d.case_id
    WHERE ({which}) AND b.case_id <> %(case)s AND c.environment = %(environment)s AND {not_distinct}
"""
_SAME = "b.digest_index = ANY(%(digests)s)"
# Documents of one country, and their portraits, are similar for all applicants: only selfies are compared.
_ALIKE = "({conditions}) AND d.kind = 'selfie' AND b.digest_index <> ALL(%(digests)s)"
_SHARES = """(b.likeness && %({name})s::varchar[]
    AND (SELECT count(*) FROM unnest(b.likeness) band WHERE band = ANY(%({name})s)) >= %(equal)s)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Another case with the same file or a similar selfie."""

    number: int
    kinds: tuple[str, ...]
    """Kinds of the files in this case."""
    is_same: bool
    """The same bytes; else a similar selfie."""
    is_same_applicant: bool


def cases_with_same_files(case: Case) -> tuple[Hint, ...]:
    """At most ``MOST_HINTS`` other cases of this environment with a file of this case or a similar selfie.

    Ordered by: other applicants first, same bytes first, newest first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OWN, {"case": case.pk})
        own = [(kind, bytes(digest), list(bands)) for kind, digest, bands in cursor.fetchall()]
        if not own:
            return ()
        statement, given = search_statement(case, own)
        cursor.execute(statement, given)
        found = cursor.fetchall()
    kind_of = {digest: kind for kind, digest, _ in own}
    cases: dict[tuple[bool, bool, int], set[str]] = {}
    for number, is_same_applicant, is_same, digest in found:
        kind = kind_of[bytes(digest)] if is_same else EvidenceKind.SELFIE
        cases.setdefault((is_same_applicant, not is_same, -number), set()).add(kind)
    hints: dict[int, Hint] = {}
    for (is_same_applicant, only_alike, minus_number), kinds in sorted(cases.items()):
        number = -minus_number
        hints.setdefault(
            number,
            Hint(
                number=number,
                kinds=tuple(kind for kind in KIND_LABELS if kind in kinds),
                is_same=not only_alike,
                is_same_applicant=is_same_applicant,
            ),
        )
    return tuple(hints.values())[:MOST_HINTS]


def search_statement(case: Case, own: Sequence[tuple[str, bytes, list[str]]]) -> tuple[str, dict[str, Any]]:
    """The statement that finds other cases, and its parameters.

    ``own`` has kind, digest index and hash bands of each file of this case.
    """
    selfies = [bands for kind, _, bands in own if kind == EvidenceKind.SELFIE and len(bands) >= MATCHING_BANDS]
    shares = {f"bands{place}": bands for place, bands in enumerate(selfies[:MOST_SELFIES])}
    conditions = " OR ".join(_SHARES.format(name=name) for name in shares)
    given: dict[str, Any] = {
        "case": case.pk,
        "applicant": case.applicant_id,
        "environment": case.environment,
        "digests": [digest for _, digest, _ in own],
        "equal": MATCHING_BANDS,
        "limit": MOST_FOUND,
    }
    selects = [_ELSEWHERE.format(is_same="TRUE", which=_SAME, not_distinct=_NOT_DISTINCT)]
    if shares:
        which = _ALIKE.format(conditions=conditions)
        selects.append(_ELSEWHERE.format(is_same="FALSE", which=which, not_distinct=_NOT_DISTINCT))
    bounded = " UNION ALL ".join(f"({part} ORDER BY d.case_id DESC LIMIT %(limit)s)" for part in selects)
    return f"SELECT * FROM ({bounded}) AS found ORDER BY is_same DESC, case_id DESC", given | shares  # noqa: S608  # constants of this file


_WITH_SAME_KEY = f"""
    FROM compliance_identitykey own
    JOIN compliance_identitykey other
      ON other.value = own.value AND other.kind = own.kind AND other.environment = own.environment
    JOIN compliance_case c ON c.id = other.case_id
    WHERE own.case_id = %(case)s AND c.applicant_id <> %(applicant)s AND {_NOT_DISTINCT}
"""
_SAME_KEYS = f"""
    SELECT max(other.case_id) AS number, min(other.kind) {_WITH_SAME_KEY} AND own.kind <> 'name_word'
    GROUP BY c.applicant_id ORDER BY number DESC LIMIT %(limit)s
"""
_SHARED_WORDS = f"""
    SELECT other.case_id {_WITH_SAME_KEY} AND own.kind = 'name_word' AND NOT EXISTS (
        SELECT FROM compliance_identitykey mine
        JOIN compliance_identitykey theirs ON theirs.value = mine.value AND theirs.kind = mine.kind
        WHERE mine.case_id = own.case_id AND theirs.case_id = other.case_id AND mine.kind <> 'name_word')
    GROUP BY other.case_id ORDER BY count(*) DESC, other.case_id DESC LIMIT %(limit)s
"""  # noqa: S608  # constants of this file


def cases_with_same_keys(case: Case) -> list[tuple[int, str]]:
    """The newest case of each other applicant with an identity key of this case, and the kind of key; newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_SAME_KEYS, {"case": case.pk, "applicant": case.applicant_id, "limit": MOST_HINTS})
        return list(cursor.fetchall())


def cases_with_similar_names(case: Case) -> list[int]:
    """The newest case of each other applicant with a birth date of this case and another spelling of the name, without
    those that are known to be the same person.

    At most ``MOST_CANDIDATES`` cases are compared, those that share the most words first, so that a common date with a
    common word needs a second shared word.
    """
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"case": case.pk, "applicant": case.applicant_id, "limit": MOST_CANDIDATES}
        cursor.execute(_SHARED_WORDS, given)
        numbers = [number for (number,) in cursor.fetchall()]
    if not numbers:
        return []
    stated = _births_of([case.pk, *numbers])
    own = stated.pop(case.pk, (case, frozenset()))[1]
    newest: dict[UUID, int] = {}
    for number, (other, known) in sorted(stated.items()):
        if any(day == born and may_be_one_person(name, theirs) for day, name in own for born, theirs in known):
            newest[other.applicant_id] = number
    return list(newest.values())


def _births_of(numbers: Sequence[int]) -> dict[int, tuple[Case, frozenset[tuple[date, str]]]]:
    """Number -> the case, and birth date with name as its sources state them; none of an erased applicant."""
    cases = list(Case.objects.filter(pk__in=numbers).select_related("applicant"))
    checks: dict[int, list[Check]] = {number: [] for number in numbers}
    for check in Check.objects.filter(case_id__in=numbers).order_by("created_at", "pk"):
        checks[check.case_id].append(check)
    earlier = earlier_declarations(cases)
    found = {}
    for case in cases:
        with suppress(Erased):
            sources = sources_of(case, checks[case.pk], earlier=earlier[case.applicant_id])
            found[case.pk] = case, frozenset(birth for source in sources for birth in births(source))
    return found
