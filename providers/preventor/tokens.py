"""Reads the token of Preventor's sign-in and its end."""

import base64
from datetime import datetime, timedelta
from typing import Any

from providers.contract.payload_values import object_of, string_of
from providers.preventor.parse import whole_number
from providers.transport import strict_json
from providers.transport.tokens import Token

_TOKEN_MARGIN = timedelta(seconds=60)
_TOKEN_LIFE = timedelta(minutes=15)
_LONGEST_TOKEN_LIFE = timedelta(days=1)


def read_token(answer: Any, *, now: datetime) -> Token | None:
    """The bearer token of a sign-in answer with its end, a minute of margin taken off; None when there is no token.

    ``expiracy`` (their spelling; ``expires_at`` at a sister product) is epoch seconds, or milliseconds above 10^11;
    else the ``exp`` of the token itself; else a quarter of an hour.
    """
    found = object_of(answer)
    value = string_of(found.get("token"))
    if not value.isascii() or not (value := value.strip()) or not value.isprintable():
        return None
    reported = (found.get("expiracy"), found.get("expires_at"), _claimed_end(value))
    ends = next((end for end in (_end(moment, now) for moment in reported) if end), now + _TOKEN_LIFE)
    return Token(value=value, expires_at=ends - _TOKEN_MARGIN)


def _end(value: Any, now: datetime) -> datetime | None:
    seconds: float | None = whole_number(value)
    if seconds is None:
        return None
    seconds = seconds / 1000 if seconds > 10**11 else seconds
    ahead = seconds - now.timestamp()
    # An end in the past means a wrong clock or no epoch: the default avoids a sign-in at every read.
    if ahead <= _TOKEN_MARGIN.total_seconds():
        return None
    return now + min(timedelta(seconds=min(ahead, 10**6)), _LONGEST_TOKEN_LIFE)


def _claimed_end(token: str) -> Any:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        return object_of(strict_json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))).get("exp")
    except ValueError:
        return None
