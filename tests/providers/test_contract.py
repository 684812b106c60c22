"""Tests for all five providers, over real HTTP: words, faults, limits and secrets."""

import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from providers import (
    Assessment,
    CredentialsRefused,
    Kind,
    NotFoundAtProvider,
    Outcome,
    Provider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    ReferenceMismatch,
    Report,
    Subject,
    UnreadableAnswer,
    Verdict,
    code_table,
    provider_class,
    provider_names,
    with_unread_values,
)
from providers.simulator.faults import Fault
from providers.simulator.server import Simulator
from providers.transport.http import Limits
from tests.providers.conftest import LATE, QUICK, ClientFactory
from tests.providers.expectations import expectations_of
from tests.providers.memory_tokens import MemoryTokens

_SERIAL = 5
_NAMES = provider_names()


@dataclass(frozen=True)
class _Read:
    """How one read ended: a report with its assessment, or an error; and how long it took."""

    seconds: float
    report: Report | None = None
    assessment: Assessment | None = None
    error: ProviderError | None = None


def _subject(simulator: Simulator, name: str, scenario: str) -> Subject:
    played = simulator.providers[name]
    return Subject(
        kind=Kind(played.scenarios[scenario].kind),
        reference=played.reference(scenario, _SERIAL),
        settings=played.check_settings(_SERIAL),
    )


def _read(client: Provider, subject: Subject) -> _Read:
    """Fetch and normalise. An exception that is no ``ProviderError`` fails the test."""
    started = time.monotonic()
    try:
        report = client.fetch(subject)
    except ProviderError as error:
        return _Read(time.monotonic() - started, error=error)
    seconds = time.monotonic() - started
    return _Read(seconds, report=report, assessment=client.normalise(report, client.rules()))


_UNAVAILABLE = (
    Fault.HTTP_500,
    Fault.HTTP_502_HTML,
    Fault.HTTP_503,
    Fault.REDIRECT_SAME,
    Fault.REDIRECT_OTHER,
    Fault.RESET_BEFORE_HEADERS,
    Fault.RESET_AFTER_HEADERS,
    Fault.STALL,
    Fault.STALL_MID_BODY,
    Fault.HEADER_DRIP,
    Fault.BODY_DRIP,
    Fault.SHORT_LENGTH,
)
_UNREADABLE = (
    Fault.TOO_BIG,
    Fault.GZIP_BOMB,
    Fault.EMPTY_GZIP,
    Fault.MANY_VALUES,
    Fault.HTML_200,
    Fault.EMPTY_200,
    Fault.TRUNCATED_JSON,
    Fault.DEPTH_1000,
    Fault.NAN,
    Fault.DIGITS_5000,
    Fault.DUPLICATE_KEYS,
    Fault.NUL,
    Fault.LONE_SURROGATE,
    Fault.LIST_FOR_OBJECT,
    Fault.WRONG_CHARSET,
)
_THROTTLED = (Fault.HTTP_429_SECONDS, Fault.HTTP_429_DATE, Fault.HTTP_429_10S, Fault.HTTP_429_ABSURD)


def _expected_error(name: str, fault: Fault) -> type[ProviderError] | None:
    """Written by hand from the contracts; None where a report is expected."""
    if fault in _UNAVAILABLE:
        return ProviderUnavailable
    if fault in _UNREADABLE:
        return UnreadableAnswer
    if fault in _THROTTLED:
        return ProviderThrottled
    if fault is Fault.HTTP_404:
        return expectations_of(name).bare_404
    if fault is Fault.HTTP_401_ONCE:
        return None if expectations_of(name).renews_token else CredentialsRefused
    if fault in (Fault.HTTP_401, Fault.HTTP_403):
        return CredentialsRefused
    return ReferenceMismatch if fault is Fault.ANOTHER_APPLICANT else None


def test_every_fault_has_an_expectation() -> None:
    own = {Fault.HTTP_401, Fault.HTTP_401_ONCE, Fault.HTTP_403, Fault.HTTP_404}
    own |= {Fault.ANOTHER_APPLICANT, Fault.OTHER_LETTER_CASE, Fault.UNKNOWN_WORD}
    own |= {Fault.HEAVY, Fault.LONG_TEXT}
    assert {*_UNAVAILABLE, *_UNREADABLE, *_THROTTLED, *own} == set(Fault)


