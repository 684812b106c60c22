"""ADVANCE.AI over real HTTP: every row of its code table, signing in, the one fresh token, files, connection test."""

import io
import json
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from PIL import Image

from providers import (
    Assessment,
    CodeRow,
    Connection,
    CredentialsRefused,
    Download,
    EvidenceKind,
    Kind,
    NotFoundAtProvider,
    Outcome,
    Provider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    QuotaExhausted,
    ReferenceMismatch,
    Report,
    Session,
    Subject,
    Token,
    UnreadableAnswer,
    Verdict,
    code_table,
    connect,
)
from providers.advance_ai import HEALTH_PATH, RESULT_PATH, TOKEN_PATH, signature
from providers.simulator.advance_ai import AdvanceAISimulator
from providers.simulator.faults import Fault
from providers.simulator.people import person
from providers.simulator.server import Simulator
from providers.simulator.world import World
from tests.providers.advance_ai.expectations import scenes_of
from tests.providers.conftest import LATE, QUICK, ClientFactory
from tests.providers.memory_tokens import MemoryTokens

PLAYED = AdvanceAISimulator()
REACHABLE = [row for row in code_table("advance_ai").rows if row.reachable]
RawServer = Callable[[bytes], str]


def subject_of(scenario: str, serial: int = 0) -> Subject:
    return Subject(kind=Kind.DATABASE, reference=PLAYED.reference(scenario, serial))


def asked(provider: Provider, scenario: str, serial: int = 0) -> tuple[Report, Assessment]:
    report = provider.fetch(subject_of(scenario, serial))
    return report, provider.normalise(report, provider.rules())


@pytest.fixture
def account(client: ClientFactory) -> Provider:
    """The demonstration account against the simulator."""
    return client("advance_ai")


def calls_since(simulator: Simulator, start: int) -> list[str]:
    """The paths of ADVANCE.AI that were called from a log number on."""
    return [line.path for line in simulator.world.log(start) if line.provider == "advance_ai"]


# --- the code table ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", REACHABLE, ids=lambda row: f"{row.kind}-{row.value}-{row.verdict or row.fault}")
def test_every_reachable_row_is_sent_and_read_as_the_table_says(row: CodeRow, client: ClientFactory) -> None:
    (scene,) = scenes_of(row)
    account = client("advance_ai", credentials=dict(scene.credentials) or None)
    scenario = scene.scenario
    if row.fault:
        with pytest.raises(ProviderError) as caught:
            asked(account, scenario)
        assert caught.value.scope == row.fault
        assert row.summary in caught.value.detail
        assert row.action in caught.value.detail
        assert caught.value.admin_action == row.admin_action
        return
    report, assessment = asked(account, scenario)
    if row.kind == "number_type":
        assert ("Register", row.summary) in report.facts.other
        return
    if row.outcome:
        assert (assessment.outcome, assessment.verdict) == (row.outcome, row.verdict)
    if row.kind not in ("envelope_code", "http_status"):
        shown = {(reason.summary, reason.group) for reason in assessment.reasons}
        assert (row.summary, row.group) in shown
        assert (row.action, row.admin_action) in {(reason.action, reason.admin_action) for reason in assessment.reasons}


