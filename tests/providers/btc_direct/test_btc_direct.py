"""BTC Direct over real HTTP: every row of its table, both ways of signing in, secrets, the connection test."""

import re
import socket
from contextlib import suppress
from typing import Any

import pytest

from providers import (
    CodeRow,
    CredentialsRefused,
    Kind,
    NotFoundAtProvider,
    Outcome,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    ReferenceMismatch,
    Subject,
    UnreadableAnswer,
)
from providers.btc_direct import BTCDirect
from providers.btc_direct.parse import parse
from providers.simulator.btc_direct import user_identifier
from providers.simulator.server import Simulator
from tests.providers.btc_direct.expectations import scenario_of
from tests.providers.btc_direct.samples import ORDER, PLAYED, TABLE, asked, calls_of, payload
from tests.providers.conftest import QUICK, ClientFactory
from tests.providers.memory_tokens import MemoryTokens
from tests.providers.raw_answers import RawServer, as_json

# --- over HTTP: the table ---------------------------------------------------------------------------------------------

READ_ROWS = [row for row in TABLE.rows if row.reachable and row.value != "ER038"]


@pytest.mark.parametrize("row", READ_ROWS, ids=lambda row: f"{row.kind}-{row.value}")
def test_every_reachable_row_is_sent_and_read_as_the_table_says(row: CodeRow, client: ClientFactory) -> None:
    scenario = scenario_of(row)
    credentials = PLAYED.other_credentials["api-key"] if row.value in ("ER805", "ER806") else None
    desk = client("btc_direct", credentials=credentials)
    if row.fault:
        with pytest.raises(ProviderError) as raised:
            asked(desk, scenario)
        assert raised.value.scope == row.fault
        assert f"{row.summary} {row.action}".strip() in raised.value.detail
        assert raised.value.admin_action == row.admin_action
        return
    report, found = asked(desk, scenario)
    if row.outcome:
        assert (found.outcome, found.verdict, found.terminal) == (row.outcome, row.verdict, row.terminal)
        reason = found.reasons[0]
        assert (reason.summary, reason.group, reason.action, reason.admin_action) == (
            row.summary,
            row.group,
            row.action,
            row.admin_action,
        )
        assert reason.code == (row.value if row.value != "*" else report.status)


def test_the_reachable_rows_are_those_of_the_sign_in_and_the_liveness_read() -> None:
    assert {row.kind for row in TABLE.rows if row.reachable} == {
        "liveness_status",
        "error_code",
        "http_status",
        "shape",
    }
    assert len(TABLE.rows) == 160


CODES: dict[str, type[ProviderError]] = {
    "er033": NotFoundAtProvider,
    "er034": NotFoundAtProvider,
    "er035": NotFoundAtProvider,
    "er150": ReferenceMismatch,
    "er702": ReferenceMismatch,
    "er705": ReferenceMismatch,
    "er706": ReferenceMismatch,
    "er707": ReferenceMismatch,
    "er709": ReferenceMismatch,
    "er700": CredentialsRefused,
    "er704": CredentialsRefused,
    "er800": CredentialsRefused,
    "er801": CredentialsRefused,
    "er802": CredentialsRefused,
    "er803": CredentialsRefused,
    "er805": CredentialsRefused,
    "er806": CredentialsRefused,
    "er998": ProviderUnavailable,
    "er999": ProviderUnavailable,
    "unknown-code": UnreadableAnswer,
    "unexpected-code": UnreadableAnswer,
    "er124-and-er702": ReferenceMismatch,
    "er777-and-er124": UnreadableAnswer,
    "er035-and-er150": NotFoundAtProvider,
    "er800-and-er801": CredentialsRefused,
    "er801-and-er700": CredentialsRefused,
    "er801-and-er702": ProviderUnavailable,
}


@pytest.mark.parametrize("scenario", CODES)
def test_a_set_of_codes_is_the_heaviest_fault_among_them(scenario: str, client: ClientFactory) -> None:
    with pytest.raises(ProviderError) as raised:
        asked(client("btc_direct"), scenario)
    assert type(raised.value) is CODES[scenario]


ODD = ["token-only", "name-missing", "status-missing", "status-null", "status-number", "status-blank", "object-empty"]


@pytest.mark.parametrize("scenario", [*ODD, "list-empty", "errors-empty", "not-readable"])
def test_a_200_of_another_shape_is_a_fault_of_this_check(scenario: str, client: ClientFactory) -> None:
    with pytest.raises(UnreadableAnswer) as raised:
        asked(client("btc_direct"), scenario)
    assert raised.value.body
    assert b"_act-sim" not in raised.value.body


