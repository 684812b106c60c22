"""Checkout.com's keys and tokens over real HTTP, and how strict the simulated API is about them."""

import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from providers import (
    CredentialsRefused,
    Kind,
    Outcome,
    Provider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    Subject,
    Token,
)
from providers.checkout_com import CheckoutCom
from providers.simulator.server import Simulator
from tests.providers.checkout_com.calls import CANARIES, OAUTH, PLAYED, RawServer, asked, http, subject_of
from tests.providers.checkout_com.samples import answer, built
from tests.providers.conftest import ClientFactory
from tests.providers.memory_tokens import MemoryTokens


@pytest.fixture
def checkout(client: ClientFactory) -> Provider:
    return client("checkout_com")


# --- keys and tokens --------------------------------------------------------------------------------------------------


def test_a_wrong_key_and_an_empty_account_are_refused(client: ClientFactory, simulator: Simulator) -> None:
    for credentials in ({"secret_key": "sk_sbox_canary"}, {}, {"client_id": "cli_x"}):
        with pytest.raises(CredentialsRefused):
            asked(client("checkout_com", credentials=credentials), "identity-approved")


def test_a_key_without_the_product_is_refused_with_the_scope_to_enable(client: ClientFactory) -> None:
    credentials = PLAYED.other_credentials["key-without-product"]
    with pytest.raises(CredentialsRefused) as refused:
        asked(client("checkout_com", credentials=credentials), "identity-approved")
    assert "scope identity-verification" in refused.value.admin_action


def test_a_key_pasted_with_blanks_around_it_works(client: ClientFactory) -> None:
    key = PLAYED.credentials["secret_key"]
    _, assessment = asked(client("checkout_com", credentials={"secret_key": f" {key}\n"}), "identity-approved")
    assert assessment.outcome is Outcome.APPROVED


def test_one_token_serves_many_reads(client: ClientFactory) -> None:
    tokens = MemoryTokens()
    checkout = client("checkout_com", credentials=OAUTH, tokens=tokens)
    for scenario in ("identity-approved", "aml-declined", "face-declined"):
        asked(checkout, scenario)
    assert tokens.writes == 1
    stored = tokens.read()
    assert stored and timedelta(hours=3, minutes=58) < stored.expires_at - datetime.now(UTC) <= timedelta(hours=4)


def test_many_threads_wait_for_one_sign_in(client: ClientFactory) -> None:
    tokens = MemoryTokens()
    checkout = client("checkout_com", credentials=OAUTH, tokens=tokens)
    outcomes: list[str] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(asked(checkout, "aml-approved")[1].outcome)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes, tokens.writes) == (["approved"] * 8, 1)


def test_a_token_that_ended_early_is_replaced_once_within_the_read(client: ClientFactory, simulator: Simulator) -> None:
    tokens = MemoryTokens(Token(value="ended-long-ago", expires_at=datetime.now(UTC) + timedelta(hours=1)))
    checkout = client("checkout_com", credentials=OAUTH, tokens=tokens)
    assert asked(checkout, "identity-approved")[1].outcome is Outcome.APPROVED
    simulator.world.revoke_tokens("checkout_com")
    assert asked(checkout, "identity-approved")[1].outcome is Outcome.APPROVED
    assert tokens.writes == 2


def test_a_refused_fresh_token_ends_the_read(client: ClientFactory) -> None:
    tokens = MemoryTokens()
    credentials = PLAYED.other_credentials["oauth-token-refused-by-reads"]
    with pytest.raises(CredentialsRefused):
        asked(client("checkout_com", credentials=credentials, tokens=tokens), "identity-approved")
    assert tokens.writes == 2


def test_one_read_asks_for_one_fresh_token_at_most(client: ClientFactory, raw_server: RawServer) -> None:
    payload = built(Kind.IDENTITY, "approved")
    lines: list[bytes] = []

    def moody(connection: socket.socket, head: bytes) -> None:
        lines.append(head.split(b" HTTP")[0])
        if lines[-1].startswith(b"POST"):
            body = {"access_token": f"token-{len(lines)}", "expires_in": 3600}
            connection.sendall(http(200, json.dumps(body).encode()))
        elif len(lines) == 4:
            connection.sendall(http(200, json.dumps(payload["check"]).encode()))
        else:
            connection.sendall(http(401, b""))

    checkout = client("checkout_com", base_url=raw_server(moody), credentials=OAUTH)
    with pytest.raises(CredentialsRefused):
        checkout.fetch(Subject(kind=Kind.IDENTITY, reference=payload["check"]["id"]))
    assert [line.split(b" ")[0] for line in lines] == [b"POST", b"GET", b"POST", b"GET", b"GET"]