# Written by hand, so that the table and the mapping cannot be wrong together.
BY_HAND = [
    ("passed", Outcome.APPROVED, Verdict.POSITIVE, "The applicant passed the verification."),
    ("failed-bvn-not-exist", Outcome.DECLINED, Verdict.NEGATIVE, "The bank verification number (BVN) does not exist"),
    ("failed-number-deceased", Outcome.DECLINED, Verdict.NEGATIVE, "The register records the holder"),
    ("failed-name-not-match", Outcome.MANUAL_REVIEW, Verdict.NEGATIVE, "The name that the applicant typed differs"),
    ("failed-liveness-attack", Outcome.DECLINED, Verdict.NEGATIVE, "The liveness check failed"),
    ("failed-liveness-unsure", Outcome.MANUAL_REVIEW, Verdict.NEGATIVE, "The liveness check failed"),
    ("failed-similarity-failed", Outcome.DECLINED, Verdict.NEGATIVE, "The selfie and the official image"),
    ("failed-similarity-manual-band", Outcome.MANUAL_REVIEW, Verdict.NEGATIVE, "The selfie and the official image"),
    ("failed-invalid-format", Outcome.RETRY_REQUIRED, Verdict.NEGATIVE, "The number or another entry"),
    ("failed-can-not-verify", Outcome.RETRY_REQUIRED, Verdict.NEGATIVE, "The official register was not usable"),
    ("failed-risk-strategy-hit", Outcome.MANUAL_REVIEW, Verdict.NEGATIVE, "A rule of ADVANCE.AI against attacks"),
    ("failed-unknown-code", Outcome.MANUAL_REVIEW, Verdict.NEGATIVE, "The verification ended with an error code"),
    ("incomplete-user-timeout", Outcome.INCOMPLETE, Verdict.NONE, "The applicant did not finish"),
    ("incomplete-error", Outcome.RETRY_REQUIRED, Verdict.NONE, "ADVANCE.AI's service failed"),
    ("incomplete-retry-count-reach-max", Outcome.RETRY_REQUIRED, Verdict.NONE, "The applicant used up all attempts"),
    ("incomplete-unknown-code", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, "The verification ended with an error code"),
    ("open", Outcome.PENDING, Verdict.NONE, "The verification has no result"),
    ("open-without-result", Outcome.PENDING, Verdict.NONE, "The verification has no result"),
    ("processing", Outcome.IN_PROGRESS, Verdict.NONE, "The verification has no result"),
    ("passed-without-code", Outcome.IN_PROGRESS, Verdict.NONE, "The applicant passed the verification."),
    (
        "passed-other-code",
        Outcome.MANUAL_REVIEW,
        Verdict.UNKNOWN,
        "The code NAME_NOT_MATCH is not documented with the result PASS",
    ),
    ("passed-cpf-suspended", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, "The Brazilian tax number (CPF) is suspended"),
    ("passed-entry-fail", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, "This entry differs from the register."),
    ("passed-entry-unknown", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, "The comparison of an entry"),
    (
        "passed-older-field-fails",
        Outcome.MANUAL_REVIEW,
        Verdict.UNKNOWN,
        "The answer of ADVANCE.AI contradicts itself.",
    ),
    ("result-unknown", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, "ADVANCE.AI answered with a result word"),
    ("fault-unknown-word", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, "ADVANCE.AI answered with a result word"),
    ("fault-other-letter-case", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, "The verification ended with an error code"),
]


@pytest.mark.parametrize(("scenario", "outcome", "verdict", "sentence"), BY_HAND)
def test_an_answer_over_http_becomes_outcome_verdict_and_sentence(
    scenario: str, outcome: Outcome, verdict: Verdict, sentence: str, account: Provider
) -> None:
    _, assessment = asked(account, scenario)
    assert (assessment.outcome, assessment.verdict) == (outcome, verdict)
    assert assessment.reasons[0].summary.startswith(sentence)


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("envelope-signature-not-exist", NotFoundAtProvider),
        ("envelope-error", ProviderUnavailable),
        ("envelope-client-error", ProviderUnavailable),
        ("envelope-iam-failed", CredentialsRefused),
        ("envelope-token", CredentialsRefused),
        ("envelope-parameter-error", CredentialsRefused),
        ("envelope-empty-parameter-error", CredentialsRefused),
        ("envelope-insufficient-balance", QuotaExhausted),
        ("envelope-over-query-limit", QuotaExhausted),
        ("envelope-service-busy", ProviderThrottled),
        ("envelope-retry-later", ProviderThrottled),
        ("envelope-unknown", UnreadableAnswer),
        ("data-missing", UnreadableAnswer),
        ("not-readable", UnreadableAnswer),
        ("fault-http-401", CredentialsRefused),
        ("fault-http-403", CredentialsRefused),
        ("fault-http-404", ProviderUnavailable),
        ("fault-http-429-date", ProviderThrottled),
        ("fault-http-503", ProviderUnavailable),
        ("fault-redirect-same", ProviderUnavailable),
        ("fault-html-200", UnreadableAnswer),
        ("fault-empty-200", UnreadableAnswer),
        ("fault-list-for-object", UnreadableAnswer),
        ("fault-another-applicant", ReferenceMismatch),
    ],
)
def test_a_fault_over_http_has_its_class(scenario: str, error: type[ProviderError], account: Provider) -> None:
    with pytest.raises(error) as caught:
        asked(account, scenario)
    assert type(caught.value) is error


