"""Checkout.com over real HTTP: stories, pages, pairing, evidence, faults, the connection test."""

import json
import socket
import time
from datetime import datetime
from io import BytesIO
from typing import cast

import pytest
from PIL import Image

from providers import (
    CredentialsRefused,
    Download,
    Evidence,
    EvidenceKind,
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
    Verdict,
)
from providers.checkout_com import CheckoutCom
from providers.simulator.server import Simulator
from providers.transport.http import Limits
from tests.providers.checkout_com.calls import CANARIES, OAUTH, PLAYED, RawServer, asked, http, subject_of
from tests.providers.checkout_com.samples import answer, built
from tests.providers.conftest import LATE, QUICK, ClientFactory
from tests.providers.memory_tokens import MemoryTokens


def calls_of(simulator: Simulator, reference: str) -> list[str]:
    return [line.path for line in simulator.world.log() if line.reference == reference]


@pytest.fixture
def checkout(client: ClientFactory) -> Provider:
    return client("checkout_com")


# --- stories ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in PLAYED.scenarios if name.startswith("flow-")])
def test_a_flow_is_reported_step_by_step_and_ends_as_named(checkout: Provider, simulator: Simulator, name: str) -> None:
    subject = subject_of(name)
    seconds = 0.0
    for step in PLAYED.scenarios[name].steps:
        report = checkout.fetch(subject)
        simulator.world.advance("checkout_com", subject.reference, step.after - seconds + 0.5)
        seconds = step.after + 0.5
        report = checkout.fetch(subject)
        assert report.status == step.state["status"]
        assert [attempt.status for attempt in report.attempts] == [status for status, _ in step.state["attempts"]]


def test_one_failed_attempt_on_the_way_stands_beside_the_second(checkout: Provider, simulator: Simulator) -> None:
    subject = subject_of("flow-identity-second-attempt", 12)
    checkout.fetch(subject)
    simulator.world.advance("checkout_com", subject.reference, 500)
    report = checkout.fetch(subject)
    assert [(attempt.status, attempt.codes) for attempt in report.attempts] == [
        ("checks_inconclusive", ("61411",)),
        ("completed", ("62401",)),
    ]


def test_an_unchanged_check_has_the_same_digest_at_every_read(checkout: Provider) -> None:
    for name in ("identity-approved", "identity-pending", "face-declined", "document-approved", "aml-approved"):
        first, second = (checkout.fetch(subject_of(name)) for _ in range(2))
        assert CheckoutCom.digest(first) == CheckoutCom.digest(second)
        # The links were signed again, so there was a difference to ignore.
        assert first.payload != second.payload or name == "aml-approved"


def test_all_pages_of_attempts_are_read(checkout: Provider, simulator: Simulator) -> None:
    report, _ = asked(checkout, "identity-twelve-attempts")
    assert len({attempt.id for attempt in report.attempts}) == 12
    assert [attempt.started_at for attempt in report.attempts] == sorted(
        cast("datetime", attempt.started_at) for attempt in report.attempts
    )


def test_a_next_page_elsewhere_leads_no_key_there_and_a_circle_ends(checkout: Provider, simulator: Simulator) -> None:
    report, _ = asked(checkout, "identity-next-elsewhere")
    assert len(report.attempts) == 12
    with pytest.raises(UnreadableAnswer, match="circle"):
        asked(checkout, "identity-next-in-a-circle")
    assert len(calls_of(simulator, subject_of("identity-next-in-a-circle").reference)) == 2


def test_a_screening_costs_one_call_and_other_kinds_two(checkout: Provider, simulator: Simulator) -> None:
    for scenario, calls in (("aml-approved", 1), ("identity-approved", 2), ("face-approved", 2)):
        asked(checkout, scenario, 911)
        assert len(calls_of(simulator, subject_of(scenario, 911).reference)) == calls