@pytest.mark.parametrize(
    ("scenario", "outcome"),
    [
        ("case-and-spaces", Outcome.APPROVED),
        ("type-null", Outcome.IN_PROGRESS),
        ("data-list", Outcome.IN_PROGRESS),
        ("data-absent", Outcome.PENDING),
        ("er124", Outcome.MANUAL_REVIEW),
        ("unknown-expired", Outcome.MANUAL_REVIEW),
    ],
)
def test_an_odd_but_readable_answer_has_its_outcome(scenario: str, outcome: Outcome, client: ClientFactory) -> None:
    assert asked(client("btc_direct"), scenario)[1].outcome is outcome


# --- over HTTP: signing in --------------------------------------------------------------------------------------------


def test_a_read_signs_in_once_and_the_next_one_uses_the_same_token(client: ClientFactory, simulator: Simulator) -> None:
    tokens, since = MemoryTokens(), len(simulator.world.log())
    for serial in (1, 2, 3):
        asked(client("btc_direct", tokens=tokens), "verified", serial)
    assert calls_of(simulator, since).count("POST /api/v1/authenticate") == 1
    assert tokens.writes == 1


def test_an_expired_token_is_renewed_once_and_the_read_repeated(client: ClientFactory, simulator: Simulator) -> None:
    tokens, desk_tokens = MemoryTokens(), len(simulator.world.log())
    desk = client("btc_direct", tokens=tokens)
    asked(desk, "pending")
    simulator.world.revoke_tokens("btc_direct")
    report, found = asked(desk, "pending", 8)
    assert (report.status, found.outcome) == ("pending", Outcome.IN_PROGRESS)
    calls = calls_of(simulator, desk_tokens)
    assert [call.split("/")[3] for call in calls] == ["authenticate", "buy", "buy", "authenticate", "buy"]
    assert tokens.writes == 2


def test_er801_before_the_first_read_is_overcome(client: ClientFactory) -> None:
    assert asked(client("btc_direct"), "er801-once", 31)[1].outcome is Outcome.APPROVED


@pytest.mark.parametrize("scenario", ["er800", "er801", "er800-and-er801"])
def test_a_token_refused_twice_is_a_fault_of_the_account_after_one_fresh_sign_in(
    scenario: str, client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    with pytest.raises(CredentialsRefused):
        asked(client("btc_direct"), scenario)
    calls = calls_of(simulator, since)
    assert len([call for call in calls if call.startswith("GET")]) == 2
    assert calls.count("POST /api/v1/authenticate") == 2


@pytest.mark.parametrize("scenario", ["er802", "er035", "er801-and-er700", "er999", "er124"])
def test_other_codes_cause_no_fresh_sign_in_and_no_second_read(
    scenario: str, client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    with suppress(ProviderError):
        asked(client("btc_direct"), scenario)
    assert len(calls_of(simulator, since)) == 2


def test_a_bare_401_gets_one_fresh_token(client: ClientFactory) -> None:
    assert asked(client("btc_direct"), "fault-http-401-once", 32)[1].outcome is Outcome.APPROVED
    with pytest.raises(CredentialsRefused):
        asked(client("btc_direct"), "fault-http-401", 32)


def test_an_api_key_reads_without_signing_in(client: ClientFactory, simulator: Simulator) -> None:
    since = len(simulator.world.log())
    desk = client("btc_direct", credentials=PLAYED.other_credentials["api-key"])
    assert asked(desk, "verified")[1].outcome is Outcome.APPROVED
    assert [call.split()[0] for call in calls_of(simulator, since)] == ["GET"]


def test_an_account_with_both_ways_of_signing_in_sends_only_one(client: ClientFactory) -> None:
    desk = client("btc_direct", credentials={**PLAYED.credentials, **PLAYED.other_credentials["api-key"]})
    assert asked(desk, "verified")[1].outcome is Outcome.APPROVED


def test_wrong_credentials_stop_the_account(client: ClientFactory) -> None:
    row = TABLE.find("error_code", "ER038")
    desk = client("btc_direct", credentials={"username": "desk-demo", "password": "CANARY-password"})
    with pytest.raises(CredentialsRefused) as raised:
        asked(desk, "verified")
    assert row and f"{row.summary} {row.action}".strip() in raised.value.detail
    assert raised.value.admin_action == row.admin_action
    assert "CANARY" not in raised.value.detail
    with pytest.raises(CredentialsRefused):
        asked(client("btc_direct", credentials={"api_key": "wrong"}), "verified")
    with pytest.raises(CredentialsRefused):
        asked(client("btc_direct", credentials={}), "verified")


@pytest.mark.parametrize("name", ["sign-in-without-token", "sign-in-with-unknown-code"])
def test_a_strange_answer_to_the_sign_in_is_a_fault_of_the_account(name: str, client: ClientFactory) -> None:
    with pytest.raises(ProviderUnavailable):
        asked(client("btc_direct", credentials=PLAYED.other_credentials[name]), "verified")


# --- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"accessToken": "CANARY-TOKEN"}',
        b'{"data": {"accessToken": "CANARY-TOKEN',
        b'{"accessToken": "CANARY-TOKEN", "accessToken": "CANARY-TOKEN"}',
        b'{"name": "liveness", "status": NaN, "data": {"AccessToken" : "CANARY-TOKEN\\"CANARY-TOKEN"}}',
        b'["CANARY-KEY", {"token": "CANARY-TOKEN"}]',
    ],
)
def test_what_is_kept_of_an_unreadable_answer_holds_no_secret(
    body: bytes, client: ClientFactory, raw_server: RawServer
) -> None:
    desk = client("btc_direct", credentials={"api_key": "CANARY-KEY"}, base_url=raw_server(as_json(200, body)))
    with pytest.raises(UnreadableAnswer) as raised:
        desk.fetch(ORDER)
    assert raised.value.body
    for text in (raised.value.body.decode(), str(raised.value), repr(raised.value)):
        assert "CANARY" not in text