@pytest.mark.parametrize("fault", Fault)
def test_no_fault_approves(fault: Fault, client: ClientFactory) -> None:
    account = client("advance_ai", limits=QUICK)
    began = time.monotonic()
    try:
        _, assessment = asked(account, f"fault-{fault.value}")
    except ProviderError:
        assert time.monotonic() - began < LATE
    else:
        within_limits = (Fault.HTTP_401_ONCE, Fault.HEAVY, Fault.LONG_TEXT)
        assert fault in within_limits or assessment.outcome == Outcome.MANUAL_REVIEW


@pytest.mark.parametrize(("scenario", "seconds"), [("envelope-service-busy", 10.0), ("envelope-retry-later", 3.0)])
def test_a_throttling_envelope_carries_its_waiting_time(scenario: str, seconds: float, account: Provider) -> None:
    with pytest.raises(ProviderThrottled) as caught:
        asked(account, scenario)
    assert caught.value.retry_after == seconds
    assert len(caught.value.request_id) == 16


def test_an_unreadable_answer_keeps_its_body_for_inspection(account: Provider) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        asked(account, "data-missing")
    assert json.loads(caught.value.body)["code"] == "SUCCESS"


# --- signing in -------------------------------------------------------------------------------------------------------


def test_one_token_serves_many_reads(simulator: Simulator, account: Provider) -> None:
    start = len(simulator.world.log())
    for serial in range(3):
        asked(account, "passed", serial)
    assert calls_since(simulator, start) == [TOKEN_PATH, RESULT_PATH, RESULT_PATH, RESULT_PATH]


@pytest.mark.parametrize("scenario", ["envelope-iam-failed-once", "envelope-token-once", "fault-http-401-once"])
def test_a_refused_token_brings_exactly_one_fresh_one(
    scenario: str, simulator: Simulator, client: ClientFactory
) -> None:
    tokens = MemoryTokens(Token(value="adv.from-yesterday", expires_at=datetime.now(UTC) + timedelta(hours=1)))
    account = client("advance_ai", tokens=tokens)
    start = len(simulator.world.log())
    assert asked(account, scenario, 21)[1].outcome == Outcome.APPROVED
    assert calls_since(simulator, start) == [RESULT_PATH, TOKEN_PATH, RESULT_PATH]
    assert tokens.writes == 1


def test_a_token_that_expires_early_is_replaced(simulator: Simulator, client: ClientFactory) -> None:
    account = client("advance_ai", credentials=PLAYED.other_credentials["tokens-live-3-seconds"])
    asked(account, "passed")
    time.sleep(3.1)
    start = len(simulator.world.log())
    assert asked(account, "passed")[1].outcome == Outcome.APPROVED
    assert calls_since(simulator, start) == [RESULT_PATH, TOKEN_PATH, RESULT_PATH]


def test_an_account_that_stays_denied_is_refused_after_one_fresh_token(
    simulator: Simulator, client: ClientFactory
) -> None:
    account = client("advance_ai", credentials=PLAYED.other_credentials["denied-everywhere"])
    start = len(simulator.world.log())
    with pytest.raises(CredentialsRefused):
        asked(account, "passed")
    assert calls_since(simulator, start) == [TOKEN_PATH, RESULT_PATH, TOKEN_PATH, RESULT_PATH]


@pytest.mark.parametrize(
    ("credentials", "error"),
    [
        ({"access_key": "simulated-access-key", "secret_key": "wrong"}, CredentialsRefused),
        ({"access_key": "nobody", "secret_key": "wrong"}, CredentialsRefused),
        ({"access_key": "simulated-access-key"}, CredentialsRefused),
        (PLAYED.other_credentials["account-disabled"], CredentialsRefused),
        (PLAYED.other_credentials["sign-in-busy"], ProviderThrottled),
        (PLAYED.other_credentials["sign-in-without-token"], UnreadableAnswer),
        (PLAYED.other_credentials["sign-in-not-readable"], UnreadableAnswer),
    ],
)
def test_a_sign_in_that_does_not_work_is_named(
    credentials: dict[str, str], error: type[ProviderError], client: ClientFactory
) -> None:
    with pytest.raises(error) as caught:
        client("advance_ai", credentials=credentials).fetch(subject_of("passed"))
    assert type(caught.value) is error
    if isinstance(caught.value, UnreadableAnswer):
        assert caught.value.body == b""  # it could hold a live token


