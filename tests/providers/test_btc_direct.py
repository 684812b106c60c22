"""BTC Direct: words and codes by payload file, and everything that needs a call over real HTTP."""

import json
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import (
    Assessment,
    CodeRow,
    CredentialsRefused,
    Kind,
    NotFoundThere,
    Outcome,
    Provider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    Report,
    Rules,
    Subject,
    UnreadableAnswer,
    Verdict,
    WrongPairing,
    code_table,
)
from providers.btc_direct import BTCDirect, parse
from providers.simulator.btc_direct import BTCDirectSimulator, user_identifier
from providers.simulator.server import Simulator
from tests.providers.conftest import QUICK, ClientFactory
from tests.providers.memory_tokens import MemoryTokens

PAYLOADS = Path(__file__).parent.parent / "payloads" / "btc_direct"
PLAYED = BTCDirectSimulator()
TABLE = code_table("btc_direct")
ORDER = Subject(kind=Kind.LIVENESS, reference="12345", settings={"user_identifier": user_identifier(7)})
RULES = Rules(codes=TABLE, settings=BTCDirect.setting_defaults)
APPLICANT_TOKEN = "_act-invented-applicant-token-7731"
RawServer = Callable[[Any], str]


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def assessed(report: Report, **account: Any) -> Assessment:
    """As the mapping sees it; it looks at nothing but report and rules, so no connection is needed."""
    rules = Rules(codes=TABLE, settings={**BTCDirect.setting_defaults, **account})
    return BTCDirect.normalise(BTCDirect.__new__(BTCDirect), report, rules)


def told(status: Any, **account: Any) -> Assessment:
    return assessed(parse({"name": "liveness", "type": None, "status": status}, ORDER), **account)


def subject_of(scenario: str, serial: int = 7) -> Subject:
    return Subject(
        kind=Kind.LIVENESS,
        reference=PLAYED.reference(scenario, serial),
        settings=PLAYED.check_settings(serial),
    )


def asked(client: Provider, scenario: str, serial: int = 7) -> tuple[Report, Assessment]:
    report = client.fetch(subject_of(scenario, serial))
    return report, client.normalise(report, client.rules())


def calls_of(simulator: Simulator, since: int) -> list[str]:
    return [f"{line.method} {line.path}" for line in simulator.world.log(since) if line.provider == "btc_direct"]


def as_json(status: int, body: Any, **headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "Connection: close", "", "")).encode() + content


# --- words ------------------------------------------------------------------------------------------------------------

WORDS = [
    ("missing", Outcome.PENDING, Verdict.NONE, False),
    ("open", Outcome.PENDING, Verdict.NONE, False),
    ("pending", Outcome.IN_PROGRESS, Verdict.NONE, False),
    ("verified", Outcome.APPROVED, Verdict.POSITIVE, True),
    ("validated", Outcome.APPROVED, Verdict.POSITIVE, True),
    ("rejected", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, False),
    ("declined", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, False),
]


@pytest.mark.parametrize(("word", "outcome", "verdict", "terminal"), WORDS)
def test_every_status_word_has_its_outcome(word: str, outcome: Outcome, verdict: Verdict, terminal: bool) -> None:
    found = told(word)
    assert (found.outcome, found.verdict, found.terminal) == (outcome, verdict, terminal)
    assert [reason.code for reason in found.reasons] == [word]
    assert found.reasons[0].recognised == (verdict is not Verdict.UNKNOWN)
    assert found.reasons[0].summary and found.reasons[0].action


@pytest.mark.parametrize("word", ["Verified", "VERIFIED", " verified ", "\tValidated\n"])
def test_a_known_word_counts_trimmed_and_in_any_letter_case(word: str) -> None:
    report = parse({"name": "liveness", "status": word}, ORDER)
    assert (report.status, assessed(report).outcome) == (word, Outcome.APPROVED)


