"""Preventor over real HTTP: signing in, reading every row of the code table, faults, the connection test."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers import (
    CodeRow,
    CredentialsRefused,
    Kind,
    NotFoundAtProvider,
    Outcome,
    Provider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    ReferenceMismatch,
    Subject,
    UnreadableAnswer,
    code_table,
)
from providers.simulator.preventor.scenarios import UNKNOWN_CODE, UNKNOWN_FLOW, UNKNOWN_STEP
from providers.simulator.server import Simulator
from providers.transport.http import Limits
from tests.providers.conftest import LATE, QUICK, ClientFactory
from tests.providers.memory_tokens import MemoryTokens
from tests.providers.preventor.expectations import scenario_of

ROWS = [row for row in code_table("preventor").rows if row.reachable]
_STATES = ("flow_status", "transaction_status", "disposition", "error_code")
_EXPLAINING = ("id_proofing_state", "process", "flow_type")
_FAULTS = ("http_status", "api_error_code", "shape")
_RAW_WORDS = {
    "flow_status": UNKNOWN_FLOW,
    "transaction_status": UNKNOWN_FLOW,
    "disposition": UNKNOWN_STEP,
    "error_code": UNKNOWN_CODE,
}


def _row_id(row: CodeRow) -> str:
    return f"{row.kind}-{row.value}"


@pytest.fixture
def ask(simulator: Simulator, client: ClientFactory) -> Callable[..., tuple[Provider, Subject]]:
    """``ask(scenario)`` gives a client and the subject to read."""

    def make(scenario: str, serial: int = 3, **given: Any) -> tuple[Provider, Subject]:
        reference = simulator.providers["preventor"].reference(scenario, serial)
        return client("preventor", **given), Subject(kind=Kind.IDENTITY, reference=reference)

    return make


def _sign_ins(simulator: Simulator, since: int) -> list[int]:
    return [line.status for line in simulator.world.log(since) if line.path.endswith("/auth/token")]


# --- every row --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind in _STATES], ids=_row_id)
def test_a_word_or_code_that_the_simulator_sends_gives_its_rows_meaning(
    row: CodeRow, ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    client, subject = ask(scenario_of(row))
    assessment = client.normalise(client.fetch(subject), client.rules())
    code = _RAW_WORDS[row.kind] if row.value == "*" else row.value
    reason = next(reason for reason in assessment.reasons if reason.code == code)
    assert (reason.summary, reason.group, reason.action, reason.admin_action) == (
        row.summary,
        row.group,
        row.action,
        row.admin_action,
    )
    assert reason.recognised is (row.value != "*")
    if row.outcome is None:
        return
    lapse = assessment.lapse
    outcome, verdict = (lapse.outcome, lapse.verdict) if lapse else (assessment.outcome, assessment.verdict)
    assert (outcome, verdict) == (row.outcome, row.verdict)


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind in _EXPLAINING], ids=_row_id)
def test_a_word_that_only_explains_becomes_a_sentence(
    row: CodeRow, ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    client, subject = ask(scenario_of(row))
    reasons = client.normalise(client.fetch(subject), client.rules()).reasons
    assert (row.value, row.summary, row.group, row.action, row.admin_action) in [
        (r.code, r.summary, r.group, r.action, r.admin_action) for r in reasons
    ]


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind in _FAULTS and row.fault], ids=_row_id)
def test_a_refused_call_is_a_fault_in_the_words_of_its_row(
    row: CodeRow, ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    client, subject = ask(scenario_of(row))
    with pytest.raises(ProviderError) as caught:
        client.fetch(subject)
    assert caught.value.scope == row.fault
    if row.kind != "shape":
        assert row.summary in caught.value.detail
        assert row.action in caught.value.detail
        assert caught.value.admin_action == row.admin_action


def test_no_reachable_row_is_left_out() -> None:
    kinds = {*_STATES, *_EXPLAINING, *_FAULTS, "image_type"}
    assert {row.kind for row in ROWS} == kinds
    assert [row.value for row in ROWS if row.kind in _FAULTS and not row.fault] == ["200"]


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("http-400", ReferenceMismatch),
        ("http-401", CredentialsRefused),
        ("http-403", CredentialsRefused),
        ("http-404", NotFoundAtProvider),
        ("http-418", ProviderUnavailable),
        ("http-429", ProviderThrottled),
        ("http-500", ProviderUnavailable),
        ("http-504", ProviderUnavailable),
        ("envelope-bdrqst", ReferenceMismatch),
        ("envelope-unknown", UnreadableAnswer),
        ("fault-empty-200", UnreadableAnswer),
        ("fault-html-200", UnreadableAnswer),
        ("fault-list-for-object", UnreadableAnswer),
        ("fault-another-applicant", ReferenceMismatch),
        ("fault-redirect-other", ProviderUnavailable),
    ],
)
def test_each_refusal_has_its_own_name(
    scenario: str, error: type[ProviderError], ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    client, subject = ask(scenario)
    with pytest.raises(error):
        client.fetch(subject)


def test_a_reported_wait_is_passed_on(ask: Callable[..., tuple[Provider, Subject]]) -> None:
    client, subject = ask("http-429")
    with pytest.raises(ProviderThrottled) as caught:
        client.fetch(subject)
    assert caught.value.retry_after == 2


def test_a_ticket_that_moves_ends_accepted_after_a_repeated_step(
    simulator: Simulator, ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    client, subject = ask("flow-second-attempt", serial=4111)
    seen = []
    for seconds in (0, 25, 65, 95):
        simulator.world.set_scenario("preventor", subject.reference, None)
        simulator.world.advance("preventor", subject.reference, seconds)
        assessment = client.normalise(client.fetch(subject), client.rules())
        seen.append((assessment.outcome, bool(assessment.lapse)))
    assert seen == [
        (Outcome.IN_PROGRESS, False),
        (Outcome.PENDING, True),
        (Outcome.IN_PROGRESS, False),
        (Outcome.APPROVED, False),
    ]


# --- signing in -------------------------------------------------------------------------------------------------------


def test_one_token_serves_many_reads(simulator: Simulator, ask: Callable[..., tuple[Provider, Subject]]) -> None:
    tokens = MemoryTokens()
    client, subject = ask("accepted-passed", tokens=tokens)
    since = len(simulator.world.log())
    for _ in range(5):
        client.fetch(subject)
    assert _sign_ins(simulator, since) == [200]
    assert tokens.writes == 1


def test_a_token_that_ended_early_is_replaced_once(
    simulator: Simulator, ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    tokens = MemoryTokens()
    client, subject = ask("accepted-passed", tokens=tokens)
    client.fetch(subject)
    simulator.world.revoke_tokens("preventor")
    since = len(simulator.world.log())
    assert client.fetch(subject).status == "ACCEPTED / PASSED"
    assert _sign_ins(simulator, since) == [200]
    assert tokens.writes == 2


def test_a_second_refusal_is_the_accounts_fault_after_exactly_one_fresh_token(
    simulator: Simulator, ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    played = simulator.providers["preventor"]
    client, subject = ask("accepted-passed", credentials=played.other_credentials["refused-at-reads"])
    since = len(simulator.world.log())
    with pytest.raises(CredentialsRefused):
        client.fetch(subject)
    assert _sign_ins(simulator, since) == [200, 200]


def test_a_fixed_token_reads_and_is_never_renewed(
    simulator: Simulator, ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    fixed = simulator.providers["preventor"].other_credentials["fixed-token"]
    client, subject = ask("accepted-passed", credentials=fixed)
    since = len(simulator.world.log())
    assert client.fetch(subject).status == "ACCEPTED / PASSED"
    stranger, _ = ask("accepted-passed", credentials={"token": "no-token-of-theirs"})
    with pytest.raises(CredentialsRefused):
        stranger.fetch(subject)
    assert [line.path.endswith("/auth/token") for line in simulator.world.log(since)] == [False, False]


@pytest.mark.parametrize("name", ["tokens-live-3-seconds", "end-in-milliseconds", "end-in-the-token"])
def test_every_format_of_the_tokens_expiry_is_accepted(
    name: str, simulator: Simulator, ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    tokens = MemoryTokens()
    credentials = simulator.providers["preventor"].other_credentials[name]
    client, subject = ask("accepted-passed", credentials=credentials, tokens=tokens)
    assert client.fetch(subject).status == "ACCEPTED / PASSED"
    assert tokens.token is not None
    # 1,200 s less a minute; an end that is nearly over counts as none, which means a quarter of an hour.
    expected = 840 if name == "tokens-live-3-seconds" else 1140
    assert abs(tokens.token.expires_at.timestamp() - time.time() - expected) < 20


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("sign-in-forbidden", CredentialsRefused, "HTTP 403 at sign-in"),
        ("sign-in-busy", ProviderThrottled, "HTTP 429"),
        ("sign-in-failing", ProviderUnavailable, "HTTP 503"),
        ("sign-in-without-token", ProviderUnavailable, "contains no token"),
        ("sign-in-not-readable", ProviderUnavailable, "Sign-in: "),
    ],
)
def test_a_failed_sign_in_is_the_accounts_fault(
    name: str,
    error: type[ProviderError],
    words: str,
    simulator: Simulator,
    ask: Callable[..., tuple[Provider, Subject]],
) -> None:
    credentials = simulator.providers["preventor"].other_credentials[name]
    client, subject = ask("accepted-passed", credentials=credentials)
    with pytest.raises(error) as caught:
        client.fetch(subject)
    assert caught.value.scope == "account"
    assert words in caught.value.detail


@pytest.mark.parametrize("key", ["api_key", "secret", "tenant", "env", "banknu"])
def test_each_of_the_five_credentials_is_needed(
    key: str, simulator: Simulator, ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    credentials = {**simulator.providers["preventor"].credentials, key: "wrong"}
    client, subject = ask("accepted-passed", credentials=credentials)
    with pytest.raises(CredentialsRefused):
        client.fetch(subject)


# --- what goes over the wire ------------------------------------------------------------------------------------------


@pytest.fixture
def recorded(raw_server: Callable[..., str]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers every call with a ticket, and the heads of the calls that came."""
    heads: list[bytes] = []
    body = b'{"flow_status": "ACCEPTED", "disposition": "PASSED"}'

    def answer(connection: Any, head: bytes) -> None:
        heads.append(head)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
            + str(len(body)).encode()
            + b"\r\n\r\n"
            + body
        )

    yield raw_server(answer), heads