def test_a_clock_that_is_off_is_named_as_a_suspect(raw_server: RawServer, client: ClientFactory) -> None:
    body = json.dumps({"code": "PARAMETER_ERROR", "message": "Parameter error", "data": None}).encode()
    theirs = format_datetime(datetime.now(UTC) - timedelta(seconds=400), usegmt=True)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: {theirs}\r\nContent-Length: {len(body)}\r\n\r\n"
    with pytest.raises(CredentialsRefused) as caught:
        client("advance_ai", base_url=raw_server(head.encode() + body)).fetch(subject_of("passed"))
    assert "clock is 40" in caught.value.detail
    assert "ahead of theirs" in caught.value.detail


# --- the connection test ----------------------------------------------------------------------------------------------


def test_the_connection_test_says_what_worked(account: Provider) -> None:
    said = "ADVANCE.AI accepted the keys, and an unknown verification id was answered as documented."
    assert account.test_connection() == said
    assert account.test_connection(PLAYED.reference("open", 1)).endswith("a verification was read.")


def test_the_connection_test_tries_the_keys_even_when_a_token_is_stored(client: ClientFactory) -> None:
    good = MemoryTokens()
    client("advance_ai", tokens=good).fetch(subject_of("passed"))
    wrong = {"access_key": "simulated-access-key", "secret_key": "changed"}
    with pytest.raises(CredentialsRefused):
        client("advance_ai", tokens=good, credentials=wrong).test_connection()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p/>", UnreadableAnswer),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", UnreadableAnswer),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", CredentialsRefused),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", ProviderUnavailable),
        (b"", ProviderUnavailable),
    ],
)
def test_the_connection_test_distinguishes_authentication_network_and_shape(
    answer: bytes, error: type[ProviderError], raw_server: RawServer, client: ClientFactory
) -> None:
    with pytest.raises(error) as caught:
        client("advance_ai", base_url=raw_server(answer), limits=QUICK).test_connection()
    assert type(caught.value) is error


def test_a_host_that_is_down_is_a_network_fault(client: ClientFactory) -> None:
    with pytest.raises(ProviderUnavailable):
        client("advance_ai", base_url="http://127.0.0.1:9", limits=QUICK).test_connection()


# --- the register's health --------------------------------------------------------------------------------------------


def test_only_an_unusable_register_is_asked_about_its_health(simulator: Simulator, account: Provider) -> None:
    asked(account, "passed")
    start = len(simulator.world.log())
    asked(account, "failed-name-not-match")
    report, assessment = asked(account, "failed-register-unstable")
    assert calls_since(simulator, start) == [RESULT_PATH, RESULT_PATH, HEALTH_PATH]
    assert assessment.outcome == Outcome.RETRY_REQUIRED
    assert assessment.reasons[-1].code == "unstable"
    without = replace(report, payload={key: value for key, value in report.payload.items() if key != "health_status"})
    assert type(account).digest(without) == type(account).digest(report)


# --- pictures, archive, video -----------------------------------------------------------------------------------------


def downloads(provider: Provider, scenario: str, serial: int = 0) -> dict[str, Download]:
    subject = subject_of(scenario, serial)
    items = provider.list_evidence(provider.fetch(subject))
    found = [one for item in items for one in provider.fetch_evidence(item, subject)]
    return {one.label.rpartition(".")[2]: one for one in found}


def test_links_are_copied_without_credentials(account: Provider) -> None:
    found = downloads(account, "passed-with-video")  # the simulated store refuses a call that brings a token
    assert {key: (one.kind, one.media_type) for key, one in found.items()} == {
        "faceImage": (EvidenceKind.SELFIE, "image/jpeg"),
        "faceImageFar": (EvidenceKind.SELFIE, "image/jpeg"),
        "auditImageUrl": (EvidenceKind.ARCHIVE, "application/zip"),
        "faceVideoUrl": (EvidenceKind.VIDEO, "video/x-msvideo"),
    }
    assert Image.open(io.BytesIO(found["faceImage"].content)).size == (720, 960)
    assert zipfile.ZipFile(io.BytesIO(found["auditImageUrl"].content)).namelist() == ["frame-1.jpg", "frame-2.jpg"]
    assert found["faceVideoUrl"].content[:12].endswith(b"AVI ")
    assert "?" not in found["faceImage"].source


