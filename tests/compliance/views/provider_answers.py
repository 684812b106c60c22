"""Reports for a check in a test: a decoded answer, a named fault, or a local server."""

import json
import re
import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F

from compliance.enums import SyncState
from compliance.models import Check, CheckSync
from compliance.sync import provider_clients, reads
from compliance.sync.read_leases import ReadLease
from providers import ProviderError, Report
from tests.providers.raw_answers import as_json

Routes = Mapping[str, tuple[int, Any]]
"""End of a path, with its query if that matters -> HTTP status and body (a value, or bytes)."""


def leased(check: Check) -> ReadLease:
    """The check as a reader holds it: leased, its fencing number raised."""
    now = datetime.now(UTC)
    CheckSync.objects.filter(pk=check.pk).update(
        state=SyncState.LEASED, leased_until=now + timedelta(minutes=2), fence=F("fence") + 1
    )
    check = Check.objects.select_related("account", "sync").get(pk=check.pk)
    return ReadLease(check=check, fence=check.sync.fence, start_at=now, generation=check.account.state.generation)


def tell(check: Check, say: Callable[[], Report]) -> None:
    """Store the parser's report of an answer, or the error that it raises, as the sync does."""
    reads.store([answer_of(check, say)], reads.Counts())


def answer_of(check: Check, say: Callable[[], Report]) -> reads.Answer:
    """The sync's ``Answer`` for a parser's report or error."""
    held = leased(check)
    try:
        return reads.Answer(leased=held, read=reads.read_of(held, provider_clients.client(held.check.account), say()))
    except ProviderError as error:
        return reads.Answer(leased=held, error=error)


def ask(check: Check) -> None:
    """Read the check over HTTP in this thread, and store the result."""
    reads.store([reads.fetch(leased(check))], reads.Counts())


def routed(routes: Routes) -> Callable[[socket.socket, bytes], None]:
    """A handler for ``raw_server``: the longest route that ends the path answers; other paths are 404."""

    def answer(connection: socket.socket, head: bytes) -> None:
        asked = head.split(b" ", 2)[1].decode()
        if length := re.search(rb"(?i)content-length: *(\d+)", head):
            missing = int(length[1]) - len(head.partition(b"\r\n\r\n")[2])
            while missing > 0:
                missing -= len(connection.recv(65536))
        for end in sorted(routes, key=len, reverse=True):
            if asked.endswith(end) or ("?" not in end and urlsplit(asked).path.endswith(end)):
                status, body = routes[end]
                connection.sendall(as_json(status, body))
                return
        connection.sendall(as_json(404, {}))

    return answer


def at_host(value: Any, url: str, *hosts: str) -> Any:
    """The same JSON with links to these hosts leading to a server of the test."""
    text = json.dumps(value)
    for host in hosts:
        text = text.replace(f"https://{host}", url)
    return json.loads(text)
