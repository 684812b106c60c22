"""Checks: adding, replacing and correcting them, and asking for a read."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from compliance import audit
from compliance.actions.cases import lock, route_and_save
from compliance.actions.references import reference_problem, refuse_other_letter_case, spellings
from compliance.enums import EventType, SyncState
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import Case, Check, CheckSync, User
from compliance.routing import permissions
from compliance.sync.schedule import why_not_fetch
from providers import provider_class
from providers.models import ProviderAccount
from providers.vault import Undecipherable


def add_check(
    case_id: int,
    *,
    by: User | None,
    account: ProviderAccount,
    kind: str,
    reference: str,
    settings: Mapping[str, Any] | None = None,
    submitted_at: datetime | None = None,
    is_opening: bool = False,
) -> tuple[Check, bool]:
    """The check of this reference in this case, created and due where it is new, and whether it was created.

    ``is_opening``: the same form has opened the case; later additions are recorded as entered by the person.

    Raises: ``InvalidInput`` for a reference that cannot be read, or that belongs to another case; ``NotAllowed``.
    """
    reference = _readable(account, kind, reference, settings or {})
    with transaction.atomic():
        case = lock(case_id)
        if by is not None and (refusal := permissions.why_not_edit(by, case)):
            raise NotAllowed(refusal)
        if found := _same_check(case, account, kind, reference):
            return found, False
        check = Check(
            case=case,
            data_key_id=case.applicant.data_key_id,
            account=account,
            provider=account.provider,
            kind=kind,
            reference=reference,
            settings=dict(settings or {}),
            submitted_at=submitted_at,
            entered_by_id=by.person_id if by and not is_opening else None,
        )
        _insert(check)
        audit.record(EventType.CHECK_ADDED, case=case, by=by, **event_data(check))
        _supersede_after_retry(case, check, by=by)
        route_and_save(case)
    return check, True


def _same_check(case: Case, account: ProviderAccount, kind: str, reference: str) -> Check | None:
    if case.environment != account.environment:
        raise InvalidInput(
            f"The account belongs to {account.environment}, the case to {case.environment}.", field="account"
        )
    found = list(_of_reference(account, kind, reference))
    if not found:
        refuse_other_letter_case(account, kind, reference)
    mine = next((check for check in found if check.case_id == case.pk), None)
    if found and not mine:
        raise InvalidInput(f"This reference belongs to case KYC-{found[0].case_id}.", field="reference")
    return mine


def _of_reference(account: ProviderAccount, kind: str, reference: str) -> QuerySet[Check]:
    """The checks of this reference in any spelling, through any account of the provider.

    More than one only from earlier releases.
    """
    same = spellings(account, kind, reference)
    return Check.objects.filter(
        provider=account.provider, environment=account.environment, kind=kind, reference__in=same
    ).order_by("created_at", "pk")


def _insert(check: Check) -> None:
    """Store a new check with its due time."""
    try:
        with transaction.atomic():
            check.save(force_insert=True)
    except IntegrityError:
        raise InvalidInput("Another case got this reference a moment ago.", field="reference") from None
    sync_of_new(check, now=timezone.now()).save(force_insert=True)


def sync_of_new(check: Check, *, now: datetime) -> CheckSync:
    """The polling state of a new check with its due time; not stored yet."""
    wait = timedelta(seconds=provider_class(check.provider).first_read_seconds)
    # Without a submission time its age is unknown: read at once.
    due = max(now, check.submitted_at + wait) if check.submitted_at else now
    return CheckSync(check_row=check, account=check.account, next_read_at=due)


def _supersede_after_retry(case: Case, check: Check, *, by: User | None) -> None:
    """Replace the earlier checks of the kind when a retry was requested: the new check is its answer."""
    if not case.retry_until or case.retry_until <= timezone.now():
        return
    for old in Check.objects.filter(case=case, kind=check.kind, superseded_by__isnull=True).exclude(pk=check.pk):
        _supersede(case, old, check, by=by)


def _supersede(case: Case, old: Check, new: Check, *, by: User | None) -> None:
    """Replace a check. A negative or unknown result weighs on, see ``routing.history``."""
    old.superseded_by = new
    old.save(update_fields=("superseded_by",))
    # With a higher fencing number the answer of a read under way is refused.
    CheckSync.objects.filter(pk=old.pk).update(
        state=SyncState.FINAL,
        next_read_at=None,
        leased_until=None,
        fault="",
        fault_detail="",
        fault_admin_action="",
        fence=F("fence") + 1,
    )
    audit.record(EventType.CHECK_REPLACED, case=case, by=by, check=str(old.pk), replaced_by=str(new.pk), kind=old.kind)


@transaction.atomic
def replace_check(
    check_id: UUID,
    *,
    by: User,
    reason: str,
    account: ProviderAccount,
    reference: str,
    settings: Mapping[str, Any] | None = None,
) -> Check:
    """Replace a check by a new one. The old one stays on the case, marked as superseded.

    Raises: ``NotAllowed``, ``InvalidInput``.
    """
    old = Check.objects.get(pk=check_id)
    case = lock(old.case_id)
    if refusal := permissions.why_not_edit(by, case):
        raise NotAllowed(refusal)
    if old.superseded_by_id:
        raise InvalidInput("This check has been replaced already.")
    check, made = add_check(case.pk, by=by, account=account, kind=old.kind, reference=reference, settings=settings)
    if not made:
        raise InvalidInput("That reference is a check of this case already.", field="reference")
    case = lock(case.pk)
    old.refresh_from_db()
    if old.superseded_by_id is None:
        _supersede(case, old, check, by=by)
    audit.record(EventType.CHECK_CORRECTED, case=case, by=by, check=str(old.pk), what="replaced", reason=reason)
    route_and_save(case)
    return check


@transaction.atomic
def correct_check(
    check_id: UUID, *, by: User, reason: str, reference: str | None = None, settings: Mapping[str, Any] | None = None
) -> Check:
    """Correct reference or settings of a check that was never read, and make it due.

    Raises: ``NotAllowed``, ``InvalidInput``.
    """
    check = Check.objects.select_related("account").get(pk=check_id)
    case = lock(check.case_id)
    check = Check.objects.select_for_update(of=("self",), no_key=True).select_related("account").get(pk=check_id)
    if refusal := permissions.why_not_edit(by, case):
        raise NotAllowed(refusal)
    if check.report_count:
        raise InvalidInput("This check has a report. Add a new check or replace it, so that the report stays correct.")
    reference = reference if reference is not None else check.reference
    if not settings and isinstance(check.settings, Undecipherable):
        raise InvalidInput("The stored settings cannot be decrypted. Enter them again.", field="settings")
    new_settings = dict(settings if settings is not None else check.settings)
    reference = _readable(check.account, check.kind, reference, new_settings)
    if _of_reference(check.account, check.kind, reference).exclude(pk=check.pk).exists():
        raise InvalidInput("Another check has this reference already.", field="reference")
    new = {"reference": reference, "settings": new_settings}
    changed = [name for name, value in new.items() if value != getattr(check, name)]
    before = check.reference
    check.reference, check.settings, check.entered_by_id = reference, new_settings, by.person_id
    check.save(update_fields=("reference", "settings", "entered_by"))
    _make_due(check.pk, now=timezone.now(), abandon=True)
    audit.record(
        EventType.CHECK_CORRECTED,
        case=case,
        by=by,
        check=str(check.pk),
        what=", ".join(changed),
        before=before,
        after=reference,
        reason=reason,
    )
    route_and_save(case)
    return check


@transaction.atomic
def request_read(check_id: UUID, *, by: User) -> CheckSync:
    """Make a check due now, ahead of its poll interval, but not ahead of a pause that the provider requested.

    Raises: ``NotAllowed``, ``InvalidInput``.
    """
    check = Check.objects.get(pk=check_id)
    case = lock(check.case_id)
    if not by.has_perm("compliance.review_case"):
        raise NotAllowed("Your role does not include refreshing checks.")
    if check.superseded_by_id:
        raise InvalidInput("This check was replaced. Refresh the new check.")
    if refusal := why_not_fetch(check.account):
        raise NotAllowed(refusal)
    now = timezone.now()
    _make_due(check.pk, now=now)
    CheckSync.objects.filter(pk=check.pk).update(refresh_requested_at=now)
    audit.record(EventType.READ_REQUESTED, case=case, by=by, **event_data(check))
    route_and_save(case)
    return CheckSync.objects.get(pk=check.pk)


def _make_due(check_id: UUID, *, now: datetime, abandon: bool = False) -> None:
    """Make a check due. With ``abandon`` the answer of a read under way is refused: its request is outdated."""
    sync = CheckSync.objects.select_for_update().get(pk=check_id)
    sync.next_read_at, sync.attempts = now, 0
    if abandon:
        sync.fence += 1
        sync.leased_until = None
    if abandon or sync.state in (SyncState.BLOCKED, SyncState.FINAL):
        sync.state, sync.failures, sync.failing_since = SyncState.SCHEDULED, 0, None
        sync.fault = sync.fault_detail = sync.fault_admin_action = ""
    sync.save()


def _readable(account: ProviderAccount, kind: str, reference: str, settings: Mapping[str, Any]) -> str:
    """The reference without blanks at its ends. Raises ``InvalidInput`` for one that cannot be read."""
    reference = reference.strip()
    if problem := reference_problem(account, kind, reference, settings):
        raise InvalidInput(problem, field="reference")
    return reference


def event_data(check: Check) -> dict[str, str]:
    """The check as events name it, see ``events.CheckData``."""
    return {"check": str(check.pk), "provider": check.provider, "kind": check.kind, "reference": check.reference}