def test_inline_pictures_are_the_same_bytes_as_linked_ones(account: Provider) -> None:
    inline, linked = downloads(account, "passed-inline-pictures", 3), downloads(account, "passed", 3)
    assert inline["faceImage"].content == linked["faceImage"].content
    assert inline["faceImage"].source == ""


def test_an_expired_link_says_that_the_next_read_brings_fresh_ones(account: Provider) -> None:
    with pytest.raises(NotFoundAtProvider, match="the next read returns a fresh one"):
        downloads(account, "passed-links-expired")


def test_a_link_outside_the_evidence_hosts_is_not_called(simulator: Simulator) -> None:
    host = simulator.url.removeprefix("http://")
    session = Session(allowed_hosts=frozenset(), plain_hosts=frozenset({host}))
    connection = Connection(
        base_url=simulator.url,
        environment="simulator",
        credentials=dict(PLAYED.credentials),
        tokens=MemoryTokens(),
        session=session,
    )
    provider = connect("advance_ai", connection)
    start = len(simulator.world.log())
    for found in downloads(provider, "passed").values():
        assert (found.content, "not one of the account's evidence hosts" in found.problem) == (b"", True)
    assert calls_since(simulator, start) == [TOKEN_PATH, RESULT_PATH]
    session.close()


def test_two_reads_bring_other_links_and_the_same_digest(account: Provider) -> None:
    first, _ = asked(account, "passed-with-video")
    time.sleep(1.1)
    second, _ = asked(account, "passed-with-video")
    assert first.evidence[0].url != second.evidence[0].url
    assert first.request_id != second.request_id
    assert type(account).digest(first) == type(account).digest(second)


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_canaries_stay_out_of_errors_reports_and_stored_payloads(client: ClientFactory) -> None:
    credentials = {"access_key": "CANARY-ACCESS", "secret_key": "CANARY-SECRET"}
    tokens = MemoryTokens(Token(value="CANARY-TOKEN", expires_at=datetime.now(UTC) + timedelta(hours=1)))
    account = client("advance_ai", credentials=credentials, tokens=tokens)
    texts = [repr(account.connection)]
    for scenario in ("passed", "envelope-unknown"):
        with pytest.raises(ProviderError) as caught:
            account.fetch(subject_of(scenario))
        texts += [str(caught.value), repr(caught.value), "".join(traceback.format_exception(caught.value))]
    good = client("advance_ai")
    report, _ = asked(good, "passed-with-video", 3)
    name = person(3).latin_family_name.upper()
    assert name in report.facts.full_name
    texts += [repr(report), repr(report.evidence)]
    for canary in ("CANARY-ACCESS", "CANARY-SECRET", "CANARY-TOKEN", name, "Signature="):
        assert not [text for text in texts if canary in text]
    stored = json.dumps(type(good).stored_payload(report.payload))
    assert "Signature=" in str(report.payload)
    assert "Signature=" not in stored
    assert "shop.example" in str(report.payload)
    assert "shop.example" not in stored


# --- the simulator is strict ------------------------------------------------------------------------------------------


