"""Compression of HTML pages and fragments.

BREACH reads a secret from the sizes of responses that also repeat text of the attacker, who makes the browser send many
requests from another site. Three things prevent it: the CSRF token, the only secret of every page, is masked anew in
each response; Django adds up to 100 random bytes to each compressed response; and a response to a request that another
site caused is not compressed. Answers to forms, which may contain values that a person has revealed, are never
compressed, nor is anything but HTML: images, files and videos are streamed as they are.
"""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

OTHER_SITES = frozenset({"cross-site", "same-site"})
"""Values of ``Sec-Fetch-Site`` for requests that did not begin on this site or in the address bar."""


class CompressionMiddleware(GZipMiddleware):
    """Compresses HTML that a page of this site asked for."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        is_html = response.headers.get("Content-Type", "").startswith("text/html")
        is_own = request.headers.get("Sec-Fetch-Site", "") not in OTHER_SITES
        if request.method != "GET" or response.streaming or not is_html or not is_own:
            return response
        return super().process_response(request, response)
