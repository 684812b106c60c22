"""The end of a token, in every answer to the sign-in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.preventor.tokens import read_token
from tests.providers.preventor.samples import payload


@pytest.mark.parametrize(
    ("answer", "readable"),
    [
        (payload("token-expiracy-seconds"), True),
        (payload("token-expires-at-milliseconds"), True),
        (payload("token-null"), False),
        ({}, False),
        ([], False),
        ({"token": 5}, False),
        ({"token": "a\nb"}, False),
        ({"token": "ü"}, False),
        ({"token": "x", "expiracy": "soon"}, True),
        ({"token": "x", "expiracy": 1200}, True),
        ({"token": "x", "expiracy": 10**19}, True),
        ({"token": "x", "expiracy": -1.5e300}, True),
        ({"token": "a.@@@.c"}, True),
    ],
)
def test_a_token_of_a_sign_in_has_an_expiry_in_bounds(answer: Any, readable: bool) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    token = read_token(answer, now=now)
    assert (token is not None) is readable
    if token:
        assert now + timedelta(minutes=10) < token.expires_at <= now + timedelta(days=1)
