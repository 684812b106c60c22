"""Limits of a session: absolute, and idle."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

STARTED = "signed_in_at"
TOUCHED = "touched_at"
# Limits writes of the session row to one in this time.
TOUCH_STEP = timedelta(seconds=30)


class SessionLimitsMiddleware:
    """Sign out after `SESSION_ABSOLUTE_LIMIT`, and after `SESSION_IDLE_LIMIT` without activity.

    Polling requests have the header `X-Desk-Poll` and are not activity: an open page would never expire.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._limit(request)
        return self.get_response(request)

    def _limit(self, request: HttpRequest) -> None:
        now = timezone.now()
        session = request.session
        started = _time(session.get(STARTED))
        touched = _time(session.get(TOUCHED))
        if started is None or touched is None:
            session[STARTED] = session[TOUCHED] = now.isoformat()
        elif now - started >= settings.SESSION_ABSOLUTE_LIMIT or self._idle(now - touched):
            logout(request)
        elif "X-Desk-Poll" not in request.headers and now - touched >= TOUCH_STEP:
            session[TOUCHED] = now.isoformat()

    def _idle(self, since: timedelta) -> bool:
        return settings.SESSION_IDLE_LIMIT is not None and since >= settings.SESSION_IDLE_LIMIT


def _time(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