@pytest.mark.promise("G11")
@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", _NAMES)
def test_a_fault_is_named_in_time_and_never_becomes_an_outcome(
    name: str, fault: Fault, client: ClientFactory, simulator: Simulator
) -> None:
    subject = _subject(simulator, name, f"fault-{fault.value}")
    simulator.world.set_scenario(name, subject.reference, None)
    read = _read(client(name, limits=QUICK), subject)
    assert read.seconds < LATE
    expected = _expected_error(name, fault)
    if expected:
        assert type(read.error) is expected
        assert read.error.provider == name
        assert read.error.detail.strip()
    else:
        assert read.error is None
        assert read.assessment is not None
        approved = fault in (Fault.HTTP_401_ONCE, Fault.HEAVY, Fault.LONG_TEXT) or (
            fault is Fault.OTHER_LETTER_CASE and expectations_of(name).ignores_letter_case
        )
        right = (Outcome.APPROVED, Verdict.POSITIVE) if approved else (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
        assert (read.assessment.outcome, read.assessment.verdict) == right


@pytest.mark.promise("G12")
@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault.HTTP_429_SECONDS, (2.0, 2.0)),
        (Fault.HTTP_429_10S, (10.0, 10.0)),
        (Fault.HTTP_429_DATE, (0.5, 3.0)),
        (Fault.HTTP_429_ABSURD, None),
    ],
    ids=lambda value: value.value if isinstance(value, Fault) else "",
)
@pytest.mark.parametrize("name", _NAMES)
def test_retry_after_is_handed_on_within_bounds(
    name: str, fault: Fault, seconds: tuple[float, float] | None, client: ClientFactory, simulator: Simulator
) -> None:
    error = _read(client(name), _subject(simulator, name, f"fault-{fault.value}")).error
    assert isinstance(error, ProviderThrottled)
    if seconds is None:
        assert error.retry_after is None or 0 <= error.retry_after <= 3600
    else:
        assert error.retry_after is not None
        assert seconds[0] <= error.retry_after <= seconds[1]