@pytest.mark.parametrize(
    "word",
    [
        "verіfied",
        "ver\u200bified",
        "verified\u00a0",
        "verified!",
        "verified.",
        "unverified",
        "*",
        "ok",
        "ER124",
        "approved",
    ],
)
def test_a_word_that_only_looks_like_a_pass_asks_for_a_person(word: str) -> None:
    found = told(word)
    assert (found.outcome, found.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
    assert (found.reasons[0].code, found.reasons[0].recognised) == (word, False)


def test_the_kelvin_sign_is_not_the_letter_k_of_an_approving_word() -> None:
    assert told("OK", approved_statuses=["ok"]).outcome is Outcome.APPROVED
    assert told("O\u212a", approved_statuses=["ok"]).outcome is Outcome.MANUAL_REVIEW


@pytest.mark.parametrize("setting", [["Passed "], "verified, passed", ("passed",)])
def test_a_word_added_to_the_setting_approves(setting: Any) -> None:
    found = told("passed", approved_statuses=setting)
    assert (found.outcome, found.verdict, found.terminal) == (Outcome.APPROVED, Verdict.POSITIVE, True)
    assert found.unrecognised == ()


@pytest.mark.parametrize("word", ["verified", "validated"])
@pytest.mark.parametrize("setting", [[], "", None, 7, {"verified": True}, [None, 1], ["something else"]])
def test_a_word_taken_out_of_the_setting_is_a_word_like_any_other(word: str, setting: Any) -> None:
    found = told(word, approved_statuses=setting)
    assert (found.outcome, found.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
    assert not found.reasons[0].recognised


@pytest.mark.parametrize("word", ["missing", "open", "pending"])
def test_a_waiting_word_does_not_approve_even_when_the_setting_lists_it(word: str) -> None:
    assert told(word, approved_statuses=[word]).outcome in (Outcome.PENDING, Outcome.IN_PROGRESS)


# --- payload files ----------------------------------------------------------------------------------------------------

FILES: dict[str, tuple[Outcome, Verdict]] = {
    "liveness-missing": (Outcome.PENDING, Verdict.NONE),
    "liveness-open": (Outcome.PENDING, Verdict.NONE),
    "liveness-pending": (Outcome.IN_PROGRESS, Verdict.NONE),
    "liveness-verified": (Outcome.APPROVED, Verdict.POSITIVE),
    "liveness-validated": (Outcome.APPROVED, Verdict.POSITIVE),
    "liveness-unknown-word": (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN),
    "liveness-data-list": (Outcome.IN_PROGRESS, Verdict.NONE),
    "errors-person-disabled": (Outcome.MANUAL_REVIEW, Verdict.NEGATIVE),
}
FAULTS: dict[str, type[ProviderError]] = {
    "only-access-token": UnreadableAnswer,
    "errors-all-listed": CredentialsRefused,
    "errors-expired-token-and-no-user": CredentialsRefused,
    "errors-expired-token": CredentialsRefused,
    "errors-order-not-found": NotFoundThere,
    "errors-order-of-another-user": WrongPairing,
    "errors-person-disabled-and-user-refused": WrongPairing,
    "errors-unknown-code": UnreadableAnswer,
    "errors-key-and-code-disagree": CredentialsRefused,
}


def test_every_payload_file_is_in_a_table_below() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == {*FILES, *FAULTS}


@pytest.mark.parametrize("name", FILES)
def test_a_readable_payload_has_its_outcome(name: str) -> None:
    found = assessed(parse(payload(name), ORDER))
    assert (found.outcome, found.verdict) == FILES[name]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_payload_raises_and_never_becomes_an_outcome(name: str) -> None:
    with pytest.raises(ProviderError) as raised:
        parse(payload(name), ORDER)
    assert type(raised.value) is FAULTS[name]


def test_the_listed_codes_are_all_shown_to_admins_in_order() -> None:
    with pytest.raises(CredentialsRefused) as raised:
        parse(payload("errors-all-listed"), ORDER)
    listed = raised.value.detail.partition(": ")[0].split(", ")
    assert listed == sorted(payload("errors-all-listed")["errors"])
    assert len(listed) == 13


def test_key_and_inner_code_are_both_kept_when_they_disagree() -> None:
    with pytest.raises(CredentialsRefused) as raised:
        parse(payload("errors-key-and-code-disagree"), ORDER)
    assert raised.value.detail.startswith("ER035, ER805: ")


def test_message_and_solution_of_an_unknown_code_are_told() -> None:
    with pytest.raises(UnreadableAnswer) as raised:
        parse(payload("errors-unknown-code"), ORDER)
    assert "Nobody knows this one. Write to our support." in raised.value.detail


def test_a_disabled_person_is_told_with_the_words_of_the_provider() -> None:
    found = assessed(parse(payload("errors-person-disabled"), ORDER))
    assert [(reason.code, reason.group) for reason in found.reasons] == [("ER124", "account state")]
    assert found.reasons[0].words == "This account was disabled. Write to customer care."


@pytest.mark.parametrize(
    "body",
    [
        {"status": "verified"},
        {"name": "liveness"},
        {"name": "liveness", "status": None},
        {"name": "liveness", "status": 1},
        {"name": "liveness", "status": True},
        {"name": "liveness", "status": ["verified"]},
        {"name": "liveness", "status": ""},
        {"name": "liveness", "status": " "},
        {"name": None, "status": "verified"},
        {"name": "", "status": "verified"},
        {"name": "liveness", "status": "verified", "errors": {}},
        {"name": "liveness", "status": "verified", "errors": []},
        {"name": "liveness", "status": "verified", "errors": [{"code": "ER124"}]},
        {"name": "liveness", "status": "verified", "errors": None},
        {"Name": "liveness", "Status": "verified"},
        [{"name": "liveness", "status": "verified"}],
        [],
        {},
        "verified",
        None,
        7,
    ],
)
def test_another_shape_than_the_documented_one_cannot_be_read(body: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        parse(body, ORDER)


# --- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["liveness-pending", "liveness-data-list", "liveness-unknown-word"])
def test_the_applicants_token_is_in_no_report(name: str) -> None:
    assert APPLICANT_TOKEN in (PAYLOADS / f"{name}.json").read_text()
    report = parse(payload(name), ORDER)
    assert APPLICANT_TOKEN not in json.dumps(dict(report.payload))
    assert APPLICANT_TOKEN not in repr(report)
    assert APPLICANT_TOKEN not in json.dumps(BTCDirect.stored_payload(report.payload))


@pytest.mark.parametrize(
    "data",
    [{"deep": [{"sdk_Token": "CANARY"}]}, {"accessToken": {"value": "CANARY"}}, "CANARY", {"REFRESHTOKEN": "CANARY"}],
)
def test_a_token_under_another_name_or_depth_is_cut_as_well(data: Any) -> None:
    report = parse({"name": "liveness", "status": "pending", "data": data}, ORDER)
    assert "CANARY" not in json.dumps(dict(report.payload))


def test_the_stored_payload_of_an_uncut_answer_has_no_token_either() -> None:
    stored = BTCDirect.stored_payload(payload("liveness-pending"))
    assert stored["data"] == {"accessToken": "[removed]"}


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


# --- any JSON ---------------------------------------------------------------------------------------------------------

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
KEYS = st.sampled_from(["name", "status", "type", "data", "errors", "code", "ER124", "ER800", "accessToken", "x"])
STATUSES = st.sampled_from(["verified", "Validated ", "pending", "rejected", "ER124"])
ANY_JSON = st.recursive(
    LEAVES | STATUSES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=6), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(body=ANY_JSON)
def test_any_json_is_a_report_or_a_provider_error_and_only_the_documented_shape_approves(body: Any) -> None:
    try:
        report = parse(body, ORDER)
    except ProviderError as error:
        assert len(error.detail) <= 400
        return
    found = assessed(report)
    assert found.reasons
    BTCDirect.digest(report)
    if found.outcome is Outcome.APPROVED:
        assert body["status"].strip().lower() in ("verified", "validated")
        assert isinstance(body["name"], str) and "errors" not in body


# --- over HTTP: the table ---------------------------------------------------------------------------------------------

SCENARIO_OF_ROW = {
    ("liveness_status", "*"): "unknown-rejected",
    ("error_code", "*"): "unknown-code",
    ("http_status", "200"): "pending",
    ("http_status", "400"): "http-400-without-codes",
    ("http_status", "429"): "fault-http-429-seconds",
    ("http_status", "*"): "http-418-without-codes",
    ("shape", "status_missing"): "token-only",
    ("shape", "not_readable"): "not-readable",
}
READ_ROWS = [row for row in TABLE.rows if row.reachable and row.value != "ER038"]


def scenario_of_row(row: CodeRow) -> str:
    return SCENARIO_OF_ROW.get((row.kind, row.value)) or row.value.lower()


@pytest.mark.parametrize("row", READ_ROWS, ids=lambda row: f"{row.kind}-{row.value}")
def test_the_simulator_sends_every_reachable_row_and_the_desk_reads_it_as_the_table_says(
    row: CodeRow, client: ClientFactory
) -> None:
    scenario = scenario_of_row(row)
    credentials = PLAYED.other_credentials["api-key"] if row.value in ("ER805", "ER806") else None
    desk = client("btc_direct", credentials=credentials)
    if row.fault:
        with pytest.raises(ProviderError) as raised:
            asked(desk, scenario)
        assert raised.value.scope == row.fault
        assert f"{row.summary} {row.action}" in raised.value.detail
        return
    report, found = asked(desk, scenario)
    if row.outcome:
        assert (found.outcome, found.verdict, found.terminal) == (row.outcome, row.verdict, row.terminal)
        reason = found.reasons[0]
        assert (reason.summary, reason.group, reason.action) == (row.summary, row.group, row.action)
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
    "er033": NotFoundThere,
    "er034": NotFoundThere,
    "er035": NotFoundThere,
    "er150": WrongPairing,
    "er702": WrongPairing,
    "er705": WrongPairing,
    "er706": WrongPairing,
    "er707": WrongPairing,
    "er709": WrongPairing,
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
    "er124-and-er702": WrongPairing,
    "er777-and-er124": UnreadableAnswer,
    "er035-and-er150": NotFoundThere,
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
    assert row and f"{row.summary} {row.action}" in raised.value.detail
    assert "CANARY" not in raised.value.detail
    with pytest.raises(CredentialsRefused):
        asked(client("btc_direct", credentials={"api_key": "wrong"}), "verified")
    with pytest.raises(CredentialsRefused):
        asked(client("btc_direct", credentials={}), "verified")


@pytest.mark.parametrize("name", ["sign-in-without-token", "sign-in-with-unknown-code"])
def test_a_strange_answer_to_the_sign_in_is_a_fault_of_the_account(name: str, client: ClientFactory) -> None:
    with pytest.raises(ProviderUnavailable):
        asked(client("btc_direct", credentials=PLAYED.other_credentials[name]), "verified")


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
    with pytest.raises(WrongPairing) as raised:
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
    with pytest.raises(WrongPairing) as raised:
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
    with pytest.raises(WrongPairing):
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
def test_throttling_carries_what_was_told(scenario: str, wait: float | None, client: ClientFactory) -> None:
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
def test_codes_are_read_whatever_the_http_status_says(
    status: int, client: ClientFactory, raw_server: RawServer
) -> None:
    answer = as_json(status, payload("errors-order-not-found"))
    desk = client("btc_direct", credentials={"api_key": "some-key"}, base_url=raw_server(answer))
    with pytest.raises(NotFoundThere):
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