def test_one_401_is_survived_with_a_token(client: ClientFactory) -> None:
    checkout = client("checkout_com", credentials=OAUTH)
    assert asked(checkout, "fault-http-401-once", 77)[1].outcome is Outcome.APPROVED


def test_a_sign_in_without_a_token_is_a_fault_of_the_account(client: ClientFactory) -> None:
    with pytest.raises(ProviderUnavailable, match="without a token"):
        asked(client("checkout_com", credentials=PLAYED.other_credentials["oauth-without-token"]), "identity-approved")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (http(200, b"<html>"), ProviderUnavailable),
        (http(200, b'{"access_token": "two words"}'), ProviderUnavailable),
        (http(200, b'["canary-access-token"]'), ProviderUnavailable),
        (http(404, b""), ProviderUnavailable),
        (http(500, b"{}"), ProviderUnavailable),
        (http(400, b"<html>", "text/html"), CredentialsRefused),
        (http(401, b""), CredentialsRefused),
        (http(429, b"", "text/plain", "Retry-After: 7"), ProviderThrottled),
    ],
)
def test_a_strange_sign_in_blames_the_account(
    client: ClientFactory, raw_server: RawServer, reply: bytes, error: type[ProviderError]
) -> None:
    credentials = {"client_id": "cli_x", "client_secret": "canary-client-secret"}
    checkout = client("checkout_com", base_url=raw_server(reply), credentials=credentials)
    with pytest.raises(error) as caught:
        checkout.fetch(Subject(kind=Kind.AML, reference="amlv_1"))
    assert (type(caught.value), caught.value.scope) == (error, "account")
    assert not any(canary in str(caught.value) + repr(caught.value) for canary in CANARIES)


def test_the_sign_in_is_sent_as_documented(client: ClientFactory, raw_server: RawServer) -> None:
    seen: list[bytes] = []

    def note(connection: socket.socket, head: bytes) -> None:
        if b"\r\n\r\n" in head and not head.endswith(b"verification"):
            head += connection.recv(4096) if head.endswith(b"\r\n\r\n") else b""
        seen.append(head)
        connection.sendall(http(400, json.dumps(answer("token_invalid_client")).encode()))

    url = raw_server(note)
    credentials = {"client_id": "cli_x", "client_secret": "canary-client-secret"}
    checkout = client(
        "checkout_com", base_url=url, credentials=credentials, settings={"token_url": f"{url}/other/token"}
    )
    with pytest.raises(CredentialsRefused, match="invalid_client"):
        checkout.fetch(Subject(kind=Kind.AML, reference="amlv_1"))
    head = seen[0].decode()
    assert head.startswith("POST /other/token HTTP/1.1")
    assert "Authorization: Basic Y2xpX3g6Y2FuYXJ5LWNsaWVudC1zZWNyZXQ=" in head
    assert "Content-Type: application/x-www-form-urlencoded" in head
    assert head.endswith("grant_type=client_credentials&scope=identity-verification")


@pytest.mark.parametrize(
    ("environment", "token_url", "host"),
    [
        ("live", "https://vkuhvk4v.access.checkout.com/connect/token", "vkuhvk4v.access.checkout.com"),
        ("live", "https://pl-vkuhvk4v.access.checkout.com/connect/token", "pl-vkuhvk4v.access.checkout.com"),
        ("live", "https://access.checkout.com/connect/token", "access.checkout.com"),
        ("sandbox", "https://access.sandbox.checkout.com/connect/token", "access.sandbox.checkout.com"),
        ("live", "https://vkuhvk4v.access.sandbox.checkout.com/connect/token", None),
        ("sandbox", "https://vkuhvk4v.access.checkout.com/connect/token", None),
        ("live", "http://access.checkout.com/connect/token", None),
        ("live", "https://access.checkout.com.evil.example/connect/token", None),
        ("live", "https://evilaccess.checkout.com/connect/token", None),
        ("live", "https://user@evil.example/access.checkout.com", None),
        ("live", "", None),
    ],
)
def test_only_official_sign_in_hosts_are_named_for_a_token_address(
    environment: str, token_url: str, host: str | None
) -> None:
    assert CheckoutCom.sign_in_hosts(environment, {"token_url": token_url}) == ((host,) if host else ())


