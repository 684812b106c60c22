"""Opening many cases at once: applicants, cases, checks and events of new applicants, in a few statements."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Upper
from django.utils import timezone

from compliance import audit
from compliance.actions.cases import ROUTED_FIELDS, RoutingPolicy, complete, route_cases
from compliance.actions.checks import event_data, sync_of_new
from compliance.actions.references import reference_problem, spellings
from compliance.actions.typed_values import refuse_hidden_characters
from compliance.enums import EventType
from compliance.errors import InvalidInput
from compliance.facts.sources import DECLARED
from compliance.models import Applicant, Case, Check, CheckSync, Event, User
from providers.models import ProviderAccount
from providers.vault import DataKey


@dataclass(slots=True, kw_only=True)
class Opening:
    """A case to open with its first check."""

    applicant: Applicant = field(repr=False)
    """A new row with what is declared."""
    account: ProviderAccount
    case_reference: str
    """Empty for the applicant's id."""
    kind: str
    reference: str
    settings: Mapping[str, Any]
    submitted_at: datetime | None

    def names(self) -> Iterator[tuple[str, ...]]:
        """What no other case may have: applicant id, case reference, and every spelling of the check's reference."""
        environment, external_id = self.account.environment, self.applicant.external_id
        yield "applicant", environment, external_id
        yield "case", environment, self.case_reference or external_id
        for spelling in spellings(self.account, self.kind, self.reference):
            yield "check", self.account.provider, environment, self.kind, spelling.upper()


def open_new(openings: Sequence[Opening], *, by: User | None) -> list[bool]:
    """Open the cases whose applicant, case reference and check are new; for each, whether it was opened.

    The rest needs ``cases.open_case`` and ``checks.add_check``, which name what is wrong with it; so do all of them if
    somebody else opened one of them in the same moment.
    """
    if by is not None and not by.has_perm("compliance.open_case"):
        return [False] * len(openings)
    fresh = _fresh(openings)
    try:
        with transaction.atomic():
            _write([one for one, is_fresh in zip(openings, fresh, strict=True) if is_fresh], by=by)
    except IntegrityError:
        return [False] * len(openings)
    return fresh


def _fresh(openings: Sequence[Opening]) -> list[bool]:
    readable = [_is_readable(one) for one in openings]
    names = [set(one.names()) if can_read else set() for one, can_read in zip(openings, readable, strict=True)]
    taken = _stored(openings, set().union(*names))
    fresh = []
    for own in names:
        fresh.append(bool(own) and taken.isdisjoint(own))
        taken |= own
    return fresh


def _is_readable(one: Opening) -> bool:
    """Whether the values may be declared and the reference can be read. Letters of other alphabets have no capitals
    on which Python and PostgreSQL agree."""
    try:
        refuse_hidden_characters({name: getattr(one.applicant, name) for name in DECLARED})
    except InvalidInput:
        return False
    is_plain = one.reference.isascii() and one.reference == one.reference.strip()
    return is_plain and reference_problem(one.account, one.kind, one.reference, one.settings) is None


def _stored(openings: Sequence[Opening], names: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """The names of stored rows among those of the openings."""
    ids = [one.applicant.external_id for one in openings]
    references = [one.case_reference or one.applicant.external_id for one in openings]
    capitals = {name[-1] for name in names if name[0] == "check"}
    where = {"environment__in": {one.account.environment for one in openings}}
    applicants = Applicant.objects.filter(external_id__in=ids, **where).values_list("environment", "external_id")
    cases = Case.objects.filter(reference__in=references, **where).values_list("environment", "reference")
    checks = Check.objects.annotate(capitals=Upper("reference")).filter(capitals__in=capitals)
    return {
        *(("applicant", *row) for row in applicants),
        *(("case", *row) for row in cases),
        *(("check", *row) for row in checks.values_list("provider", "environment", "kind", "capitals")),
    }


def _write(openings: Sequence[Opening], *, by: User | None) -> None:
    if not openings:
        return
    now = timezone.now()
    cases, checks = _create_cases(openings), []
    for one, case in zip(openings, cases, strict=True):
        check = Check(
            case=case,
            data_key=case.applicant.data_key,
            account=one.account,
            provider=one.account.provider,
            kind=one.kind,
            reference=one.reference,
            settings=dict(one.settings),
            submitted_at=one.submitted_at,
        )
        checks.append(check)
    Check.objects.bulk_create(checks)
    CheckSync.objects.bulk_create([sync_of_new(check, now=now) for check in checks])
    _route(cases, checks, list(_events(checks, by=by)), now=now)


def _route(cases: Sequence[Case], checks: Sequence[Check], events: Sequence[Event], *, now: datetime) -> None:
    """Route new cases and save what that changed: one statement for all cases that it changed alike, because
    ``bulk_update`` of every column takes longer than everything else."""
    before = [_routed(case) for case in cases]
    of_case = {case.pk: [check] for case, check in zip(cases, checks, strict=True)}
    audit.record_batch([*events, *route_cases(cases, of_case, RoutingPolicy.read(), now=now)])
    alike: dict[str, tuple[dict[str, Any], list[int]]] = {}
    for case, old in zip(cases, before, strict=True):
        changed = {name: value for name, value in _routed(case).items() if value != old[name]}
        alike.setdefault(repr(changed), (changed, []))[1].append(case.pk)
    for changed, numbers in alike.values():
        if changed:
            Case.objects.filter(pk__in=numbers).update(**changed)


def _routed(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in ROUTED_FIELDS}


def _create_cases(openings: Iterable[Opening]) -> list[Case]:
    cases = []
    for one in openings:
        applicant = one.applicant
        applicant.environment = one.account.environment
        complete(applicant)
        reference = one.case_reference or applicant.external_id
        cases.append(
            Case(applicant=applicant, environment=applicant.environment, reference=reference, country=applicant.country)
        )
    DataKey.objects.bulk_create([case.applicant.data_key for case in cases])
    Applicant.objects.bulk_create([case.applicant for case in cases])
    return Case.objects.bulk_create(cases)


def _events(checks: Iterable[Check], *, by: User | None) -> Iterator[Event]:
    for check in checks:
        data = {"environment": check.case.environment}
        yield Event(type=EventType.CASE_OPENED, case=check.case, actor=by, data=data)
        yield Event(type=EventType.CHECK_ADDED, case=check.case, actor=by, data=event_data(check))