def test_secrets_that_the_provider_repeats_are_in_no_error(client: ClientFactory, raw_server: RawServer) -> None:
    def echo(connection: socket.socket, head: bytes) -> None:
        sent = head.decode().replace("\r\n", " ")
        body = {
            "errors": {"ER777": {"code": "ER777", "message": sent, "solution": "https://x.example/?k=CANARY-QUERY"}}
        }
        connection.sendall(as_json(400, body))

    identifier = "CANARYUSER" + "7" * 30
    desk = client("btc_direct", credentials={"api_key": "CANARY-API-KEY"}, base_url=raw_server(echo))
    with pytest.raises(UnreadableAnswer) as raised:
        desk.fetch(Subject(kind=Kind.LIVENESS, reference="12345", settings={"user_identifier": identifier}))
    assert b"[removed]" in raised.value.body
    for text in (raised.value.detail, repr(raised.value), raised.value.body.decode(), repr(desk.connection)):
        assert "CANARY" not in text


# --- over HTTP: the person behind the order ---------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["User-Identifier", "XPUB"])
def test_the_name_of_the_identifier_header_is_a_setting(header: str, client: ClientFactory) -> None:
    desk = client("btc_direct", settings={"user_identifier_header": header})
    assert asked(desk, "verified")[1].outcome is Outcome.APPROVED


@pytest.mark.parametrize("header", ["", None, "Authorization", "x-api-key", "Bad Header", "A:B", "X\r\nY"])
def test_an_unusable_header_name_is_refused_before_the_call(
    header: Any, client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    with pytest.raises(CredentialsRefused):
        asked(client("btc_direct", settings={"user_identifier_header": header}), "verified")
    assert calls_of(simulator, since) == []


def test_another_header_name_than_the_provider_reads_is_er700(client: ClientFactory) -> None:
    with pytest.raises(CredentialsRefused) as raised:
        asked(client("btc_direct", settings={"user_identifier_header": "X-Somebody"}), "verified")
    assert raised.value.detail.startswith("ER700: ")


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        (user_identifier(8), "ER150"),
        ("z" * 40, "ER705"),
        ("short", "ER707"),
        ("8c9f0d1e-0000-4000-8000-000000000001", "ER707"),
    ],
)
def test_a_wrong_identifier_is_a_fault_of_this_check_alone(identifier: str, code: str, client: ClientFactory) -> None:
    subject = Subject(
        kind=Kind.LIVENESS, reference=PLAYED.reference("verified", 7), settings={"user_identifier": identifier}
    )
    with pytest.raises(ReferenceMismatch) as raised:
        client("btc_direct").fetch(subject)
    assert raised.value.detail.startswith(f"{code}: ")
    assert identifier not in raised.value.detail


