"""Accounts at providers: creating, changing, pausing and testing them. Credentials are write-only.

All values are validated by ``providers.accounts.validation`` here too, not only in forms.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from compliance import audit
from compliance.enums import AccountHealth, DeskEventType, FaultArea
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import AccountState, User
from compliance.sync import provider_clients
from providers import provider_class
from providers.accounts import validation as account_rules
from providers.models import ProviderAccount
from providers.vault import Undecipherable, fingerprint

CHANGEABLE = (
    "name", "environment", "base_url", "settings", "evidence_hosts", "rate_per_second", "concurrency",
    "poll_interval_seconds",
)  # fmt: skip
REACH = frozenset({"environment", "base_url", "settings", "evidence_hosts"})
"""A change of these, or of credentials, may end a fault: the account is read again at once."""
NOBODY = "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """The result of a connection test, without ``area`` on success."""

    area: FaultArea | None = None
    sentence: str


def refusal(by: User | None, permission: str) -> str | None:
    """Why this user lacks the permission, or None. The command line (None) has every permission."""
    if by is None or (by.is_active and by.has_perm(f"providers.{permission}_provideraccount")):
        return None
    return "Your role does not include provider accounts."


@transaction.atomic
def create(
    *,
    by: User | None,
    provider: str,
    name: str,
    environment: str,
    base_url: str,
    credentials: account_rules.Credentials,
    **fields: Any,
) -> ProviderAccount:
    """Create an account; ``fields`` are others of ``CHANGEABLE``.

    Raises ``InvalidInput`` (``field`` as in ``account_rules.problems``) and ``NotAllowed``.
    """
    _allow(by, "add")
    values = {"name": name, "environment": environment, "base_url": base_url, **fields}
    account = ProviderAccount(provider=provider)
    _assign(account, values)
    account.credentials = {key: value for key, value in credentials.items() if value}
    _validate(account)
    _note_credentials(account, {}, by)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError:
        raise InvalidInput("There is an account of that name.", field="name") from None
    AccountState.objects.create(account=account)
    audit.record_desk(
        DeskEventType.ACCOUNT_CREATED,
        by=by,
        account=account.name,
        account_id=str(account.pk),
        provider=account.provider,
        environment=account.environment,
        base_url=account.base_url,
        credentials=dict(account.credential_fingerprints),
    )
    return account


@transaction.atomic
def change(
    account_id: UUID, *, by: User | None, credentials: account_rules.Credentials | None = None, **fields: Any
) -> ProviderAccount:
    """Change the given fields (of ``CHANGEABLE``); nothing is written or recorded when nothing differs.

    Blank credentials do not change the stored ones, None removes one; a complete set replaces all. A new host, token
    URL or environment needs credentials of its own.

    Raises: ``InvalidInput``, ``NotAllowed``.
    """
    account = _locked(account_id, by=by)
    if isinstance(account.credentials, Undecipherable) and not any((credentials or {}).values()):
        raise InvalidInput("The stored credentials cannot be decrypted. Enter them again.", field="credentials")
    before, secrets = copy(account), dict(account.credentials)
    _assign(account, fields)
    moved = account_rules.signs_in_elsewhere(before, account)
    account.credentials = account_rules.merged_credentials(
        account.provider, {} if moved else secrets, dict(credentials or {})
    )
    if moved and not account.credentials:
        raise InvalidInput(account_rules.GIVEN_FOR_ANOTHER, field="credentials")
    _validate(account)
    if account.environment != before.environment and (why_not := why_not_move(account)):
        raise InvalidInput(why_not, field="environment")
    changed = audit.changes(before, account, CHANGEABLE)
    if account.credentials != secrets:
        changed["credentials"] = _note_credentials(account, secrets, by)
    if changed:
        _store(account, changed, by)
    return account


def _store(account: ProviderAccount, changed: Mapping[str, Any], by: User | None) -> None:
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError:
        raise InvalidInput("There is an account of that name.", field="name") from None
    if "credentials" in changed or REACH & changed.keys():
        provider_clients.forget_token(account)
        _clear_fault(account)
    audit.record_desk(
        DeskEventType.ACCOUNT_CHANGED, by=by, account=account.name, account_id=str(account.pk), changed=dict(changed)
    )


def pause(account_id: UUID, *, by: User | None) -> ProviderAccount:
    """Stop reading this account until it is resumed. Its checks stay scheduled."""
    return _set_pause(account_id, timezone.now(), DeskEventType.ACCOUNT_PAUSED, by=by)


def resume(account_id: UUID, *, by: User | None) -> ProviderAccount:
    """Resume reading. Checks that became due during the pause are due now."""
    return _set_pause(account_id, None, DeskEventType.ACCOUNT_RESUMED, by=by)


@transaction.atomic
def _set_pause(
    account_id: UUID, paused_at: datetime | None, event: DeskEventType, *, by: User | None
) -> ProviderAccount:
    account = _locked(account_id, by=by)
    if (account.paused_at is None) != (paused_at is None):
        account.paused_at, account.paused_by = paused_at, _name(by) if paused_at else ""
        account.save(update_fields=("paused_at", "paused_by"))
        audit.record_desk(event, by=by, account=account.name, account_id=str(account.pk))
    return account


def why_not_move(account: ProviderAccount) -> str | None:
    """Why the environment of the account cannot change, or None."""
    return "The account has checks, so its environment cannot change." if account.checks.exists() else None


def why_not_test(account: ProviderAccount) -> str | None:
    """Why the connection cannot be tested now, or None. A pause requested by the provider holds for tests too."""
    state = AccountState.objects.filter(account=account).first()
    if state and state.throttled_until and state.throttled_until > timezone.now():
        return f"The provider asked for a pause until {state.throttled_until:%H:%M:%S} UTC."
    return None


@transaction.atomic
def record_test(account_id: UUID, *, by: User | None, result: TestResult) -> None:
    """Record the result of a test. Success ends the account's fault, so that its checks are read again at once."""
    account = _locked(account_id, by=by)
    audit.record_desk(
        DeskEventType.ACCOUNT_TESTED,
        by=by,
        account=account.name,
        account_id=str(account.pk),
        result=result.area or "ok",
        detail=result.sentence[:400],
    )
    if not result.area and _clear_fault(account, only_faulty=True):
        audit.record_desk(DeskEventType.ACCOUNT_RECOVERED, by=by, account=account.name)


