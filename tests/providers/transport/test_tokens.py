"""One sign-in for all waiting callers."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from providers import CredentialsRefused, ProviderUnavailable, Token
from providers.transport.tokens import current_token
from tests.providers.conftest import LATE
from tests.providers.memory_tokens import MemoryTokens


def _token(value: str, seconds: float = 3600) -> Token:
    return Token(value=value, expires_at=datetime.now(UTC) + timedelta(seconds=seconds))


class _SignIn:
    """Counts its calls; each takes ``seconds`` and gives ``token-<n>``."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.calls = 0
        self._seconds = seconds
        self._lock = threading.Lock()

    def __call__(self) -> Token:
        with self._lock:
            self.calls += 1
            number = self.calls
        time.sleep(self._seconds)
        return _token(f"token-{number}")


def test_a_fresh_token_is_used_without_a_sign_in() -> None:
    sign_in = _SignIn()
    assert current_token(MemoryTokens(_token("stored")), sign_in, provider="p").value == "stored"
    assert sign_in.calls == 0


@pytest.mark.parametrize("seconds", [-3600.0, 0.0, 4.0])
def test_an_expired_token_is_replaced_and_stored(seconds: float) -> None:
    store, sign_in = MemoryTokens(_token("old", seconds)), _SignIn()
    assert current_token(store, sign_in, provider="p").value == "token-1"
    assert store.token is not None
    assert (store.token.value, store.writes) == ("token-1", 1)


@pytest.mark.promise("G14")
def test_two_hundred_callers_share_one_sign_in() -> None:
    store, sign_in = MemoryTokens(_token("old", -1)), _SignIn(0.3)
    with ThreadPoolExecutor(200) as pool:
        values = list(pool.map(lambda _: current_token(store, sign_in, provider="p").value, range(200)))
    assert values == ["token-1"] * 200
    assert (sign_in.calls, store.writes) == (1, 1)


def test_a_refused_token_is_replaced_once_however_many_it_was_refused_to() -> None:
    store, sign_in = MemoryTokens(_token("refused")), _SignIn(0.2)
    with ThreadPoolExecutor(20) as pool:
        values = list(
            pool.map(lambda _: current_token(store, sign_in, provider="p", refused="refused").value, range(20))
        )
    assert values == ["token-1"] * 20
    assert sign_in.calls == 1


def test_a_token_that_another_caller_has_replaced_is_used() -> None:
    sign_in = _SignIn()
    assert current_token(MemoryTokens(_token("newer")), sign_in, provider="p", refused="older").value == "newer"
    assert sign_in.calls == 0


def test_a_failed_sign_in_stores_nothing_and_frees_the_way() -> None:
    store = MemoryTokens()

    def refuse() -> Token:
        raise CredentialsRefused("p", "wrong password")

    with pytest.raises(CredentialsRefused):
        current_token(store, refuse, provider="p")
    assert (store.token, store.writes) == (None, 0)
    assert current_token(store, _SignIn(), provider="p").value == "token-1"


def test_waiting_for_another_workers_sign_in_ends() -> None:
    store = MemoryTokens()
    assert store.lease(60)
    started = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        current_token(store, _SignIn(), provider="p", wait_seconds=0.3)
    assert time.monotonic() - started < LATE


@pytest.mark.promise("G14")
def test_a_lease_that_ran_out_does_not_store_over_its_successor() -> None:
    store = MemoryTokens()
    late = store.lease(-1)
    assert late
    successor = store.lease(60)
    assert successor
    assert store.write(_token("late"), late) is False
    assert store.write(_token("current"), successor) is True
    assert store.token is not None
    assert store.token.value == "current"


def test_a_token_never_shows_its_value() -> None:
    assert "canary" not in repr(_token("canary"))