@pytest.mark.parametrize(
    "reference", ["", " ", "abc", "12a", "-1", "1.0", "١٢٣", "12/../7", "4ea2b5e9-a413-4359-a8f6-9263ae8a0ee7"]
)
def test_a_reference_that_is_no_order_number_is_refused_before_the_call(
    reference: str, client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    subject = Subject(kind=Kind.LIVENESS, reference=reference, settings={"user_identifier": user_identifier(7)})
    with pytest.raises(ReferenceMismatch) as raised:
        client("btc_direct").fetch(subject)
    assert "order number" in raised.value.detail
    assert calls_of(simulator, since) == []


@pytest.mark.parametrize(
    "of_check", [{}, {"user_identifier": ""}, {"user_identifier": None}, {"user_identifier": "a\r\nX: y"}]
)
def test_a_check_without_a_usable_identifier_is_refused_before_the_call(
    of_check: dict[str, Any], client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    assert BTCDirect.reference_problem(Kind.LIVENESS, "12345", of_check)
    with pytest.raises(ReferenceMismatch):
        client("btc_direct").fetch(Subject(kind=Kind.LIVENESS, reference="12345", settings=of_check))
    assert calls_of(simulator, since) == []


def test_another_kind_of_check_is_refused() -> None:
    assert BTCDirect.reference_problem(Kind.DOCUMENT, "12345", ORDER.settings)
    assert BTCDirect.reference_problem(Kind.LIVENESS, "12345", ORDER.settings) is None


# --- over HTTP: reads and faults --------------------------------------------------------------------------------------


def test_two_reads_of_an_unchanged_check_are_equal_although_each_mints_a_token(client: ClientFactory) -> None:
    desk = client("btc_direct")
    first, second = asked(desk, "pending")[0], asked(desk, "pending")[0]
    assert desk.digest(first) == desk.digest(second)
    assert desk.digest(first) != desk.digest(asked(desk, "open")[0])
    raw = {"name": "liveness", "type": None, "status": "pending", "data": {"accessToken": "one"}}
    other = {**raw, "data": {"accessToken": "two"}}
    assert BTCDirect.digest(parse(raw, ORDER)) == BTCDirect.digest(parse(other, ORDER))


def test_a_check_moves_from_nothing_to_passed(client: ClientFactory, simulator: Simulator) -> None:
    order, seen = PLAYED.reference("missing", 77), []
    desk = client("btc_direct")
    for name in ("missing", "open", "pending", "verified"):
        simulator.world.set_scenario("btc_direct", order, PLAYED.scenarios[name])
        report = desk.fetch(Subject(kind=Kind.LIVENESS, reference=order, settings=PLAYED.check_settings(77)))
        seen.append(desk.normalise(report, desk.rules()).outcome)
    assert seen == [Outcome.PENDING, Outcome.PENDING, Outcome.IN_PROGRESS, Outcome.APPROVED]


def test_the_flows_end_where_their_names_say() -> None:
    ends = {name: one.steps[-1].state for name, one in PLAYED.scenarios.items() if name.startswith("flow-")}
    assert ends["flow-verified"] == ends["flow-second-attempt"] == {"status": "verified"}
    assert ends["flow-disabled"] == {"codes": ("ER124",)}
    words = [step.state["status"] for step in PLAYED.scenarios["flow-second-attempt"].steps]
    assert words == ["open", "pending", "open", "pending", "verified"]


@pytest.mark.parametrize(
    ("scenario", "wait"),
    [("fault-http-429-seconds", 2.0), ("fault-http-429-10s", 10.0), ("fault-http-429-absurd", None)],
)
def test_throttling_carries_the_reported_wait(scenario: str, wait: float | None, client: ClientFactory) -> None:
    with pytest.raises(ProviderThrottled) as raised:
        asked(client("btc_direct"), scenario)
    assert raised.value.retry_after == wait


def test_throttling_with_codes_in_the_body_is_still_throttling(client: ClientFactory, raw_server: RawServer) -> None:
    body = {"errors": {"ER124": {"code": "ER124", "message": "", "solution": ""}}}
    desk = client(
        "btc_direct", credentials={"api_key": "some-key"}, base_url=raw_server(as_json(429, body, Retry_After="7"))
    )
    with pytest.raises(ProviderThrottled) as raised:
        desk.fetch(ORDER)
    assert raised.value.retry_after == 7.0


@pytest.mark.parametrize("status", [201, 202, 400, 404, 500])
def test_a_passing_body_with_another_http_status_is_never_a_pass(
    status: int, client: ClientFactory, raw_server: RawServer
) -> None:
    answer = as_json(status, {"name": "liveness", "status": "verified"})
    desk = client("btc_direct", credentials={"api_key": "some-key"}, base_url=raw_server(answer))
    with pytest.raises(ProviderUnavailable):
        desk.fetch(ORDER)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 422, 500, 503])
