"""Pages and fragments: one view and one context, rendered whole or in part. Headers are not trusted."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

VARY = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")
UNSENT = "unsent"
"""Parameter of the sign-in page after a form without a session."""
MESSAGES = "components/_messages.html"


def wants_fragment(request: HttpRequest) -> bool:
    """Whether the response is inserted into an open page."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HttpRequest,
    page: str,
    fragment: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    also: Sequence[str] = (),
) -> HttpResponse:
    """Render ``page``, or for a fragment request ``fragment`` alone, from the same context.

    ``also`` names other changed fragments of the page; they are added out of band (``oob`` in the context sets
    ``hx-swap-oob`` on their root element), as are pending messages. ``status`` 409 (lost race) and 422 (invalid) are
    swapped like 200.
    """
    if wants_fragment(request):
        names = [(fragment, False), *((name, True) for name in also)]
        if len(get_messages(request)):
            names.append((MESSAGES, True))
        parts = [render_to_string(name, {**context, "oob": oob}, request) for name, oob in names]
        response = HttpResponse("\n".join(parts), status=status)
    else:
        response = render(request, page, {**context, "oob": False}, status=status)
    patch_vary_headers(response, VARY)
    return response


def go_to(request: HttpRequest, to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Redirect the browser, after a form or a fragment request.

    Arguments as for ``redirect``; never pass values of the request.
    """
    url = resolve_url(to, *args, **kwargs)
    if wants_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url, "Vary": ", ".join(VARY)})
    return HttpResponse(status=303, headers={"Location": url})


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Django's middleware, but fragment requests do not get the sign-in page, which would be put into the open page.

    They get 401 with a sentence and ``HX-Redirect``: the script shows a sign-in dialog and form input is preserved;
    without the script the browser goes to the sign-in page and returns to the open page. So does a form; the sign-in
    page then says that nothing was submitted.
    """

    def handle_no_permission(  # type: ignore[override]  # may also return 401
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        if getattr(request, "htmx", None):
            url = sign_in_url(request)
            response = render(request, "components/_signed_out.html", {"sign_in_url": url}, status=401)
            response["HX-Redirect"], response["Cache-Control"] = url, "no-store"
            patch_vary_headers(response, VARY)
            return response
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        return redirect(sign_in_url(request, is_unsent=True))


def sign_in_url(request: HttpRequest, *, is_unsent: bool = False) -> str:
    """The sign-in page, which returns to the open page; ``is_unsent`` lets it say that a form was not submitted."""
    url = redirect_to_login(_page_of(request), resolve_url(settings.LOGIN_URL))["Location"]
    return f"{url}&{UNSENT}=1" if is_unsent else url


def _page_of(request: HttpRequest) -> str:
    """Path of the open page if it is of this host; the URL of a fragment or a form is not a page to return to."""
    current = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(current, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(current)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
