"""Findings of cases: found anew whenever a report or declaration has changed, and resolved by people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from compliance.enums import EventType, FindingState
from compliance.facts import conflicts
from compliance.facts.identity_keys import identity_texts
from compliance.facts.missing_data import is_without_data
from compliance.facts.sources import Earlier, sources_of
from compliance.models import Case, Check, Event, Finding, IdentityKey, ReasonCode, User
from compliance.models.finding import ABOUT_OTHER_CASES, CURRENT_STATES
from compliance.queries.corrections import earlier_declarations
from compliance.routing.outcomes import current_checks
from providers.vault import blind_index, can_encrypt, fingerprint


class Draft(NamedTuple):
    """A finding that is not stored yet."""

    kind: str
    about: str
    detail: Mapping[str, Any]

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.kind, self.about, json.dumps(self.detail, sort_keys=True)


def draft_of(row: Finding) -> Draft:
    """The content of a stored finding."""
    return Draft(row.kind, row.about, row.detail)


@dataclass(slots=True)
class Refreshed:
    """Current findings by case, and the events to be written."""

    findings: dict[int, list[Finding]]
    events: list[Event]


def refresh(cases: Iterable[Case], checks: Mapping[int, Sequence[Check]], *, now: datetime) -> Refreshed:
    """Compare the sources of locked cases and store what changed: new findings, ended ones, and identity keys.

    ``checks`` are all checks of each case. A resolution ends with a change of its sources.
    """
    by_case = {case.pk: case for case in cases}
    current = current_findings(by_case)
    today = timezone.localdate(now)
    earlier = earlier_declarations(by_case.values())
    change = Change(now=now)
    for pk, case in by_case.items():
        active = current_checks(checks[pk])
        before = earlier[case.applicant_id]
        found = conflicts.found(case, active, today=today, earlier=before)
        drafts = [Draft(one.kind, one.about, one.detail) for one in found]
        compared = [row for row in current[pk] if row.kind not in ABOUT_OTHER_CASES]
        drafts += [draft_of(row) for row in compared if is_without_data(row, case, active)]
        change.add(case, compared, drafts, versions=versions_of(case, active))
    change.save()
    store_keys(by_case.values(), checks, earlier)
    return Refreshed(current_findings(by_case) if change.is_any else current, change.events)


def current_findings(case_ids: Iterable[int]) -> dict[int, list[Finding]]:
    """Case id -> its open and resolved findings, the most urgent first."""
    found: dict[int, list[Finding]] = {case_id: [] for case_id in case_ids}
    rows = Finding.objects.filter(case_id__in=found.keys(), state__in=CURRENT_STATES)
    for row in sorted(rows, key=lambda row: row.rank):
        found[row.case_id].append(row)
    return found


class Change:
    """Differences between stored findings and drafts, collected for one statement each."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        self._new: list[Finding] = []
        self._ended: list[Finding] = []
        self.events: list[Event] = []

    @property
    def is_any(self) -> bool:
        return bool(self._new or self._ended)

    def add(self, case: Case, rows: Sequence[Finding], drafts: Iterable[Draft], *, versions: Mapping[str, Any]) -> None:
        """End the rows that are not among the drafts, or whose sources have changed since a person resolved them."""
        wanted = {draft.identity: draft for draft in drafts}
        kept = set()
        for row in rows:
            identity = draft_of(row).identity
            is_same = row.state == FindingState.OPEN or row.versions == _used(row.detail, versions)
            if identity in wanted and is_same and identity not in kept:
                kept.add(identity)
                continue
            self._end(case, row, is_found=identity in wanted)
        for identity, draft in wanted.items():
            if identity not in kept:
                self._new.append(_row(case, draft, now=self._now))

    def _end(self, case: Case, row: Finding, *, is_found: bool) -> None:
        if row.state == FindingState.RESOLVED and is_found:
            data = {"finding": str(row.pk), "kind": row.kind, "about": row.about}
            self.events.append(Event(type=EventType.FINDING_REOPENED, case=case, data=data))
        self._ended.append(row)

    def save(self) -> None:
        if self._ended:
            ended = Finding.objects.filter(pk__in=[row.pk for row in self._ended])
            ended.update(state=FindingState.ENDED, ended_at=self._now)
        # Without a usable key no row can be stored; the live values block approvals, see ``routing.automatic``.
        Finding.objects.bulk_create([row for row in self._new if can_encrypt(row.data_key_id)])


def resolve_row(row: Finding, case: Case, checks: Sequence[Check], *, by: User, reason: ReasonCode, note: str) -> None:
    """Mark a finding of a locked case as resolved, bound to the present state of its sources."""
    row.state, row.resolved_at = FindingState.RESOLVED, timezone.now()
    row.resolved_by, row.resolved_person_id = by, by.person_id
    row.reason, row.note = reason, note
    row.versions = _used(row.detail, versions_of(case, current_checks(checks)))
    row.save(update_fields=("state", "resolved_at", "resolved_by", "resolved_person", "reason", "note", "versions"))


def _row(case: Case, draft: Draft, *, now: datetime) -> Finding:
    return Finding(
        case=case,
        data_key_id=case.applicant.data_key_id,
        kind=draft.kind,
        about=draft.about,
        detail=dict(draft.detail),
        since_seq=case.report_seq,
        found_at=now,
    )


def versions_of(case: Case, checks: Iterable[Check]) -> dict[str, Any]:
    """Check id -> number of its newest report, and a fingerprint of what is declared."""
    declared = sources_of(case, ())
    text = json.dumps([sorted(source.facts.items()) for source in declared], sort_keys=True)
    return {str(check.pk): check.report_count for check in checks} | {"declared": fingerprint(text)}


def _used(detail: Mapping[str, Any], versions: Mapping[str, Any]) -> dict[str, Any]:
    """The versions of the sources that a finding names."""
    text = json.dumps(detail)
    return {key: version for key, version in versions.items() if key in text}


def store_keys(
    cases: Iterable[Case], checks: Mapping[int, Sequence[Check]], earlier: Mapping[UUID, Sequence[Earlier]]
) -> None:
    """Store new identity keys of locked cases. A search for duplicates is due where another case has one of them.

    ``earlier`` is ``earlier_declarations`` of the cases.
    """
    by_case = {case.pk: case for case in cases}
    rows = IdentityKey.objects.filter(case_id__in=by_case.keys()).values_list("case_id", "kind", "value")
    known = {(pk, kind, bytes(value)) for pk, kind, value in rows}
    new = {}
    for pk, case in by_case.items():
        for source in sources_of(case, checks[pk], earlier=earlier[case.applicant_id]):
            for kind, text in identity_texts(source):
                key = (pk, kind.value, blind_index(f"identity/{kind.value}", text))
                if key not in known:
                    new[key] = IdentityKey(case=case, environment=case.environment, kind=kind, value=key[2])
    if not new:
        return
    IdentityKey.objects.bulk_create(new.values())
    shared = IdentityKey.objects.filter(value__in={value for _, _, value in new}).values_list("case_id", "value")
    holders: dict[bytes, set[int]] = {}
    for pk, value in shared:
        holders.setdefault(bytes(value), set()).add(pk)
    for pk, _, value in new:
        by_case[pk].duplicates_due |= holders[value] != {pk}
