"""Links that expire, have other hosts, or return too many bytes: copies, renewals, refused hosts."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as desk_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compliance.actions import copy_faults, documents, evidence_copies
from compliance.enums import DocumentState, EventType, SyncState
from compliance.models import AccountState, Case, Check, CheckSync, Document, Event, User
from compliance.sync import copies, reads
from providers import Evidence, EvidenceKind, FaultCode
from providers.models import ProviderAccount
from providers.simulator.scenarios import steady
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance.file_store import MIB, Answer, FileStore, file_store, jpeg, large_jpeg

pytestmark = pytest.mark.django_db(transaction=True)

SOAK = os.environ.get("SOAK") == "1"
MakeAccount = Callable[..., ProviderAccount]
NAMED_BY_LINK = {
    "preventor": "rejected-nothing",
    "advance_ai": "failed-without-code",
    "checkout_com": "identity-declined",
}
"""Providers whose evidence may be a link, and a final scenario."""


def documents_of(case: Case) -> dict[str, Document]:
    return {document.label: document for document in Document.objects.filter(case=case)}


def wanted_by_link(simulator: Simulator, account: ProviderAccount, *urls: str) -> tuple[Check, list[Document]]:
    """A check whose report has these links only."""
    case = factories.case_from(simulator, account, NAMED_BY_LINK[account.provider])
    check = case.checks.get()
    Document.objects.filter(case=case).delete()
    items = [
        Evidence(kind=EvidenceKind.SELFIE, label=f"ticket: file {number:03}", url=url)
        for number, url in enumerate(urls)
    ]
    documents.request(check, items)
    return check, list(Document.objects.filter(case=case).order_by("label"))


# --- expired links ----------------------------------------------------------------------------------------------------


DYING = [
    ("advance_ai", "passed-links-2-seconds", 3),
    # The report has links to both sides, and the API has no image of the five types.
    ("preventor", "ticket-links-2-seconds", 2),
]


@pytest.mark.promise("P5")
@pytest.mark.parametrize("status", [403, 404, 410] if SOAK else [403])
def test_links_of_two_seconds_copied_after_three_are_renewed(
    simulator: Simulator, account: MakeAccount, status: int
) -> None:
    cases = [
        (factories.case_from(simulator, account(provider), f"{scenario}-{status}"), links)
        for provider, scenario, links in DYING
    ]
    assert set(CheckSync.objects.values_list("state", "next_read_at")) == {(SyncState.FINAL, None)}
    before = {case.pk: Check.objects.get(case=case) for case, _ in cases}
    time.sleep(3)
    assert copies.copy_requested(seconds=20) == 0
    for case, links in cases:
        died = [document for document in documents_of(case).values() if document.state != DocumentState.NOT_AVAILABLE]
        assert len(died) == links
        assert {document.state for document in died} == {DocumentState.REQUESTED}
        assert {document.fault_detail for document in died} == {
            f"HTTP {status}: the link has expired; the next read returns a fresh one."
        }
        assert {document.fault_code for document in died} == {FaultCode.LINK_EXPIRED}
        assert not any(document.link for document in died)
        row = CheckSync.objects.get(check_row__case=case)
        assert row.next_read_at is not None and row.next_read_at <= timezone.now()
        # The worker reads the check again. Only the links differ, so no report is written.
        # These links are valid longer: a busy machine may need more than two seconds.
        let_links_live(simulator, row.check_row)
        due_again(row.check_row.account)
        after = Check.objects.get(case=case)
        assert (after.report_count, after.digest) == (before[case.pk].report_count, before[case.pk].digest)
        assert after.report_count == 1
        assert copies.copy_requested(seconds=20) == links
        assert set(Document.objects.filter(pk__in=[one.pk for one in died]).values_list("state", flat=True)) == {
            DocumentState.COPIED
        }
        assert not Event.objects.filter(case=case, type=EventType.DOCUMENT_LOST).exists()
        assert AccountState.objects.get(account=row.check_row.account).health == "ok"


def let_links_live(simulator: Simulator, check: Check) -> None:
    """Return the same answer from now on, with links that are valid for ten minutes."""
    played = simulator.providers[check.provider].scenario_of(check.reference)
    assert played is not None
    scenario = played[0]
    lasting = {**scenario.steps[0].state, "link_seconds": 600}
    simulator.world.set_scenario(check.provider, check.reference, steady(scenario.name, scenario.kind, lasting))


def due_again(account: ProviderAccount) -> None:
    """Read due checks only, as a worker does."""
    counts = reads.run_slice([account.pk], seconds=20, until_idle=True)
    assert counts.read == 1


@pytest.mark.promise("P6")
@pytest.mark.parametrize(
    "link", ["https://[x", "http://[::1", "https://a]b/x.jpg", "https://\uff0fevil\u2100.com/x.jpg"]
)
def test_a_malformed_link_fails_alone_with_a_reason(simulator: Simulator, account: MakeAccount, link: str) -> None:
    advance = account("advance_ai")
    case = factories.make_case()
    played = simulator.providers["advance_ai"]
    passed = {**played.scenarios["passed"].steps[0].state, "face": {"faceImage": link}}
    check = factories.add_check(case, advance, played.reference("passed", 4711))
    simulator.world.set_scenario("advance_ai", check.reference, steady("passed", "database", passed))
    factories.read(advance)
    check.refresh_from_db()
    assert (check.report_count, check.outcome) == (1, "approved")
    copies.copy_requested(seconds=20)
    states = {label: document.state for label, document in documents_of(case).items()}
    assert states.pop("data.faceDetail.faceImage") == DocumentState.FAILED
    assert states and set(states.values()) == {DocumentState.COPIED}
    lost = documents_of(case)["data.faceDetail.faceImage"]
    assert lost.fault_detail == "Not fetched: the value is not a valid link."
    assert lost.fault_code == FaultCode.LINK_NOT_ALLOWED


def test_after_the_last_try_a_copy_fails_and_can_be_retried(
    simulator: Simulator, account: MakeAccount, analyst: User
) -> None:
    advance = account("advance_ai")
    case = factories.case_from(simulator, advance, "passed-links-expired")
    for _ in range(documents.MAX_TRIES):
        Document.objects.filter(state=DocumentState.REQUESTED).update(next_try_at=timezone.now())
        copies.copy_requested(seconds=20)
    lost = list(documents_of(case).values())
    assert {document.state for document in lost} == {DocumentState.FAILED}
    assert all("the link has expired" in document.fault_detail for document in lost)
    lost_events = Event.objects.filter(case=case, type=EventType.DOCUMENT_LOST)
    assert [event.data["code"] for event in lost_events] == [FaultCode.LINK_EXPIRED] * len(lost)
    # Later reads with the same answer do not restart the copies.
    CheckSync.objects.update(next_read_at=timezone.now())
    due_again(advance)
    assert {document.state for document in documents_of(case).values()} == {DocumentState.FAILED}
    played = simulator.providers["advance_ai"]
    reference = case.checks.get().reference
    simulator.world.set_scenario("advance_ai", reference, played.scenarios["passed"])
    for document in lost:
        documents.retry_copy(document.pk, by=analyst)
    assert copies.copy_requested(seconds=5) == 0  # pending until the link is renewed
    due_again(advance)
    assert copies.copy_requested(seconds=20) == len(lost)
    assert {document.state for document in documents_of(case).values()} == {DocumentState.COPIED}
    assert {document.pk for document in documents_of(case).values()} == {document.pk for document in lost}


def test_a_read_does_not_shorten_the_backoff_of_an_outage(
    simulator: Simulator, account: MakeAccount, settings: LazySettings
) -> None:
    with file_store(lambda path: (503, b"", {})) as store:
        settings.PROVIDER_EXTRA_HOSTS |= {store.host}
        check, (document,) = wanted_by_link(simulator, account("advance_ai"), f"http://{store.host}/a?sig=1")
        for _ in range(documents.MAX_TRIES + 3):
            Document.objects.update(next_try_at=timezone.now())
            assert copies.copy_requested(seconds=5) == 0
        document.refresh_from_db()
        assert (document.state, document.tries) == (DocumentState.REQUESTED, 0)
        assert "HTTP 503" in document.fault_detail
        waits_until = document.next_try_at
        fresh = Evidence(kind=EvidenceKind.SELFIE, label=document.label, url=f"http://{store.host}/a?sig=2")
        documents.request(check, [fresh], is_news=False)
        document.refresh_from_db()
        assert (document.next_try_at, document.link) == (waits_until, fresh.url)
        assert len(store.heads) == documents.MAX_TRIES + 3
        assert AccountState.objects.get(account=check.account).health == "ok"
        # After a day it is marked failed.
        a_day_ago = timezone.now() - copy_faults.OUTAGE_ENDS_AFTER
        Document.objects.update(next_try_at=timezone.now(), failing_since=a_day_ago)
        copies.copy_requested(seconds=5)
        document.refresh_from_db()
        assert (document.state, "HTTP 503" in document.fault_detail) == (DocumentState.FAILED, True)


@pytest.mark.promise("P9")
@pytest.mark.parametrize("status", [429, 503, 500, 401, 403])
def test_an_outage_of_a_file_store_delays_its_document_only(
    simulator: Simulator, account: MakeAccount, settings: LazySettings, status: int
) -> None:
    with (
        file_store(lambda path: (status, b"", {"Retry-After": "3600"})) as store,
        file_store(lambda path: (200, jpeg(), {})) as other,
    ):
        settings.PROVIDER_EXTRA_HOSTS |= {store.host, other.host}
        urls = f"http://{store.host}/a.jpg?sig=1", f"http://{other.host}/b.jpg?sig=1"
        check, (held_back, came) = wanted_by_link(simulator, account("advance_ai"), *urls)
        assert copies.copy_requested(seconds=20) == 1
        held_back.refresh_from_db()
        came.refresh_from_db()
        assert (held_back.state, came.state) == (DocumentState.REQUESTED, DocumentState.COPIED)
        assert f"HTTP {status}" in held_back.fault_detail
        assert held_back.next_try_at is not None
        if status == 429:  # no request to the store before its Retry-After
            assert held_back.next_try_at > timezone.now() + timedelta(seconds=3500)
            assert held_back.tries == 0
        state = AccountState.objects.get(account=check.account)
        assert (state.health, state.failures, state.throttled_until, state.not_before) == ("ok", 0, None, None)
        # Reads continue.
        before = len(simulator.world.log())
        CheckSync.objects.filter(pk=check.pk).update(next_read_at=timezone.now(), state=SyncState.SCHEDULED)
        reads.run_slice([check.account_id], seconds=5, until_idle=True)
        assert len(simulator.world.log()) > before


def test_throttling_by_the_providers_own_host_pauses_the_account(
    simulator: Simulator, account: MakeAccount, settings: LazySettings
) -> None:
    with file_store(lambda path: (429, b"", {"Retry-After": "600"})) as store:
        check, (document,) = wanted_by_link(simulator, account("advance_ai"), f"http://{store.host}/a.jpg?sig=1")
        settings.PROVIDER_EXTRA_HOSTS |= {store.host}
        ProviderAccount.objects.filter(pk=check.account_id).update(base_url=f"http://{store.host}")
        assert copies.copy_requested(seconds=20) == 0
        document.refresh_from_db()
        assert (document.state, document.fault_detail) == (DocumentState.REQUESTED, "HTTP 429: too many requests.")
        throttled_until = AccountState.objects.get(account=check.account_id).throttled_until
        assert throttled_until is not None and throttled_until > timezone.now() + timedelta(seconds=500)


# --- hosts ------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("G30")
@pytest.mark.parametrize("provider", list(NAMED_BY_LINK))
def test_a_host_that_is_not_allowed_is_never_connected_to(
    simulator: Simulator, account: MakeAccount, provider: str
) -> None:
    with file_store(lambda path: (200, jpeg(), {})) as store:
        check, (document,) = wanted_by_link(
            simulator,
            account(provider, evidence_hosts=["pictures.example.net"]),
            f"http://{store.host}/a.jpg?sig=canary",
        )
        assert copies.copy_requested(seconds=20) == 0
        document.refresh_from_db()
        assert document.state == DocumentState.FAILED
        assert document.fault_detail == (
            "Not fetched: 127.0.0.1 is not one of the account's evidence hosts (evidence_hosts)."
        )
        assert (document.source, document.link) == (f"{store.host}/a.jpg", "")
        assert store.connections == 0
        assert AccountState.objects.get(account=check.account).health == "ok"
        lost = Event.objects.get(case=check.case, type=EventType.DOCUMENT_LOST)
        assert "canary" not in str(lost.data)


@pytest.mark.parametrize("provider", list(NAMED_BY_LINK))
def test_an_allowed_foreign_host_never_gets_credentials(
    simulator: Simulator, account: MakeAccount, settings: LazySettings, provider: str
) -> None:
    hungry = {"Set-Cookie": "session=1; Path=/", "WWW-Authenticate": "Basic", "Content-Type": "image/jpeg"}
    with file_store(lambda path: (200, jpeg((60, 60 + int(path[2])), noise=True), hungry)) as store:
        settings.PROVIDER_EXTRA_HOSTS |= {store.host}
        urls = [f"http://{store.host}/p{number}.jpg?sig=1" for number in range(3)]
        check, found = wanted_by_link(simulator, account(provider), *urls)
        assert copies.copy_requested(seconds=20) == 3
        assert {document.state for document in Document.objects.all()} == {DocumentState.COPIED}
        assert len(found) == len(store.heads) == 3
        for head in store.heads:
            assert set(head) <= {"host", "accept", "accept-encoding", "user-agent", "connection"}
        sent = str(store.heads)
        assert not any(str(value) in sent for value in check.account.credentials.values())
        assert check.reference not in sent


@pytest.mark.parametrize("provider", list(NAMED_BY_LINK))
def test_a_redirect_is_refused_with_a_reason(
    simulator: Simulator, account: MakeAccount, settings: LazySettings, provider: str
) -> None:
    with file_store(lambda path: (200, jpeg(), {})) as target:
        moved = {"Location": f"http://{target.host}/there.jpg"}
        with file_store(lambda path: (302, b"", moved)) as store:
            settings.PROVIDER_EXTRA_HOSTS |= {store.host, target.host}
            _, (document,) = wanted_by_link(simulator, account(provider), f"http://{store.host}/a.jpg")
            assert copies.copy_requested(seconds=20) == 0
            document.refresh_from_db()
            assert (document.state, document.fault_detail) == (
                DocumentState.FAILED,
                "HTTP 302: a redirect, which is never followed.",
            )
            assert (target.connections, len(store.heads)) == (0, 1)


# --- sizes ------------------------------------------------------------------------------------------------------------

PDF = b"%PDF-1.4\n" + b"%" * 1000
SIZES: list[tuple[str, Callable[[], bytes], str]] = [
    ("a picture of 11 MiB", lambda: jpeg() + bytes(11 * MIB), ""),
    ("a picture above 12 MiB", lambda: jpeg() + bytes(12 * MIB), "The image is larger than 12 MiB."),
    ("unknown bytes above 12 MiB", lambda: b"?" * (12 * MIB + 1), "The image is larger than 12 MiB."),
    ("a PDF of 20 MiB", lambda: PDF + bytes(20 * MIB), ""),
    ("an archive of 20 MiB", lambda: b"PK\x03\x04" + bytes(20 * MIB), ""),
    ("a video of 31 MiB", lambda: b"\x1aE\xdf\xa3" + bytes(31 * MIB), ""),
    ("a video above 32 MiB", lambda: b"\x1aE\xdf\xa3" + bytes(32 * MIB), "The answer is larger than 32 MiB."),
]


@pytest.mark.parametrize(("content", "says"), [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_size_limits_fail_at_once_with_a_reason(
    simulator: Simulator,
    account: MakeAccount,
    settings: LazySettings,
    content: Callable[[], bytes],
    says: str,
) -> None:
    with file_store(lambda path: (200, content(), {})) as store:
        settings.PROVIDER_EXTRA_HOSTS |= {store.host}
        _, (document,) = wanted_by_link(simulator, account("advance_ai"), f"http://{store.host}/file")
        copies.copy_requested(seconds=30)
        document.refresh_from_db()
        state = DocumentState.FAILED if says else DocumentState.COPIED
        assert (document.state, document.fault_detail) == (state, says)
        assert copies.copy_requested(seconds=5) == 0
        assert len(store.heads) == 1


def test_an_images_answer_above_32_mib_fails_after_one_call(simulator: Simulator, account: MakeAccount) -> None:
    preventor = account("preventor")
    case = factories.case_from(simulator, preventor, "in-progress-processing")
    check = case.checks.get()
    played = simulator.providers["preventor"]
    simulator.world.set_scenario("preventor", check.reference, played.scenarios["fault-too-big"])
    documents.request(check, [Evidence(kind=EvidenceKind.SELFIE, label="SELF_PORTRAITS")])
    since = len(simulator.world.log())
    copies.copy_requested(seconds=30)
    document = Document.objects.get(case=case)
    assert (document.state, document.fault_detail) == (DocumentState.FAILED, "The answer is larger than 32 MiB.")
    assert sum(line.path.endswith("/images") for line in simulator.world.log(since)) == 1


# --- forty images of ten megabytes ------------------------------------------------------------------------------------

COPIER = """
import sys, django
django.setup()
from compliance.sync import copies, provider_clients
with provider_clients.fresh_sessions():
    copied = copies.copy_requested(seconds=float(sys.argv[1]))
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(copied, peak, flush=True)
"""


def copied_in_a_worker(url: str, folder: str, store: FileStore, seconds: float) -> tuple[int, float]:
    """Number of images that a worker process copied, and its peak memory in MiB."""
    program = COPIER.replace("django.setup()\n", f"{_STORAGE.format(folder=folder)}django.setup()\n", 1)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "compliance.settings",
        "DATABASE_URL": url,
        "PROVIDER_EXTRA_HOSTS": store.host,
    }
    done = subprocess.run(
        [sys.executable, "-c", program, str(seconds)],
        cwd=desk_settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 60,
    )
    assert done.returncode == 0, done.stderr
    copied, peak = done.stdout.split()
    return int(copied), int(peak) / 1024


_STORAGE = """
from django.conf import settings
settings.STORAGES["documents"]["OPTIONS"]["location"] = {folder!r}
"""


@pytest.mark.promise("P11")
def test_forty_images_of_ten_megabytes_keep_memory_flat(
    simulator: Simulator,
    account: MakeAccount,
    settings: LazySettings,
    desk_app_url: str,
    analyst: User,
    tmp_path: Any,
) -> None:
    many = 40 if SOAK else 8

    def picture(path: str) -> Answer:
        return 200, large_jpeg(int(path.rpartition("/")[2])), {}

    with file_store(picture) as store:
        settings.PROVIDER_EXTRA_HOSTS |= {store.host}
        advance = account("advance_ai")
        folder = str(tmp_path / "documents")
        peaks, first = [], 0
        for count in (3, many):
            urls = [f"http://{store.host}/{first + number}" for number in range(count)]
            first += count
            check, _ = wanted_by_link(simulator, advance, *urls)
            copied, peak = copied_in_a_worker(desk_app_url, folder, store, 60.0 + 6 * count)
            assert copied == count
            peaks.append(peak)
    blobs = Document.objects.filter(case=check.case).values_list("blob__size", "blob__refused", "blob__width")
    assert len(blobs) == many
    assert all(size >= 10 * MIB and (refused, width) == ("", 2400) for size, refused, width in blobs)
    print(f"peak memory of a worker: {peaks[0]:.0f} MiB for 3 pictures, {peaks[1]:.0f} MiB for {many}")
    assert peaks[1] - peaks[0] < 40
    assert peaks[1] < 300
    browser = Client()
    browser.force_login(analyst)
    few = Document.objects.exclude(case=check.case).values_list("case_id", flat=True)[0]
    queries = []
    for case_id in (few, check.case_id):
        browser.get(f"/case/{case_id}/")
        with CaptureQueriesContext(connection) as asked:
            page = browser.get(f"/case/{case_id}/")
        queries.append(len(asked))
    assert page.status_code == 200
    assert page.content.decode().count("/image/thumb/") >= many
    print(f"the case page with {many} pictures took {queries[1]} queries")
    assert queries[1] <= queries[0] + 2


def test_a_lost_lease_is_not_released(simulator: Simulator, account: MakeAccount) -> None:
    factories.case_from(simulator, account("preventor"), "rejected-nothing")
    (mine,) = evidence_copies.lease_requested(limit=1)
    later = timezone.now() + evidence_copies.COPY_LEASE + timedelta(seconds=1)
    Document.objects.exclude(pk=mine.pk).update(next_try_at=later + timedelta(hours=1))
    (theirs,) = evidence_copies.lease_requested(limit=1, now=later)
    assert (theirs.pk, theirs.tries) == (mine.pk, 2)
    assert evidence_copies.release_lease(mine, wait=1.0) is False
    assert evidence_copies.release_lease(theirs, wait=1.0) is True
    mine.refresh_from_db()
    assert (mine.tries, mine.leased_until) == (1, None)