@pytest.mark.promise("P1")
@pytest.mark.parametrize("name", _NAMES)
def test_an_unknown_word_is_unrecognised_and_needs_a_manual_review(
    name: str, client: ClientFactory, simulator: Simulator
) -> None:
    read = _read(client(name), _subject(simulator, name, "fault-unknown-word"))
    assert read.assessment is not None
    assert (read.assessment.outcome, read.assessment.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
    unknown = read.assessment.unrecognised
    assert unknown
    assert all(reason.code and reason.summary for reason in unknown)


@pytest.mark.parametrize("name", _NAMES)
def test_wrong_credentials_block_the_account_and_not_the_check(
    name: str, client: ClientFactory, simulator: Simulator
) -> None:
    played = simulator.providers[name]
    wrong = {key: f"canary{number}" for number, key in enumerate(played.credentials)}
    provider = client(name, credentials=wrong)
    subject = _subject(simulator, name, "fault-http-401-once")
    read = _read(provider, subject)
    assert type(read.error) is CredentialsRefused
    assert (read.error.scope, read.error.retryable) == ("account", False)
    for asked in (subject.reference, ""):
        with pytest.raises(ProviderError) as caught:
            provider.test_connection(asked)
        assert caught.value.scope == "account"


@pytest.mark.parametrize("name", _NAMES)
def test_no_credential_shows_in_an_error_a_report_or_a_client(
    name: str, client: ClientFactory, simulator: Simulator
) -> None:
    secrets = [*simulator.providers[name].credentials.values()]
    tokens = MemoryTokens()
    provider = client(name, tokens=tokens, limits=QUICK)
    shown: list[Any] = [provider.connection]
    for fault in ("http-401-once", "http-401", "html-200", "truncated-json", "header-drip", "unknown-word", "http-500"):
        read = _read(provider, _subject(simulator, name, f"fault-{fault}"))
        shown += [read.error, read.report]
    if tokens.token:
        secrets.append(tokens.token.value)
    text = " ".join(f"{one!r} {one}" for one in shown)
    assert not [secret for secret in secrets if secret in text]


@pytest.mark.parametrize("name", _NAMES)
def test_an_unknown_reference_is_not_found_at_the_provider(
    name: str, client: ClientFactory, simulator: Simulator
) -> None:
    subject = _subject(simulator, name, "fault-http-500")
    digits = "0123456789"
    unknown = "".join("9" if letter in digits else letter for letter in subject.reference)
    read = _read(client(name), Subject(kind=subject.kind, reference=unknown, settings=subject.settings))
    assert type(read.error) is NotFoundAtProvider
    assert (read.error.scope, read.error.retryable) == ("reference", False)


@pytest.mark.parametrize("name", _NAMES)
def test_a_dead_host_is_an_account_fault_in_time(name: str, client: ClientFactory, simulator: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    provider = client(name, base_url=f"http://127.0.0.1:{port}", limits=QUICK)
    read = _read(provider, _subject(simulator, name, "fault-http-500"))
    assert type(read.error) is ProviderUnavailable
    assert read.error.detail.startswith("The connection was refused.")
    assert read.seconds < LATE


@pytest.mark.parametrize("name", _NAMES)
def test_two_reads_of_an_unchanged_check_have_the_same_digest(
    name: str, client: ClientFactory, simulator: Simulator
) -> None:
    for scenario in [one for one in simulator.providers[name].scenarios if not one.startswith(("fault-", "flow-"))]:
        provider, subject = client(name), _subject(simulator, name, scenario)
        first, second = _read(provider, subject), _read(provider, subject)
        if first.report and second.report:
            assert provider.digest(first.report) == provider.digest(second.report), scenario


@pytest.mark.parametrize("name", _NAMES)
def test_every_reason_a_scenario_gives_has_a_sentence(name: str, client: ClientFactory, simulator: Simulator) -> None:
    known = {row.summary for row in code_table(name).rows}
    provider = client(name)
    for scenario in [one for one in simulator.providers[name].scenarios if not one.startswith("fault-")]:
        read = _read(provider, _subject(simulator, name, scenario))
        if read.assessment is None:
            continue
        assert read.assessment.reasons, scenario
        assert all(reason.summary for reason in read.assessment.reasons), scenario
        if read.assessment.outcome is Outcome.APPROVED:
            assert read.assessment.verdict is Verdict.POSITIVE, scenario
            assert {reason.summary for reason in read.assessment.reasons} <= known, scenario


@pytest.mark.promise("P1")
@pytest.mark.parametrize("name", _NAMES)
def test_no_approval_is_based_on_an_unknown_word(name: str, client: ClientFactory, simulator: Simulator) -> None:
    provider, approvals = client(name), 0
    for scenario in [one for one in simulator.providers[name].scenarios if not one.startswith("fault-")]:
        read = _read(provider, _subject(simulator, name, scenario))
        if read.assessment and read.assessment.outcome is Outcome.APPROVED:
            approvals += 1
            # Risk labels only add information to the status, also unknown ones.
            labels = set(read.report.risk_labels) if read.report else set()
            assert {reason.code for reason in read.assessment.unrecognised} <= labels, scenario
    assert approvals


@pytest.mark.promise("G12")
@pytest.mark.parametrize("name", _NAMES)
def test_one_read_is_one_call_and_a_fault_is_not_asked_again(
    name: str, client: ClientFactory, simulator: Simulator
) -> None:
    provider = client(name)
    for fault in ("http-500", "http-429-seconds", "reset-before-headers", "html-200", "http-403"):
        subject = _subject(simulator, name, f"fault-{fault}")
        before = len(simulator.world.log())
        _read(provider, subject)
        asked = [line for line in simulator.world.log(before) if line.reference == subject.reference]
        assert len(asked) <= (2 if fault == "http-403" else 1), fault


@pytest.mark.promise("G11")
@pytest.mark.parametrize("name", _NAMES)
def test_one_failing_reference_does_not_delay_the_others(
    name: str, client: ClientFactory, simulator: Simulator
) -> None:
    provider = client(name, limits=Limits(connect=3.0, read=3.0, deadline=3.0))
    sick, well = _subject(simulator, name, "fault-header-drip"), _subject(simulator, name, "fault-unknown-word")
    _read(provider, well)
    ended = threading.Event()

    def hang() -> None:
        _read(provider, sick)
        ended.set()

    threads = [threading.Thread(target=hang) for _ in range(4)]
    for thread in threads:
        thread.start()
    reads, meanwhile = [], 0
    for _ in range(10):
        reads.append(_read(provider, well))
        meanwhile += not ended.is_set()
    for thread in threads:
        thread.join()
    assert all(read.assessment for read in reads)
    assert meanwhile >= 3  # on a busy machine; a read that waits for a failing one ends after it


def test_names_of_providers_are_fixed_and_new_ones_come_last() -> None:
    assert _NAMES[:5] == ("btc_direct", "bank131", "preventor", "advance_ai", "checkout_com")


@pytest.mark.parametrize("name", _NAMES)
def test_kinds_and_credentials_are_those_of_the_contract(name: str) -> None:
    expected = expectations_of(name)
    assert provider_class(name).name == name
    assert provider_class(name).kinds == expected.kinds
    assert set(provider_class(name).credential_keys) == expected.credential_sets
    assert tuple(expected.credentials) in expected.credential_sets


@pytest.mark.parametrize("name", _NAMES)
def test_an_empty_reference_is_refused_before_any_call(name: str) -> None:
    for kind in provider_class(name).kinds:
        assert provider_class(name).reference_problem(kind, "  ", {})


WARNED = {("preventor", "proofing-warning"), ("checkout_com", "identity-approved-with-62304")}
"""Scenarios that accept and warn at once."""


@pytest.mark.parametrize("name", _NAMES)
def test_an_accepted_answer_of_the_simulator_has_no_unread_value(
    name: str, client: ClientFactory, simulator: Simulator
) -> None:
    rows = [row for row in code_table(name).rows if row.reachable and row.verdict == Verdict.POSITIVE]
    scenarios = {scene.scenario for row in rows for scene in expectations_of(name).scenes_of(row)}
    reader, accepted = client(name), 0
    for scenario in sorted(scenarios):
        subject = _subject(simulator, name, scenario)
        simulator.world.set_scenario(name, subject.reference, None)
        read = _read(reader, subject)
        if read.report and read.assessment and read.assessment.verdict == Verdict.POSITIVE:
            payload = reader.stored_payload(read.report.payload)
            facts = with_unread_values(read.report, payload, reader, now=datetime.now(UTC)).facts
            accepted += 1
            assert (facts.unread == () and facts.negatives == ()) is ((name, scenario) not in WARNED), scenario
    assert accepted
