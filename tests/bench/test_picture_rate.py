"""How much slower an encrypted image is than the same bytes in the clear, through the whole view: session, permission,
record of the view; real web server, real database. Run by `make soak`, or alone:

    SOAK=1 .venv/bin/python -m pytest tests/bench/test_picture_rate.py -s
"""

import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as desk_settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from compliance.actions import documents, evidence_copies
from compliance.embedded.processes import free_port
from compliance.evidence.decoding import DecodedFile
from compliance.models import Document, User, ViewRecord
from compliance.project.environment import BASE_DIR
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from tests import factories
from tests.bench.plain_pictures import plain_name

pytestmark = [
    pytest.mark.soak,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(os.environ.get("SOAK") != "1", reason="a measurement: run by make soak"),
]

SIZE = 300 * 1024
LEAST_SHARE = 0.85
ROUNDS, SECONDS = 50, 0.4  # short turns: other load of the machine affects both alike
CONTENT = random.Random(1).randbytes(SIZE)
RIVALS = ("encrypted", "plain")


@pytest.fixture
def document(account: Callable[..., ProviderAccount], documents_folder: Path) -> Document:
    """A copied image of 300 KB, encrypted, and next to it unencrypted."""
    check = factories.add_check(factories.make_case(), account("preventor"), "ticket-rate")
    documents.request(check, [Evidence(kind=EvidenceKind.SELFIE, label="SELFIE")])
    document = Document.objects.get()
    shown = DecodedFile(
        media_type="image/jpeg", width=900, height=1200, renditions={"thumb": b"small", "view": CONTENT}
    )
    download = Download(label="SELFIE", kind=EvidenceKind.SELFIE, content=b"the original")
    evidence_copies.store(document.pk, [(download, shown)])
    document.refresh_from_db()
    assert document.blob
    storages["documents"].save(plain_name(document.blob, "view"), ContentFile(CONTENT))
    return document


@pytest.fixture
def web(desk_app_url: str, document: Document, documents_folder: Path, tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Port and process of a web server on this test's database, started as in production."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "compliance.wsgi", "--bind", f"127.0.0.1:{port}", "--preload"]
    command += ["--no-control-socket", "--worker-class", "gthread", "--workers", "2", "--threads", "8"]
    variables = {
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "DATABASE_URL": desk_app_url,
        "DATA_DIR": str(documents_folder.parent),
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_LEVEL": "ERROR",
    }
    log = tmp_path / "web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--log-level", "warning"], cwd=BASE_DIR, env={**os.environ, **variables}, stderr=output
        )
    try:
        until = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def work_of(process: int) -> float:
    """Seconds of processor time that a server and its workers have used; 0 if unknown."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # ended meanwhile
        if process in (int(words[1]), int(stat.parent.name)):
            total += (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return total


class Reader:
    """One client that repeats a request over one connection; minimal, because it shares the cores."""

    def __init__(self, port: int, path: str, cookie: str) -> None:
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()
        self.port, self.count = port, 0
        self.buffer = bytearray(1 << 20)

    def read(self, until: float) -> None:
        """Count whole answers until that moment."""
        with socket.create_connection(("127.0.0.1", self.port)) as wire:
            while time.monotonic() < until:
                wire.sendall(self.request)
                head, got = b"", 0
                while b"\r\n\r\n" not in head:
                    head += wire.recv(65_536)
                head, _, body = head.partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200") and f"Content-Length: {SIZE}".encode() in head, head
                got = len(body)
                while got < SIZE:
                    got += wire.recv_into(self.buffer)
                self.count += 1


def rate(web: tuple[int, int], path: str, cookie: str, readers: int) -> tuple[float, float]:
    """Answers a second that so many browsers get together, and the server's processor time for each, in seconds."""
    port, process = web
    all_of_them = [Reader(port, path, cookie) for _ in range(readers)]
    worked, began = work_of(process), time.monotonic()
    threads = [threading.Thread(target=reader.read, args=(began + SECONDS,)) for reader in all_of_them]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    count = sum(reader.count for reader in all_of_them)
    return count / (time.monotonic() - began), (work_of(process) - worked) / max(count, 1)


@pytest.mark.promise("P19")
@pytest.mark.parametrize("readers", [1, 4])
def test_an_encrypted_image_is_served_nearly_as_fast_as_a_plain_one(
    readers: int, web: tuple[int, int], document: Document, analyst: User, capsys: Any
) -> None:
    client = Client()
    client.force_login(analyst, backend="django.contrib.auth.backends.ModelBackend")
    cookie = f"{desk_settings.SESSION_COOKIE_NAME}={client.cookies[desk_settings.SESSION_COOKIE_NAME].value}"
    paths = {"encrypted": f"/document/{document.pk}/image/view/", "plain": f"/plain/{document.pk}/view/"}
    for path in paths.values():
        rate(web, path, cookie, readers)  # warm
    before = ViewRecord.objects.count()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in RIVALS}
    for turn in range(ROUNDS):
        for name in RIVALS if turn % 2 else reversed(RIVALS):
            found[name].append(rate(web, paths[name], cookie, readers))
    share = statistics.mean(each for each, _ in found["encrypted"]) / statistics.mean(
        each for each, _ in found["plain"]
    )
    with capsys.disabled():
        print(f"\n{readers} at once: " + ", ".join(said(name, found[name]) for name in RIVALS) + f"; share {share:.3f}")
    answers = sum(each for name in RIVALS for each, _ in found[name]) * SECONDS
    assert ViewRecord.objects.count() - before >= answers * 0.9
    assert share >= LEAST_SHARE


def said(name: str, measured: list[tuple[float, float]]) -> str:
    each, work = (statistics.mean(values) for values in zip(*measured, strict=True))
    return f"{name} {each:.0f}/s and {work * 1000:.2f} ms of the server's processor each"
