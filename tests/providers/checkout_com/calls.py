"""Asking the simulated Checkout.com in tests: what is asked by a scenario's name, and answers written by hand."""

from collections.abc import Callable
from typing import Any

from providers import Assessment, Kind, Provider, Report, Subject
from providers.simulator.checkout_com import CheckoutComSimulator

RawServer = Callable[[Any], str]
PLAYED = CheckoutComSimulator()
OAUTH = PLAYED.other_credentials["oauth"]
CANARIES = ("sk_sbox_canary", "canary-client-secret", "canary-access-token", "canary-link-signature", "Lindqvarn")


def subject_of(scenario: str, serial: int = 7) -> Subject:
    """The check that plays a scenario for person ``serial``."""
    kind = Kind(PLAYED.scenarios[scenario].kind)
    return Subject(kind=kind, reference=PLAYED.reference(scenario, serial))


def asked(client: Provider, scenario: str, serial: int = 7) -> tuple[Report, Assessment]:
    """What a client reads of a scenario, and what it takes it to mean."""
    report = client.fetch(subject_of(scenario, serial))
    return report, client.normalise(report, client.rules())


def http(status: int, body: bytes, media_type: str = "application/json", *more: str) -> bytes:
    """A whole HTTP answer as it goes over the wire."""
    lines = (f"HTTP/1.1 {status} X", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", "Connection: close")
    return "\r\n".join((*lines, *more, "", "")).encode() + body