def test_ticket_calls_carry_what_the_page_names(recorded: tuple[str, list[bytes]], client: ClientFactory) -> None:
    url, heads = recorded
    keys = {"token": "canary-token", "api_key": "canary-key", "tenant": "canary-tenant"}
    reader = client("preventor", base_url=url, credentials=keys, settings={"user_agent": "Desk/1"})
    reader.fetch(Subject(kind=Kind.IDENTITY, reference="any/thing ü"))
    lines = heads[0].decode().split("\r\n")
    assert lines[0] == "GET /id/v1/identity/transactions/any%2Fthing%20%C3%BC HTTP/1.1"
    for line in ("Authorization: Bearer canary-token", "x-api-key: canary-key", "User-Agent: Desk/1"):
        assert line in lines
    assert "Accept: application/json, */*" in lines
    assert b"tenant" not in heads[0]


def test_token_and_key_go_along_to_ticket_and_images(recorded: tuple[str, list[bytes]], client: ClientFactory) -> None:
    url, heads = recorded
    reader = client("preventor", base_url=url, credentials={"token": "canary-token", "api_key": "canary-key"})
    subject = Subject(kind=Kind.IDENTITY, reference="x")
    reader.fetch(subject)
    list(reader.fetch_evidence(reader.evidence_types()[-1], subject))
    assert [head.split(b" ")[1].rpartition(b"/")[2] for head in heads] == [b"x", b"images?type=DOCUMENT_GHOST_PORTRAIT"]
    for head in heads:
        assert b"Authorization: Bearer canary-token" in head and b"x-api-key: canary-key" in head