def test_a_check_is_read_without_a_list_of_attempts(client: ClientFactory, raw_server: RawServer) -> None:
    payload = built(Kind.IDENTITY, "declined", codes=[(62304, "face_mismatch")])

    def answer_one(connection: socket.socket, head: bytes) -> None:
        attempts = b"/attempts" in head.split(b"\r\n")[0]
        connection.sendall(http(404, b"") if attempts else http(200, json.dumps(payload["check"]).encode()))

    checkout = client("checkout_com", base_url=raw_server(answer_one))
    report = checkout.fetch(Subject(kind=Kind.IDENTITY, reference=payload["check"]["id"]))
    assert (report.status, report.attempts) == ("declined", ())


# --- pairing and ids --------------------------------------------------------------------------------------------------


def test_another_applicants_answer_and_look_alike_words_never_approve(checkout: Provider) -> None:
    with pytest.raises(ReferenceMismatch):
        asked(checkout, "fault-another-applicant")
    for name in ("fault-other-letter-case", "fault-unknown-word"):
        _, assessment = asked(checkout, name)
        assert (assessment.outcome, assessment.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)


def test_an_id_of_another_kind_is_not_found_and_its_kind_is_named(checkout: Provider) -> None:
    subject = Subject(kind=Kind.FACE, reference=subject_of("identity-approved").reference)
    with pytest.raises(NotFoundAtProvider, match="has the form of the kind identity"):
        checkout.fetch(subject)


def test_an_unsupported_kind_is_refused_before_any_call(checkout: Provider, simulator: Simulator) -> None:
    before = len(simulator.world.log())
    with pytest.raises(ReferenceMismatch):
        checkout.fetch(Subject(kind=Kind.LIVENESS, reference="idv_1"))
    with pytest.raises(ReferenceMismatch):
        checkout.fetch(Subject(kind=Kind.IDENTITY, reference=".."))
    assert len(simulator.world.log()) == before


def test_an_id_is_quoted_into_the_path(client: ClientFactory, raw_server: RawServer) -> None:
    seen: list[bytes] = []

    def note(connection: socket.socket, head: bytes) -> None:
        seen.append(head.split(b"\r\n")[0])
        connection.sendall(http(404, b""))

    with pytest.raises(NotFoundAtProvider):
        client("checkout_com", base_url=raw_server(note)).fetch(Subject(kind=Kind.AML, reference="a/../b?c#d"))
    assert seen == [b"GET /aml-verifications/a%2F..%2Fb%3Fc%23d HTTP/1.1"]


# --- evidence ---------------------------------------------------------------------------------------------------------


def copied(checkout: Provider, scenario: str, serial: int = 7) -> dict[str, Download]:
    subject = subject_of(scenario, serial)
    items = checkout.list_evidence(checkout.fetch(subject))
    found = [download for item in items for download in checkout.fetch_evidence(item, subject)]
    return {download.label: download for download in found}


def test_pictures_reports_and_assets_are_copied_with_their_kinds(checkout: Provider) -> None:
    found = copied(checkout, "identity-declined")
    kinds = [download.kind for download in found.values()]
    assert kinds == [
        EvidenceKind.SELFIE,
        EvidenceKind.DOCUMENT_FRONT,
        EvidenceKind.DOCUMENT_BACK,
        EvidenceKind.REPORT_PDF,
        EvidenceKind.SELFIE,
        EvidenceKind.VIDEO,
        EvidenceKind.DOCUMENT_FRONT,
        EvidenceKind.DOCUMENT_BACK,
        EvidenceKind.VIDEO,
    ]
    with Image.open(BytesIO(found["documents[0].front"].content)) as picture:
        assert picture.format == "JPEG" and min(picture.size) > 300
    assert found["pdf-report"].content.startswith(b"%PDF")
    assert all("?" not in download.source for download in found.values())


@pytest.mark.parametrize(
    ("scenario", "labels"),
    [
        ("face-declined", ["face", "face_image", "face_video"]),
        (
            "document-approved",
            ["document.front", "document.back", "pdf-report", "document_front_image", "document_back_image"],
        ),
        ("aml-approved", []),
        ("identity-pending", []),
        ("identity-refused", []),
    ],
)
def test_each_kind_has_its_evidence(checkout: Provider, scenario: str, labels: list[str]) -> None:
    assert [label.rpartition("/")[2] for label in copied(checkout, scenario)] == labels


