"""The address that a request came from, behind a known number of proxies."""

from django.conf import settings
from django.http import HttpRequest


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