def test_codes_are_read_with_any_http_status(status: int, client: ClientFactory, raw_server: RawServer) -> None:
    answer = as_json(status, payload("errors-order-not-found"))
    desk = client("btc_direct", credentials={"api_key": "some-key"}, base_url=raw_server(answer))
    with pytest.raises(NotFoundAtProvider):
        desk.fetch(ORDER)


# --- the connection test ----------------------------------------------------------------------------------------------


def test_the_connection_test_signs_in_or_reads_order_0(client: ClientFactory, simulator: Simulator) -> None:
    since = len(simulator.world.log())
    assert "user name and password" in client("btc_direct").test_connection()
    assert "API key" in client("btc_direct", credentials=PLAYED.other_credentials["api-key"]).test_connection()
    assert calls_of(simulator, since) == [
        "POST /api/v1/authenticate",
        "GET /api/v2/buy/0/identification/liveness",
    ]


@pytest.mark.parametrize("code", ["ER033", "ER034", "ER035", "ER700", "ER704"])
def test_an_api_key_that_is_accepted_passes_the_test(code: str, client: ClientFactory, raw_server: RawServer) -> None:
    answer = as_json(400, {"errors": {code: {"code": code, "message": "m", "solution": "s"}}})
    desk = client("btc_direct", credentials={"api_key": "some-key"}, base_url=raw_server(answer))
    assert desk.test_connection() == "BTC Direct accepts the API key."


def test_the_connection_test_names_refused_credentials(client: ClientFactory, raw_server: RawServer) -> None:
    wrong = [{"username": "desk-demo", "password": "no"}, {"api_key": "wrong"}, {}]
    for credentials in wrong:
        with pytest.raises(CredentialsRefused):
            client("btc_direct", credentials=credentials).test_connection()
    both = as_json(400, {"errors": {"ER803": {"code": "ER803", "message": "m", "solution": "s"}}})
    for answer in (both, as_json(401, {}), as_json(403, {})):
        for credentials in ({"api_key": "some-key"}, {"username": "a", "password": "b"}):
            with pytest.raises(CredentialsRefused):
                client("btc_direct", credentials=credentials, base_url=raw_server(answer)).test_connection()


def test_the_connection_test_names_a_network_that_fails(client: ClientFactory, raw_server: RawServer) -> None:
    def silent(connection: socket.socket, head: bytes) -> None:
        connection.recv(1)

    for base_url in ("http://127.0.0.1:9", raw_server(silent), raw_server(b"HTTP/1.1 302 X\r\nLocation: /\r\n\r\n")):
        for credentials in ({"api_key": "some-key"}, {"username": "a", "password": "b"}):
            with pytest.raises(ProviderUnavailable):
                client("btc_direct", credentials=credentials, base_url=base_url, limits=QUICK).test_connection()


@pytest.mark.parametrize(
    "answer",
    [
        as_json(200, {}),
        as_json(200, {"accessToken": "fooToken"}),
        as_json(404, {"message": "no"}),
        as_json(400, {"errors": {"ER777": {"code": "ER777"}}}),
        as_json(200, b"<html>"),
        as_json(200, b""),
    ],
)
def test_the_connection_test_names_an_answer_of_another_shape(
    answer: bytes, client: ClientFactory, raw_server: RawServer
) -> None:
    for credentials in ({"api_key": "some-key"}, {"username": "a", "password": "b"}):
        with pytest.raises(UnreadableAnswer):
            client("btc_direct", credentials=credentials, base_url=raw_server(answer)).test_connection()


# --- the simulator is strict ------------------------------------------------------------------------------------------


def test_a_scenario_can_be_had_for_every_person_and_found_again() -> None:
    for name in PLAYED.scenarios:
        reference = PLAYED.reference(name, 4321)
        assert re.fullmatch(r"[0-9]{10}", reference)
        found = PLAYED.scenario_of(reference)
        assert found and (found[0].name, found[1]) == (name, 4321)
    assert PLAYED.scenario_of("0000000000") is None
