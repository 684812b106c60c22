"""IP address of the client, and the name that the lock-out counts."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from providers.vault import fingerprint


def client_address(request: HttpRequest) -> str:
    """The address that connected to our outermost proxy, else that of the peer.

    Each proxy appends the address that it saw, so only the last ``TRUSTED_PROXY_COUNT`` entries are trusted: the client
    may have written the others.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.TRUSTED_PROXY_COUNT:
        return peer
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return seen[-settings.TRUSTED_PROXY_COUNT] if len(seen) >= settings.TRUSTED_PROXY_COUNT else peer


def counted_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """A keyed fingerprint of the user name: people sometimes type their password there, which must not be stored."""
    given = request.POST if credentials is None else credentials
    return fingerprint(str(given.get("username", "")))