def test_tenant_headers_go_along_where_the_account_says_so(
    recorded: tuple[str, list[bytes]], client: ClientFactory
) -> None:
    url, heads = recorded
    keys = {"token": "t", "tenant": "one", "env": "two", "banknu": "three"}
    reader = client("preventor", base_url=url, credentials=keys, settings={"send_tenant_headers": True})
    reader.fetch(Subject(kind=Kind.IDENTITY, reference="x"))
    for line in (b"x-tenant: one", b"x-env: two", b"x-banknu: three"):
        assert line in heads[0]


# --- the connection test ----------------------------------------------------------------------------------------------


def test_the_connection_test_works_with_five_credentials_and_with_a_token(
    simulator: Simulator, ask: Callable[..., tuple[Provider, Subject]]
) -> None:
    fixed = simulator.providers["preventor"].other_credentials["fixed-token"]
    five, subject = ask("accepted-passed")
    token, _ = ask("accepted-passed", credentials=fixed)
    assert five.test_connection() == "Preventor accepted the credentials and gave a token."
    assert "answered about a ticket" in five.test_connection(subject.reference)
    assert "answered about a ticket" in token.test_connection(subject.reference)
    assert "does not know the requested ticket" in token.test_connection()


def test_the_connection_test_distinguishes_credentials_network_and_shape(
    simulator: Simulator, client: ClientFactory, raw_server: Callable[..., str]
) -> None:
    others = simulator.providers["preventor"].other_credentials
    html = raw_server(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p/>")
    silent = raw_server(lambda connection, head: time.sleep(2))
    wrong = {**simulator.providers["preventor"].credentials, "secret": "wrong"}
    for credentials in (wrong, {"token": "wrong"}):
        with pytest.raises(CredentialsRefused):
            client("preventor", credentials=credentials).test_connection()
    for url in ("http://127.0.0.1:9", silent):
        for credentials in (wrong, {"token": "any"}):
            with pytest.raises(ProviderUnavailable):
                client("preventor", credentials=credentials, base_url=url, limits=QUICK).test_connection()
    with pytest.raises(UnreadableAnswer):
        client("preventor", credentials=others["sign-in-not-readable"]).test_connection()
    with pytest.raises(UnreadableAnswer):
        client("preventor", credentials={"token": "any"}, base_url=html).test_connection()


# --- time and secrets -------------------------------------------------------------------------------------------------


def test_sign_in_read_and_repetition_take_one_limit_together(
    client: ClientFactory, simulator: Simulator, raw_server: Callable[..., str]
) -> None:
    calls: list[bytes] = []

    def slowly(connection: Any, head: bytes) -> None:
        calls.append(head)
        time.sleep(0.9)
        is_sign_in = head.startswith(b"POST")
        body = b'{"token": "t%d"}' % len(calls) if is_sign_in else b"{}"
        status = b"200 OK" if is_sign_in else b"401 Unauthorized"
        connection.sendall(
            b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
            % (status, len(body), body)
        )

    limits = Limits(connect=1.0, read=2.0, deadline=2.0)
    reader = client("preventor", base_url=raw_server(slowly), limits=limits)
    started = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        reader.fetch(Subject(kind=Kind.IDENTITY, reference="T-1"))
    assert time.monotonic() - started < LATE
    assert len(calls) >= 2


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 418, 429, 500])
@pytest.mark.parametrize("way", ["token", "five"])
def test_no_error_quotes_a_credential_even_when_the_answer_does(
    status: int, way: str, client: ClientFactory, raw_server: Callable[..., str]
) -> None:
    def echo(connection: Any, head: bytes) -> None:
        body = json.dumps(
            {"status": status, "code": head.decode("latin-1"), "message": head.decode("latin-1")}
        ).encode()
        connection.sendall(
            b"HTTP/1.1 %d Echo\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
            % (status, len(body), body)
        )

    keys = ("token",) if way == "token" else ("api_key", "secret", "tenant", "env", "banknu")
    credentials = {key: f"canary-{key}" for key in keys}
    reader = client("preventor", base_url=raw_server(echo), credentials=credentials)
    with pytest.raises(ProviderError) as caught:
        reader.fetch(Subject(kind=Kind.IDENTITY, reference="T-1"))
    error = caught.value
    printed = (
        f"{error!r} {error} {error.detail} {error.__cause__!r} {reader.connection!r} {reader.connection.session!r}"
    )
    assert "canary" not in printed
    assert "Y2FuYXJ5" not in printed  # the beginning of the canaries in base64, as Basic sends them