def _clear_fault(account: ProviderAccount, *, only_faulty: bool = False) -> bool:
    """Reset the account's health. A new generation discards faults of calls under way; a requested pause remains."""
    states = AccountState.objects.filter(account=account)
    if only_faulty:
        states = states.exclude(health=AccountHealth.OK)
    changed = states.update(
        health=AccountHealth.OK,
        fault="",
        fault_detail="",
        fault_admin_action="",
        fault_since=None,
        failures=0,
        not_before=None,
        generation=F("generation") + 1,
    )
    return bool(changed)


def _locked(account_id: UUID, *, by: User | None) -> ProviderAccount:
    _allow(by, "change")
    return ProviderAccount.objects.select_for_update().get(pk=account_id)


def _allow(by: User | None, permission: str) -> None:
    if sentence := refusal(by, permission):
        raise NotAllowed(sentence)


def _assign(account: ProviderAccount, values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - set(CHANGEABLE))
    if unknown:
        raise InvalidInput(f"An account has no field {unknown[0][:60]}.", field=unknown[0])
    for name, value in values.items():
        setattr(account, name, value)
    account.base_url = account.base_url.strip().rstrip("/")
    if account.provider:
        account.settings = _settings_that_differ(account.provider, account.settings)


def _settings_that_differ(provider: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from the defaults, so that a new default reaches every account."""
    try:
        defaults = provider_class(provider).default_settings()
    except KeyError:
        return dict(given)
    return {name: value for name, value in given.items() if name not in defaults or defaults[name] != value}


def _validate(account: ProviderAccount) -> None:
    values = {name: getattr(account, name) for name in CHANGEABLE}
    draft = account_rules.Draft(provider=account.provider, credentials=account.credentials, **values)
    found = account_rules.problems(draft, extra_hosts=frozenset(django_settings.PROVIDER_EXTRA_HOSTS))
    for name, sentence in found.items():
        raise InvalidInput(sentence, field=name)


def _note_credentials(account: ProviderAccount, before: Mapping[str, str], by: User | None) -> dict[str, str]:
    """Set fingerprints, author and time, and return the fingerprints of changed ones, "removed" for removed ones."""
    account.credential_fingerprints = {name: fingerprint(value) for name, value in account.credentials.items()}
    account.credentials_changed_at, account.credentials_changed_by = timezone.now(), _name(by)
    return {
        name: account.credential_fingerprints.get(name, "removed")
        for name in {**account.credentials, **before}
        if account.credentials.get(name) != before.get(name)
    }


def _name(by: User | None) -> str:
    return by.label if by else NOBODY
