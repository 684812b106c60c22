"""Who stands at the door: the address that a request came from, and the name that a lock-out counts."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from providers.vault import fingerprint


def client_address(request: HttpRequest) -> str:
    """The address of whoever spoke to the outermost proxy of ours, else of the peer itself.

    Each proxy appends the address that it saw, so only as many entries from the right are ours as there are proxies;
    what stands before them was written by the stranger.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.TRUSTED_PROXY_COUNT:
        return peer
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return seen[-settings.TRUSTED_PROXY_COUNT] if len(seen) >= settings.TRUSTED_PROXY_COUNT else peer


def counted_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """A keyed fingerprint of the name that was typed: enough to count tries by, and no password in the database.

    People do type their password where the name belongs.
    """
    given = request.POST if credentials is None else credentials
    return fingerprint(str(given.get("username", "")))