def token_body(**changes: Any) -> dict[str, Any]:
    keys = PLAYED.credentials
    timestamp = changes.pop("timestamp", int(time.time() * 1000))
    signed = signature(keys["access_key"], keys["secret_key"], timestamp)
    return {"accessKey": keys["access_key"], "timestamp": timestamp, "signature": signed, "periodSecond": 60, **changes}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "SUCCESS"),
        ({"timestamp": 1665993522952}, "PARAMETER_ERROR"),
        ({"signature": "0" * 64}, "PARAMETER_ERROR"),
        ({"accessKey": ""}, "PARAMETER_ERROR"),
        ({"accessKey": "nobody"}, "PARAMETER_ERROR"),
        ({"periodSecond": 59}, "PARAMETER_ERROR"),
        ({"periodSecond": 86401}, "PARAMETER_ERROR"),
        ({"periodSecond": "3600"}, "SUCCESS"),
    ],
)
def test_the_simulated_sign_in_checks_signature_and_time(
    changes: dict[str, Any], code: str, simulator: Simulator
) -> None:
    answer = requests.post(simulator.url + TOKEN_PATH, json=token_body(**changes), timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (200, code)


def test_the_simulated_reads_refuse_wrong_calls_as_documented(simulator: Simulator) -> None:
    url = simulator.url + RESULT_PATH
    token = requests.post(simulator.url + TOKEN_PATH, json=token_body(), timeout=5).json()["data"]["token"]
    good = {"X-ACCESS-TOKEN": token}
    known = {"signatureId": PLAYED.reference("passed", 4)}

    def code(method: str, address: str, **given: Any) -> str:
        return str(requests.request(method, address, timeout=5, **given).json()["code"])

    assert code("POST", url, headers=good, json=known) == "SUCCESS"
    assert code("POST", url, json=known) == "IAM_FAILED"
    assert code("POST", url, headers={"Authorization": f"Bearer {token}"}, json=known) == "IAM_FAILED"
    assert code("POST", url, headers={"X-ACCESS-TOKEN": "made-up"}, json=known) == "IAM_FAILED"
    assert code("GET", url, headers=good) == "CLIENT_ERROR"
    assert code("POST", url, headers=good, data="signatureId=1") == "CLIENT_ERROR"
    assert code("POST", url + "s", headers=good, json=known) == "CLIENT_ERROR"
    assert code("POST", url, headers=good, json={}) == "EMPTY_PARAMETER_ERROR"
    assert code("POST", url, headers=good, json={"signatureId": 5}) == "PARAMETER_ERROR"
    for unknown in ("0000000000000000", known["signatureId"][:-1] + "g", known["signatureId"].upper(), "x"):
        assert code("POST", url, headers=good, json={"signatureId": unknown}) == "SIGNATURE_NOT_EXIST"
    health = simulator.url + HEALTH_PATH
    assert code("GET", health, headers=good, params={"numberType": "ng_bvn"}) == "SUCCESS"
    assert code("GET", health, headers=good, params={"numberType": "BVN"}) == "PARAMETER_ERROR"
    assert code("GET", health, params={"numberType": "NG_BVN"}) == "IAM_FAILED"


def test_every_scenario_has_a_reference_of_its_own_that_leads_back() -> None:
    found = {PLAYED.reference(name, serial): (name, serial) for name in PLAYED.scenarios for serial in (0, 7, 9999)}
    assert len(found) == 3 * len(PLAYED.scenarios)
    for reference, (name, serial) in found.items():
        scenario = PLAYED.scenario_of(reference)
        assert len(reference) == 16
        assert scenario is not None
        assert (scenario[0].name, scenario[1]) == (name, serial)


@pytest.fixture
def quick_simulator() -> Iterator[Simulator]:
    """ADVANCE.AI alone, with flows sixty times as fast."""
    running = Simulator((AdvanceAISimulator(),), world=World(speed=60.0)).start()
    yield running
    running.stop()


@pytest.mark.parametrize(
    ("scenario", "seen"),
    [
        ("flow-second-attempt", [Outcome.PENDING, Outcome.IN_PROGRESS, Outcome.APPROVED]),
        ("flow-declined", [Outcome.PENDING, Outcome.IN_PROGRESS, Outcome.DECLINED]),
        ("flow-timeout", [Outcome.PENDING, Outcome.INCOMPLETE]),
        ("flow-attempts-used", [Outcome.PENDING, Outcome.RETRY_REQUIRED]),
        ("flow-register-down", [Outcome.IN_PROGRESS, Outcome.RETRY_REQUIRED]),
    ],
)
def test_a_flow_moves_from_open_to_its_outcome(
    scenario: str, seen: list[Outcome], quick_simulator: Simulator, client: ClientFactory
) -> None:
    account = client("advance_ai", base_url=quick_simulator.url, credentials=dict(PLAYED.credentials))
    met: list[Outcome] = []
    attempts: list[str] = []
    for _ in range(100):
        report, assessment = asked(account, scenario)
        met += [assessment.outcome] if met[-1:] != [assessment.outcome] else []
        attempts = [one.status for one in report.attempts]
        if assessment.terminal:
            break
        time.sleep(0.05)
    assert met == seen
    if scenario == "flow-second-attempt":
        assert attempts == ["FAIL", "PASS"]
