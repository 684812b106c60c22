"""Many cases in a queue, made by the real actions: the answers of a provider are stored in one batch."""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from compliance.actions import claims, decisions
from compliance.enums import DecisionVerdict
from compliance.models import Case, Check, User
from compliance.sync import reads
from providers import Kind, Subject
from providers.bank131.parse import parse
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.views.provider_answers import answer_of

_references = itertools.count(4_000_000)
PASSPORT = {"status": "error", "error": {"code": "passport_validation_failure", "description": "No match"}}
RETRY = {"status": "error", "error": {"code": "inn_validation_failure", "description": "Other person"}}
UNKNOWN = {"status": "rejected"}
PASSED = {"status": "ok", "data": {"description": "valid"}}
PENDING = {"status": "pending"}


def cases_with_answers(account: ProviderAccount, answers: Sequence[Any], **declared: Any) -> list[Case]:
    """One case with a check for each answer of Bank131."""
    checks: list[Check] = []
    cases = []
    for answer in answers:
        check = factories.add_check(factories.make_case(**declared), account, str(next(_references)))
        subject = Subject(kind=Kind.DATABASE, reference=check.reference)
        cases.append(answer_of(check, partial(parse, answer, subject)))
        checks.append(check)
    reads.store(cases, reads.Counts())
    found = Case.objects.in_bulk([check.case_id for check in checks])
    return [found[check.case_id] for check in checks]


def decided(case: Case, by: User, verdict: DecisionVerdict = DecisionVerdict.REJECT, reason: str = "REJ-01") -> Case:
    """The case after this person has claimed and decided it."""
    claims.claim(case.pk, by=by)
    decisions.decide(case.pk, by=by, request=factories.decision_request(case, verdict, reason))
    case.refresh_from_db()
    return case


def due_together(found: Sequence[Case]) -> None:
    """Give all cases the same due time."""
    Case.objects.filter(pk__in=[case.pk for case in found]).update(due_at=timezone.now() + timedelta(hours=3))
