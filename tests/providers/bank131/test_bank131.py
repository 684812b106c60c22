"""Bank131 over real HTTP: every row of its table, methods, pointers, faults, the connection test."""

import json
import re
import socket
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
    Verdict,
)
from providers.bank131 import Bank131
from providers.simulator.server import Simulator
from tests.providers.bank131.expectations import scenario_of
from tests.providers.bank131.samples import PLAYED, SEVEN, TABLE, asked, calls_of, payload
from tests.providers.conftest import QUICK, ClientFactory
from tests.providers.raw_answers import RawServer, as_json

# --- over HTTP: the table ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in TABLE.rows if row.reachable], ids=lambda row: f"{row.kind}-{row.value}")
def test_every_reachable_row_is_sent_and_read_as_the_table_says(row: CodeRow, client: ClientFactory) -> None:
    scenario = scenario_of(row)
    desk = client("bank131")
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
        raw = report.codes[0] if row.kind == "error_code" else report.status
        assert (reason.code, reason.recognised) == (raw, row.value != "*")
    # The code beside this word says more.
    if row.kind != "http_status" and (row.kind, row.value) != ("status", "error"):
        shown = [(reason.summary, reason.group, reason.action, reason.admin_action) for reason in found.reasons]
        assert (row.summary, row.group, row.action, row.admin_action) in shown


