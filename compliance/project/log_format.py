"""Log format: one line an event, without personal data."""

import logging
import re
import traceback
from datetime import UTC, datetime

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST = 2000


def one_line(text: str) -> str:
    """The text with control characters escaped, so that no input forges a line; cut at 2,000 characters."""
    safe = _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
    return safe if len(safe) <= _LONGEST else safe[:_LONGEST] + " ..."


class OneLine(logging.Formatter):
    """`2026-11-21T09:30:00.123Z WARNING compliance.sync message`.

    Of an exception only its class and code positions are logged: its message may quote personal data of a form or of a
    provider.
    """

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        text = f"{moment} {record.levelname} {record.name} {self._message(record)}"
        if record.exc_info and record.exc_info[1] is not None:
            text += f" [{_where(record.exc_info[1])}]"
        return one_line(text)

    def _message(self, record: logging.LogRecord) -> str:
        # The path of a request may contain personal data: log the name of the route.
        request = getattr(record, "request", None)
        if record.name.startswith("django.") and request is not None:
            match = getattr(request, "resolver_match", None)
            route = match.view_name if match else "no route"
            return f"{getattr(record, 'status_code', '-')} {request.method} {route}"
        return record.getMessage()


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} {places}"
