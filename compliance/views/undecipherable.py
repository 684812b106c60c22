"""The answer to a request that would write with a key that cannot be decrypted."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from compliance.views.page_owner import case_url
from providers.vault import VaultError

log = logging.getLogger(__name__)


class UndecipherableKeyMiddleware:
    """Renders a page with a sentence instead of an internal error. The transaction of the action was rolled back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for a ``VaultError``; other exceptions are handled by Django."""
        if not isinstance(exception, VaultError):
            return None
        log.error("%s was not carried out: %s", request.resolver_match and request.resolver_match.view_name, exception)
        return render(request, "503_undecipherable.html", {"case_url": case_url(request)}, status=503)