# --- the simulator is strict ------------------------------------------------------------------------------------------


def test_every_reference_names_its_scenario_and_person() -> None:
    for name in PLAYED.scenarios:
        for serial in (0, 7, 9999):
            found = PLAYED.scenario_of(PLAYED.reference(name, serial))
            assert found and (found[0].name, found[1]) == (name, serial)
    assert PLAYED.scenario_of("idv_0000000000000000000000zzzz") is None
    assert PLAYED.scenario_of(PLAYED.reference("aml-approved", 1).replace("amlv_", "idv_")) is None


def sent(simulator: Simulator, path: str, *, method: str = "GET", **headers: str) -> tuple[int, Any]:
    """Status and body of a call written by hand, with the demonstration key by default."""
    key = PLAYED.credentials["secret_key"]
    sent_headers = {"Authorization": f"Bearer {key}", "Accept": "application/json", **headers}
    reply = requests.request(
        method, simulator.url + path, headers={k: v for k, v in sent_headers.items() if v}, timeout=10
    )
    return reply.status_code, reply.json() if reply.content else None


def test_the_simulator_refuses_what_the_api_would_refuse(simulator: Simulator) -> None:
    reference = subject_of("identity-approved").reference
    path = f"/identity-verifications/{reference}"
    assert sent(simulator, path)[0] == 200
    assert sent(simulator, path, Authorization="") == (401, None)
    assert sent(simulator, path, Authorization=PLAYED.credentials["secret_key"]) == (401, None)
    assert sent(simulator, path, Authorization="Bearer sk_sbox_canary") == (401, None)
    assert sent(simulator, path, Accept="text/html") == (406, None)
    assert sent(simulator, path, method="POST") == (405, None)
    for unknown in (
        path.upper(),
        path[:-1],
        f"/face-authentications/{reference}",
        f"{path}/attempts/iatp_1",
        f"{path}/x",
    ):
        assert sent(simulator, unknown)[0] == 404, unknown
    status, body = sent(simulator, f"{path}/attempts?limit=0")
    assert (status, body["error_codes"]) == (422, ["limit__invalid"])
    assert sent(simulator, f"/aml-verifications/{subject_of('aml-approved').reference}/attempts") == (404, None)
    assert sent(simulator, f"{path}/pdf-report")[0] == 200


def test_the_simulated_sign_in_is_strict(simulator: Simulator) -> None:
    form = {"grant_type": "client_credentials", "scope": "identity-verification"}
    right = (OAUTH["client_id"], OAUTH["client_secret"])

    def signed(data: Any, auth: tuple[str, str] | None, **more: Any) -> tuple[int, Any]:
        reply = requests.post(f"{simulator.url}/connect/token", data=data, auth=auth, timeout=10, **more)
        return reply.status_code, reply.json().get("error", reply.json().get("token_type"))

    assert signed(form, right) == (200, "Bearer")
    assert signed(form, None) == (400, "invalid_client")
    assert signed(form, (right[0], "wrong")) == (400, "invalid_client")
    assert signed({**form, "grant_type": "password"}, right) == (400, "invalid_grant")
    assert signed({**form, "scope": "payments"}, right) == (400, "invalid_scope")
    assert signed(None, right, json=form) == (400, "invalid_request")


def test_a_link_of_the_simulator_lives_as_long_as_it_says_and_cannot_be_made_up(
    checkout: Provider, simulator: Simulator
) -> None:
    face = checkout.list_evidence(checkout.fetch(subject_of("identity-short-links")))[0]
    assert requests.get(face.url, timeout=10).status_code == 200
    assert requests.get(face.url, headers={"Authorization": "Bearer x"}, timeout=10).status_code == 400
    assert requests.get(face.url.replace("Expires=1", "Expires=9"), timeout=10).status_code == 403
    time.sleep(1.1)
    assert requests.get(face.url, timeout=10).status_code == 403
    assert [download.label for download in checkout.fetch_evidence(face, subject_of("identity-short-links"))] == [
        "face"
    ]
