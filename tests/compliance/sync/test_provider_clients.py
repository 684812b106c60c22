"""All callers of an account share one sign-in and one encrypted token."""

import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection

from compliance.models import AccountToken
from compliance.sync import provider_clients
from providers import Kind, Subject, Token
from providers.simulator.server import Simulator
from providers.transport.tokens import current_token
from tests import factories
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def sign_ins(played: Simulator) -> int:
    return sum(line.path == "/api/v1/authenticate" for line in played.world.log())


@pytest.mark.promise("G14")
def test_fifty_callers_share_one_sign_in_and_one_renewal(own: Simulator) -> None:
    btc = factories.make_account(own, "btc_direct")
    played = own.providers["btc_direct"]
    own.world.delay = 0.1

    def ask(number: int) -> str:
        subject = Subject(
            kind=Kind.LIVENESS,
            reference=played.reference("verified", number),
            settings=played.check_settings(number),
        )
        return provider_clients.client(btc).fetch(subject).status

    for expected in (1, 2, 3):
        assert len(set(at_once([partial(ask, number) for number in range(50)]))) == 1
        assert sign_ins(own) == expected
        assert own.world.revoke_tokens("btc_direct") == 1


def test_concurrent_token_stores_fetch_once(own: Simulator) -> None:
    bank = factories.make_account(own, "bank131")
    fetched: list[int] = []

    def fetch() -> Token:
        fetched.append(1)
        time.sleep(0.5)
        return Token(value=f"token-{len(fetched)}", expires_at=datetime.now(UTC) + timedelta(hours=1))

    store = provider_clients.PostgresTokenStore(bank.pk)
    asks = partial(current_token, store, fetch, provider="bank131")
    values = [token.value for token in at_once([asks] * 50)]
    assert (values, len(fetched)) == (["token-1"] * 50, 1)
    refused = [token.value for token in at_once([partial(asks, refused="token-1")] * 50)]
    assert (refused, len(fetched)) == (["token-2"] * 50, 2)
    row = AccountToken.objects.get(account=bank)
    assert (row.value, row.owner, row.owned_until) == ("token-2", "", None)


def test_an_expired_token_lease_stores_nothing(own: Simulator) -> None:
    store = provider_clients.PostgresTokenStore(factories.make_account(own, "bank131").pk)
    late = store.lease(0.0)
    successor = store.lease(60)
    assert late is not None
    assert successor is not None
    assert store.lease(60) is None
    ends = datetime.now(UTC) + timedelta(hours=1)
    assert store.write(Token(value="late", expires_at=ends), late) is False
    store.release(late)
    assert store.lease(60) is None
    assert store.write(Token(value="current", expires_at=ends), successor) is True
    found = store.read()
    assert found is not None
    assert found.value == "current"


def test_the_token_is_encrypted_in_its_row(own: Simulator) -> None:
    bank = factories.make_account(own, "bank131")
    store = provider_clients.PostgresTokenStore(bank.pk)
    lease = store.lease(60)
    assert lease is not None
    store.write(Token(value="canary-token-value", expires_at=datetime.now(UTC) + timedelta(hours=1)), lease)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text, t.value FROM compliance_accounttoken t")
        text, value = cursor.fetchone()
    assert b"canary" not in bytes(value)
    assert "canary" not in text