@pytest.mark.parametrize("name", ["identity-report-signed-url", "identity-report-bytes"])
def test_a_report_is_copied_under_its_other_names(checkout: Provider, name: str) -> None:
    assert copied(checkout, name)["pdf-report"].content.startswith(b"%PDF")


def test_a_report_that_does_not_exist_yet_is_nothing_and_is_there_later(checkout: Provider) -> None:
    subject = subject_of("identity-report-late", 31)
    item = Evidence(kind=EvidenceKind.REPORT_PDF, label="pdf-report")
    assert len(checkout.list_evidence(checkout.fetch(subject))) == 5
    assert list(checkout.fetch_evidence(item, subject)) == []
    assert len(list(checkout.fetch_evidence(item, subject))) == 1


def test_links_are_fetched_without_the_key(checkout: Provider, simulator: Simulator) -> None:
    # The store refuses a call that carries Authorization beside its signature, as the real one does.
    before = len(simulator.world.log())
    assert copied(checkout, "face-approved")
    files = [line for line in simulator.world.log()[before:] if line.path.startswith("/checkout-files/")]
    assert files and {line.status for line in files} == {200}


def test_an_expired_link_is_requested_again(checkout: Provider) -> None:
    subject = subject_of("identity-approved")
    items = {item.label: item for item in checkout.list_evidence(checkout.fetch(subject))}
    face = items["face"]
    for url in (face.url.replace("X-Amz-Date=", "X-Amz-Date=-"), ""):
        stale = Evidence(kind=face.kind, label=face.label, url=url)
        assert [download.label for download in checkout.fetch_evidence(stale, subject)] == ["face"]


def test_an_image_removed_by_anonymizing_yields_no_file(checkout: Provider) -> None:
    item = Evidence(kind=EvidenceKind.SELFIE, label="face")
    assert list(checkout.fetch_evidence(item, subject_of("identity-blanks"))) == []


def test_nothing_is_fetched_from_a_host_that_the_account_does_not_name(
    client: ClientFactory, raw_server: RawServer
) -> None:
    calls: list[bytes] = []

    def note(connection: socket.socket, head: bytes) -> None:
        calls.append(head)
        connection.sendall(http(200, b"picture", "image/png"))

    elsewhere = raw_server(note)
    checkout = client("checkout_com")
    for url in (f"{elsewhere}/face.png?X-Amz-Signature=canary-link-signature", "https://169.254.169.254/latest"):
        item = Evidence(kind=EvidenceKind.SELFIE, label="face", url=url)
        (found,) = checkout.fetch_evidence(item, subject_of("identity-approved"))
        assert (found.content, "evidence hosts" in found.problem) == (b"", True)
        assert "canary" not in f"{found!r} {item!r} {found.problem} {found.source}"
    assert calls == []


@pytest.mark.parametrize("fault", ["http-403", "http-500", "http-429-seconds", "reset-before-headers", "http-401"])
def test_evidence_that_cannot_be_asked_for_is_a_fault_and_never_half_a_picture(checkout: Provider, fault: str) -> None:
    subject = subject_of(f"fault-{fault}")
    for label in ("face", "pdf-report", "attempts/iatp_x/assets"):
        with pytest.raises(ProviderError) as caught:
            list(checkout.fetch_evidence(Evidence(kind=EvidenceKind.OTHER, label=label), subject))
        assert caught.value.scope == "account"


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [("http-429-seconds", 2.0), ("http-429-10s", 10.0), ("http-429-absurd", 3600.0), ("http-429-date", 3.0)],
)
def test_a_reported_wait_is_passed_on(checkout: Provider, fault: str, seconds: float) -> None:
    with pytest.raises(ProviderThrottled) as caught:
        asked(checkout, f"fault-{fault}")
    waits = caught.value.retry_after
    assert (waits is None and fault == "http-429-absurd") or (waits is not None and abs(waits - seconds) <= 2.0)


