"""Provider clients: the only place that calls a provider. Each account has one token store and one HTTP session.

Nothing here runs inside a transaction: a call may take half a minute.
"""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from compliance.models import AccountToken
from providers import (
    READ,
    Connection,
    CredentialsRefused,
    Detail,
    Lease,
    Provider,
    Session,
    Token,
    connect,
    provider_class,
    spend,
)
from providers.models import ProviderAccount
from providers.vault import Undecipherable


class PostgresTokenStore:
    """An account's token as one row with an owner and a deadline; no lock is held across a call."""

    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id

    def read(self) -> Token | None:
        """The stored token, fresh or not."""
        row = AccountToken.objects.filter(account_id=self.account_id).first()
        if row is None or not row.value or row.expires_at is None or isinstance(row.value, Undecipherable):
            return None
        return Token(value=row.value, expires_at=row.expires_at)

    @transaction.atomic
    def lease(self, seconds: float) -> Lease | None:
        """The right to fetch a token, or None while another holds it."""
        AccountToken.objects.bulk_create([AccountToken(account_id=self.account_id)], ignore_conflicts=True)
        row = AccountToken.objects.select_for_update().get(account_id=self.account_id)
        now = timezone.now()
        if row.owned_until and row.owned_until > now:
            return None
        row.owner = secrets.token_hex(16)
        row.owned_until = now + timedelta(seconds=seconds)
        row.save(update_fields=("owner", "owned_until"))
        return Lease(owner=row.owner, until=row.owned_until)

    @transaction.atomic
    def write(self, token: Token, lease: Lease) -> bool:
        """Store the token and release the lease; False when another process has the lease."""
        row = AccountToken.objects.select_for_update().filter(account_id=self.account_id, owner=lease.owner).first()
        if row is None:
            return False
        row.value, row.expires_at, row.owner, row.owned_until = token.value, token.expires_at, "", None
        row.save(update_fields=("value", "expires_at", "owner", "owned_until"))
        return True

    def release(self, lease: Lease) -> None:
        """Release the lease without a token."""
        AccountToken.objects.filter(account_id=self.account_id, owner=lease.owner).update(owner="", owned_until=None)


def forget_token(account: ProviderAccount) -> None:
    """Drop the stored token: the credentials have changed."""
    AccountToken.objects.filter(account=account).delete()


_sessions: dict[UUID, tuple[str, Session]] = {}
_sessions_lock = threading.Lock()


def _session(account: ProviderAccount, hosts: frozenset[str]) -> Session:
    """The account's session in this process; a new one when base URL or hosts have changed."""
    key = f"{account.base_url} {sorted(hosts)}"
    with _sessions_lock:
        if _sessions.get(account.pk, ("",))[0] != key:
            plain_hosts = frozenset(settings.PROVIDER_EXTRA_HOSTS)
            _sessions[account.pk] = key, Session(allowed_hosts=hosts, plain_hosts=plain_hosts)
        return _sessions[account.pk][1]


def client(account: ProviderAccount, *, before_call: Callable[[], None] | None = None) -> Provider:
    """A client for the account; ``before_call`` is called before each of its calls.

    Raises: ``KeyError`` for an unregistered provider; ``CredentialsRefused`` for credentials that cannot be decrypted.
    """
    if isinstance(account.credentials, Undecipherable):
        action = "Enter the credentials again."
        raise CredentialsRefused(
            account.provider, Detail("The stored credentials cannot be decrypted.", admin_action=action)
        )
    cls = provider_class(account.provider)
    official = frozenset(cls.official_hosts.get(account.environment, ()))
    signs_in = frozenset(cls.sign_in_hosts(account.environment, account.settings))
    evidence_hosts = frozenset(account.evidence_hosts) | frozenset(settings.PROVIDER_EXTRA_HOSTS)
    session = _session(account, official | frozenset(account.evidence_hosts) | signs_in)
    return connect(
        account.provider,
        Connection(
            base_url=account.base_url.rstrip("/"),
            environment=account.environment,
            credentials=account.credentials,
            settings=account.settings,
            tokens=PostgresTokenStore(account.pk),
            session=session.paced(before_call) if before_call else session,
            evidence_hosts=evidence_hosts | official,
        ),
    )


def test_connection(account: ProviderAccount, reference: str = "") -> str:
    """Test the account and return a sentence on what worked. Raises ``ProviderError``."""
    with spend(READ):
        return client(account).test_connection(reference)


@contextmanager
def fresh_sessions() -> Iterator[None]:
    """Close all sessions at the end, for commands and tests."""
    try:
        yield
    finally:
        with _sessions_lock:
            for _, session in _sessions.values():
                session.close()
            _sessions.clear()