# --- over HTTP: method, path, headers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "setting", "method"),
    [
        ("live", None, "POST"),
        ("live", "", "POST"),
        ("live", "GET", "GET"),
        ("live", "POST", "POST"),
        ("sandbox", None, "GET"),
        ("sandbox", "POST", "POST"),
        ("simulator", None, "GET"),
        ("simulator", "post", "POST"),
    ],
)
def test_the_method_is_the_one_of_the_environment_unless_set(
    environment: str, setting: str | None, method: str, client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    given = {} if setting is None else {"read_method": setting}
    report, found = asked(client("bank131", environment=environment, settings=given), "ok")
    assert found.outcome is Outcome.APPROVED
    assert calls_of(simulator, since) == [f"{method} /api/v1.1/check/{report.reference}"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_read_has_an_empty_body_and_the_two_headers(
    method: str, client: ClientFactory, raw_server: RawServer
) -> None:
    heads: list[str] = []

    def answer(connection: socket.socket, head: bytes) -> None:
        heads.append(head.decode())
        connection.sendall(as_json(200, {"status": "pending"}))

    desk = client("bank131", base_url=raw_server(answer), settings={"read_method": method})
    desk.fetch(SEVEN)
    assert heads[0].startswith(f"{method} /api/v1.1/check/7 HTTP/1.1\r\n")
    assert heads[0].endswith("\r\n\r\n")
    assert "X-PARTNER-PROJECT: desk_demo_project\r\n" in heads[0]
    assert "Content-Type: application/json\r\n" in heads[0]
    assert "Content-Length" not in heads[0] or "Content-Length: 0\r\n" in heads[0]
    assert "X-PARTNER-SIGN" not in heads[0]


def test_a_refused_method_in_live_names_the_setting_and_the_other_is_not_tried(
    client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    desk = client("bank131", environment="live", credentials=PLAYED.other_credentials["reads-by-get-only"])
    with pytest.raises(ProviderUnavailable) as raised:
        asked(desk, "ok")
    assert "HTTP 405" in raised.value.detail
    assert "Newer documentation uses GET: change Read method." in raised.value.admin_action
    assert [call.split()[0] for call in calls_of(simulator, since)] == ["POST"]


@pytest.mark.parametrize("scenario", ["fault-http-404", "http-405"])
def test_a_404_or_405_in_live_names_the_read_method(scenario: str, client: ClientFactory) -> None:
    hint = "Newer documentation uses GET: change Read method."
    with pytest.raises(ProviderUnavailable) as by_post:
        asked(client("bank131", environment="live"), scenario)
    assert hint in by_post.value.admin_action
    for environment, method in (("simulator", "GET"), ("sandbox", "POST"), ("live", "GET")):
        with pytest.raises(ProviderUnavailable) as elsewhere:
            asked(client("bank131", environment=environment, settings={"read_method": method}), scenario)
        assert hint not in elsewhere.value.admin_action
        assert "path prefix" in elsewhere.value.admin_action


@pytest.mark.parametrize("prefix", ["/api/v1.1", "/api/v1.1/", "/api/v2.0", "/api/v2", "/api/v1"])
def test_the_path_prefix_is_a_setting(prefix: str, client: ClientFactory, simulator: Simulator) -> None:
    since = len(simulator.world.log())
    report, found = asked(client("bank131", settings={"path_prefix": prefix}), "ok")
    assert found.outcome is Outcome.APPROVED
    assert calls_of(simulator, since) == [f"GET {prefix.rstrip('/')}/check/{report.reference}"]
    recipient = [value for label, value in report.facts.other if label == "Recipient"]
    assert recipient == (["5007"] if "v1" in prefix else [])


def test_a_path_prefix_that_is_not_there_is_a_fault_of_the_account(client: ClientFactory) -> None:
    with pytest.raises(ProviderUnavailable) as raised:
        asked(client("bank131", settings={"path_prefix": "/api/v9"}), "ok")
    assert "HTTP 404" in raised.value.detail


@pytest.mark.parametrize(
    "given",
    [
        {"read_method": "PUT"},
        {"read_method": "DELETE"},
        {"read_method": 7},
        {"path_prefix": "api"},
        {"path_prefix": "/api/v1.1/check?x="},
        {"path_prefix": "/api/../admin"},
        {"path_prefix": "/api/v1.1#"},
        {"path_prefix": "//elsewhere.example"},
        {"path_prefix": None},
    ],
)
def test_a_setting_that_could_turn_a_read_into_another_call_is_refused(
    given: dict[str, Any], client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    with pytest.raises(CredentialsRefused):
        asked(client("bank131", settings=given), "ok")
    assert calls_of(simulator, since) == []


@pytest.mark.parametrize("reference", ["", " ", "abc", "7a", "-7", "7.0", "٧", "7/..", "7?x=1", "7\n"])
def test_an_id_that_is_not_digits_is_refused_before_the_call(
    reference: str, client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    assert Bank131.reference_problem(Kind.DATABASE, reference, {})
    with pytest.raises(NotFoundAtProvider):
        client("bank131", environment="live").fetch(Subject(kind=Kind.DATABASE, reference=reference))
    assert calls_of(simulator, since) == []


def test_another_kind_of_check_is_refused() -> None:
    assert Bank131.reference_problem(Kind.IDENTITY, "7", {})
    assert Bank131.reference_problem(Kind.DATABASE, "007", {}) is None


# --- over HTTP: pointers ----------------------------------------------------------------------------------------------


def test_a_pointer_is_followed_and_both_ids_are_kept(client: ClientFactory, simulator: Simulator) -> None:
    since = len(simulator.world.log())
    report, found = asked(client("bank131"), "already-exists-ok")
    submitted, earlier = PLAYED.reference("already-exists-ok", 7), PLAYED.reference("ok", 7)
    assert (report.reference, report.followed_reference) == (submitted, earlier)
    assert (report.status, found.outcome, found.verdict) == ("ok", Outcome.APPROVED, Verdict.POSITIVE)
    assert [reason.code for reason in found.reasons] == ["ok", "valid", "already_exists"]
    assert found.reasons[-1].words == f"Check {submitted} points to the earlier check {earlier}."
    assert calls_of(simulator, since) == [f"GET /api/v1.1/check/{one}" for one in (submitted, earlier)]


@pytest.mark.parametrize(("scenario", "calls"), [("already-exists-2-hops", 3), ("already-exists-3-hops", 4)])
def test_up_to_three_pointers_are_followed(
    scenario: str, calls: int, client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    report, found = asked(client("bank131"), scenario)
    assert (found.outcome, report.followed_reference) == (Outcome.APPROVED, PLAYED.reference("ok", 7))
    assert len(calls_of(simulator, since)) == calls


@pytest.mark.parametrize(
    ("scenario", "calls"),
    [
        ("already-exists-4-hops", 4),
        ("already-exists-itself", 1),
        ("already-exists-circle", 2),
        ("already-exists-no-id", 1),
        ("already-exists-no-digits", 1),
        ("already-exists-nowhere", 2),
        ("already-exists-invalid-sign", 2),
    ],
)
def test_a_pointer_that_leads_nowhere_is_a_fault_of_this_check_after_a_few_calls(
    scenario: str, calls: int, client: ClientFactory, simulator: Simulator
) -> None:
    since, row = len(simulator.world.log()), TABLE.find("shape", "pointer_unusable")
    with pytest.raises(ReferenceMismatch) as raised:
        asked(client("bank131"), scenario)
    assert row and f"{row.summary} {row.action}".strip() in raised.value.detail
    assert raised.value.admin_action == row.admin_action
    assert len(calls_of(simulator, since)) == calls


def test_a_failure_behind_a_pointer_belongs_to_the_earlier_submission(client: ClientFactory) -> None:
    report, found = asked(client("bank131"), "already-exists-passport")
    assert (found.outcome, found.verdict, found.terminal) == (Outcome.RETRY_REQUIRED, Verdict.NEGATIVE, True)
    assert [reason.code for reason in found.reasons] == ["passport_validation_failure", "already_exists"]
    assert found.reasons[-1].words.endswith("The failure belongs to that earlier submission.")
    assert report.followed_reference == PLAYED.reference("passport-failure", 7)


def test_an_unknown_code_behind_a_pointer_needs_a_manual_review(client: ClientFactory) -> None:
    assert asked(client("bank131"), "already-exists-unknown-code")[1].verdict is Verdict.UNKNOWN


def test_later_reads_go_straight_to_the_followed_check_and_equal_the_first(
    client: ClientFactory, simulator: Simulator
) -> None:
    desk = client("bank131")
    simulator.world.set_scenario("bank131", PLAYED.reference("flow-confirmed", 7), PLAYED.scenarios["pending"])
    first, running = asked(desk, "already-exists-pending")
    assert running.outcome is Outcome.IN_PROGRESS
    since = len(simulator.world.log())
    second, again = asked(desk, "already-exists-pending", follow=first.followed_reference)
    assert calls_of(simulator, since) == [f"GET /api/v1.1/check/{first.followed_reference}"]
    assert second.followed_reference == first.followed_reference
    assert second.reference == first.reference != first.followed_reference
    assert desk.digest(first) == desk.digest(second)
    assert running == again
    simulator.world.set_scenario("bank131", first.followed_reference, PLAYED.scenarios["ok"])
    third, confirmed = asked(desk, "already-exists-pending", follow=first.followed_reference)
    assert confirmed.outcome is Outcome.APPROVED
    assert desk.digest(third) != desk.digest(first)


def test_a_followed_check_may_point_on_but_never_back(client: ClientFactory) -> None:
    desk = client("bank131")
    report, found = asked(desk, "pending", follow=PLAYED.reference("already-exists-2-hops", 7))
    assert (report.followed_reference, found.outcome) == (PLAYED.reference("ok", 7), Outcome.APPROVED)
    with pytest.raises(ReferenceMismatch):
        asked(desk, "pending", follow=PLAYED.reference("already-exists-3-hops", 7))
    with pytest.raises(ReferenceMismatch):
        asked(desk, "already-exists-circle", follow=PLAYED.reference("already-exists-circle-back", 7))
    with pytest.raises(ReferenceMismatch):
        asked(desk, "pending", follow="no digits")


# --- over HTTP: faults ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["http-422-body", "http-422-header-named-in-code", "http-422-header-named-in-description"]
)
def test_a_422_names_its_value_in_code_or_description(name: str, client: ClientFactory, raw_server: RawServer) -> None:
    value = "request_body_validation_error" if name == "http-422-body" else "request_header_validation_error"
    row = TABLE.find("validation_code", value)
    with pytest.raises(CredentialsRefused) as raised:
        client("bank131", base_url=raw_server(as_json(422, payload(name)))).fetch(SEVEN)
    assert row and raised.value.detail == f"HTTP 422, {value}. {row.summary}"
    assert (row.action, raised.value.admin_action) == ("", row.admin_action) != ("", "")


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("invalid-sign", ReferenceMismatch),
        ("request-not-found", NotFoundAtProvider),
        ("project-not-found", CredentialsRefused),
        ("http-422", CredentialsRefused),
        ("fault-http-401", CredentialsRefused),
        ("fault-http-403", CredentialsRefused),
        ("fault-http-429-10s", ProviderThrottled),
        ("fault-http-500", ProviderUnavailable),
        ("fault-http-502-html", ProviderUnavailable),
        ("http-418", ProviderUnavailable),
        ("http-201", ProviderUnavailable),
        ("fault-html-200", UnreadableAnswer),
        ("fault-empty-200", UnreadableAnswer),
        ("status-missing", UnreadableAnswer),
        ("status-null", UnreadableAnswer),
        ("status-number", UnreadableAnswer),
        ("error-without-error", UnreadableAnswer),
        ("fault-another-applicant", ReferenceMismatch),
    ],
)
def test_a_fault_is_an_error_of_the_right_kind(
    scenario: str, error: type[ProviderError], client: ClientFactory
) -> None:
    with pytest.raises(ProviderError) as raised:
        asked(client("bank131"), scenario)
    assert type(raised.value) is error


@pytest.mark.parametrize("scenario", ["fault-other-letter-case", "fault-unknown-word", "ok-with-error"])
def test_a_word_that_is_not_exactly_documented_needs_a_manual_review(scenario: str, client: ClientFactory) -> None:
    assert asked(client("bank131"), scenario)[1].verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("scenario", ["ok-id-as-number", "ok-bare", "ok-data-list"])
def test_the_documented_varieties_of_a_confirmation_approve(scenario: str, client: ClientFactory) -> None:
    assert asked(client("bank131"), scenario)[1].outcome is Outcome.APPROVED


def test_throttling_carries_the_reported_wait(client: ClientFactory) -> None:
    with pytest.raises(ProviderThrottled) as raised:
        asked(client("bank131"), "fault-http-429-seconds")
    assert raised.value.retry_after == 2.0


def test_a_dead_host_names_the_allow_list_as_a_suspect(client: ClientFactory) -> None:
    with pytest.raises(ProviderUnavailable) as raised:
        client("bank131", base_url="http://127.0.0.1:9", limits=QUICK).fetch(SEVEN)
    assert "allow-list" in raised.value.admin_action


def test_the_project_is_in_no_error_report_or_repr(client: ClientFactory, raw_server: RawServer) -> None:
    project = {"project": "CANARY_project"}
    shown = {"status": "ok", "data": {"id": "7", "description": "CANARY_project is fine"}}
    report = client("bank131", credentials=project, base_url=raw_server(as_json(200, shown))).fetch(SEVEN)
    assert report.facts.other == (("The bank's remark", "[removed] is fine"),)
    assert "CANARY" not in json.dumps(dict(report.payload))
    refused = {"status": "error", "error": {"code": "malformed", "description": "CANARY_project"}}
    for answer in (
        as_json(422, refused),
        as_json(200, b"CANARY_project"),
        as_json(500, refused),
        as_json(200, {"CANARY_project": 1}),
    ):
        desk = client("bank131", credentials=project, base_url=raw_server(answer))
        with pytest.raises(ProviderError) as raised:
            desk.fetch(SEVEN)
        kept = raised.value.body.decode() if isinstance(raised.value, UnreadableAnswer) else ""
        assert "CANARY" not in f"{raised.value} {raised.value!r} {kept} {desk.connection!r}"


@pytest.mark.parametrize("project", ["", "  ", "a\r\nX: y", "проект"])
def test_an_unusable_project_is_refused_before_the_call(
    project: str, client: ClientFactory, simulator: Simulator
) -> None:
    since = len(simulator.world.log())
    with pytest.raises(CredentialsRefused):
        asked(client("bank131", credentials={"project": project}), "ok")
    assert calls_of(simulator, since) == []


def test_a_result_of_the_test_environment_is_marked(client: ClientFactory) -> None:
    marks = {}
    for environment in ("sandbox", "simulator", "live"):
        report, found = asked(client("bank131", environment=environment), "ok")
        assert found.outcome is Outcome.APPROVED
        marks[environment] = [label for label, _ in report.facts.other if label == "Test result"]
    assert marks == {"sandbox": ["Test result"], "simulator": [], "live": []}


# --- the connection test ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scenario", ["ok", "pending", "passport-failure", "inn-failure", "already-exists-ok", "invalid-sign"]
)
def test_a_check_that_the_bank_knows_passes_the_connection_test(scenario: str, client: ClientFactory) -> None:
    shown = client("bank131", environment="live").test_connection(PLAYED.reference(scenario, 7))
    assert shown == "The bank accepts the project, and the check can be read."


def test_the_connection_test_passes_with_an_unknown_id_but_live_needs_one(client: ClientFactory) -> None:
    assert "does not know" in client("bank131").test_connection()
    assert "does not know" in client("bank131", environment="live").test_connection("4711")
    with pytest.raises(NotFoundAtProvider):
        client("bank131", environment="live").test_connection(" ")
    with pytest.raises(NotFoundAtProvider):
        client("bank131").test_connection("abc")


def test_the_connection_test_distinguishes_credentials_network_method_and_shape(
    client: ClientFactory, raw_server: RawServer
) -> None:
    with pytest.raises(CredentialsRefused):
        client("bank131", credentials={"project": "nobody"}).test_connection()
    for scenario in ("request-header-validation-error", "fault-http-401"):
        with pytest.raises(CredentialsRefused):
            client("bank131").test_connection(PLAYED.reference(scenario, 7))
    with pytest.raises(ProviderUnavailable) as network:
        client("bank131", base_url="http://127.0.0.1:9", limits=QUICK).test_connection()
    assert "allow-list" in network.value.admin_action
    with pytest.raises(ProviderUnavailable) as method:
        client(
            "bank131", environment="live", credentials=PLAYED.other_credentials["reads-by-get-only"]
        ).test_connection("7")
    assert "Read method" in method.value.admin_action
    for body in (b"<html>", b"", {"status": "success"}, {"hello": 1}, {"status": "error", "error": {"code": "odd"}}):
        with pytest.raises(UnreadableAnswer):
            client("bank131", base_url=raw_server(as_json(200, body))).test_connection()


# --- the simulator is strict ------------------------------------------------------------------------------------------


def test_a_scenario_can_be_had_for_every_person_and_found_again() -> None:
    for name in PLAYED.scenarios:
        reference = PLAYED.reference(name, 4321)
        assert re.fullmatch(r"[0-9]{10}", reference)
        found = PLAYED.scenario_of(reference)
        assert found and (found[0].name, found[1]) == (name, 4321)
    assert PLAYED.scenario_of("0000000000") is None
