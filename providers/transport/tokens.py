"""One fetch of a token for all waiting callers, with a store that all processes share.

The store is a protocol, so that this module needs no database: PostgreSQL rows in the product, a dictionary in a test.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from providers.contract.errors import ProviderUnavailable

LEASE_SECONDS = 45.0
"""Longer than the 30 s that a token request may last: a lease that outlives the call prevents a second fetch."""
_WAIT_STEP = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer secret with its end."""

    value: str = field(repr=False)
    expires_at: datetime
    """Aware. Callers subtract their margin first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to fetch, held by one caller until it ends; ``owner`` makes the release checkable."""

    owner: str
    until: datetime


class TokenStore(Protocol):
    """The store of an account's token. Every method is one short transaction; none is held across a call."""

    def read(self) -> Token | None:
        """The stored token, fresh or not."""

    def lease(self, seconds: float) -> Lease | None:
        """The right to fetch a new token, or None while another caller holds it."""

    def write(self, token: Token, lease: Lease) -> bool:
        """Store and release the lease. False, and nothing stored, when another caller has the lease."""

    def release(self, lease: Lease) -> None:
        """Release the lease without a token."""


def current_token(
    store: TokenStore,
    fetch: Callable[[], Token],
    *,
    provider: str,
    refused: str = "",
    wait_seconds: float = 35.0,
) -> Token:
    """A valid token: the stored one, or a new one that exactly one of all waiting callers fetches.

    ``refused`` is the value that the provider has just refused: the stored token counts only if it is another one.
    Raises: the errors of ``fetch``; ProviderUnavailable when the fetch of another caller did not end in time.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        if token := _usable(store.read(), refused):
            return token
        if lease := store.lease(LEASE_SECONDS):
            return _fetch_under(lease, store, fetch, refused)
        if time.monotonic() >= deadline:
            raise ProviderUnavailable(provider, "Another worker's sign-in did not end in time.")
        time.sleep(_WAIT_STEP)


def _usable(token: Token | None, refused: str) -> Token | None:
    if token is None or token.value == refused or token.expires_at <= datetime.now(UTC) + timedelta(seconds=5):
        return None
    return token


def _fetch_under(lease: Lease, store: TokenStore, fetch: Callable[[], Token], refused: str) -> Token:
    try:
        # Another caller may have stored one between our read and our lease.
        if token := _usable(store.read(), refused):
            store.release(lease)
            return token
        token = fetch()
    except BaseException:
        store.release(lease)
        raise
    store.write(token, lease)
    return token