def test_the_request_id_of_a_refusal_is_kept_and_their_free_text_is_not(
    client: ClientFactory, raw_server: RawServer
) -> None:
    url = raw_server(http(422, json.dumps(answer("error_422")).encode()))
    with pytest.raises(ReferenceMismatch) as caught:
        client("checkout_com", base_url=url).fetch(Subject(kind=Kind.AML, reference="amlv_1"))
    assert caught.value.request_id == "0HR31CANARY"
    assert "(applicant_id_required)" in caught.value.detail
    assert "Lindqvarn" not in str(caught.value)
    url = raw_server(http(401, b"", "text/plain", "cko-request-id: HEADER-7"))
    with pytest.raises(CredentialsRefused) as refused:
        client("checkout_com", base_url=url).fetch(Subject(kind=Kind.AML, reference="amlv_1"))
    assert refused.value.request_id == "HEADER-7"


def test_no_secret_shows_in_an_error_or_a_client(client: ClientFactory, raw_server: RawServer) -> None:
    credentials = {"secret_key": "sk_sbox_canary"}
    for reply in (http(401, b""), http(500, b"sk_sbox_canary"), http(200, b"{"), http(302, b"", "text/html")):
        checkout = client("checkout_com", base_url=raw_server(reply), credentials=credentials)
        with pytest.raises(ProviderError) as caught:
            checkout.fetch(Subject(kind=Kind.AML, reference="amlv_1"))
        shown = (
            repr(checkout) + repr(checkout.connection) + repr(caught.value) + str(caught.value) + caught.value.detail
        )
        assert not any(canary in shown for canary in CANARIES)


def test_pages_that_each_take_almost_the_limit_take_one_limit_together(
    client: ClientFactory, raw_server: RawServer
) -> None:
    payload = built(Kind.IDENTITY, "approved")
    asked_for: list[int] = []

    def slowly(connection: socket.socket, head: bytes) -> None:
        asked_for.append(1)
        time.sleep(1.6)
        links = {"next": {"href": f"/attempts?skip={10 * len(asked_for)}"}}
        page = {"data": [], "_links": links} if b"/attempts" in head.split(b"\r\n")[0] else payload["check"]
        connection.sendall(http(200, json.dumps(page).encode()))

    checkout = client("checkout_com", base_url=raw_server(slowly), limits=Limits(connect=1.0, read=2.0, deadline=2.0))
    started = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        checkout.fetch(Subject(kind=Kind.IDENTITY, reference=payload["check"]["id"]))
    assert time.monotonic() - started < LATE


# --- connection test --------------------------------------------------------------------------------------------------


def test_the_connection_test_says_what_worked(client: ClientFactory) -> None:
    assert client("checkout_com").test_connection().startswith("The secret key was accepted")
    assert client("checkout_com", credentials=OAUTH).test_connection().startswith("The sign-in worked")


def test_the_connection_test_always_signs_in_again(client: ClientFactory) -> None:
    tokens = MemoryTokens()
    asked(client("checkout_com", credentials=OAUTH, tokens=tokens), "aml-approved")
    wrong = {**OAUTH, "client_secret": "canary-client-secret"}
    with pytest.raises(CredentialsRefused, match="invalid_client"):
        client("checkout_com", credentials=wrong, tokens=tokens).test_connection()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (http(401, b""), CredentialsRefused),
        (http(403, b""), CredentialsRefused),
        (http(500, b""), ProviderUnavailable),
        (http(302, b"", "text/html", "Location: /"), ProviderUnavailable),
        (b"", ProviderUnavailable),
        (http(200, b"{}"), UnreadableAnswer),
        (http(404, b"<html>", "text/html"), UnreadableAnswer),
        (http(422, b"{}"), UnreadableAnswer),
    ],
)
def test_the_connection_test_distinguishes_authentication_network_and_shape(
    client: ClientFactory, raw_server: RawServer, reply: bytes, error: type[ProviderError]
) -> None:
    with pytest.raises(error) as caught:
        client("checkout_com", base_url=raw_server(reply), limits=QUICK).test_connection()
    assert type(caught.value) is error


def test_the_connection_test_names_a_dead_host_a_network_problem(client: ClientFactory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ProviderUnavailable):
        client("checkout_com", base_url=f"http://127.0.0.1:{port}", limits=QUICK).test_connection()
