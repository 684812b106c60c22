"""What the tests of Bank131 share: payload files, a check, and how to ask the simulator about one."""

import json
from pathlib import Path
from typing import Any

from providers import Assessment, Kind, Provider, Report, Rules, Subject, code_table
from providers.bank131 import Bank131
from providers.simulator.bank131 import Bank131Simulator
from providers.simulator.server import Simulator

PAYLOADS = Path(__file__).parent / "payloads"
PLAYED = Bank131Simulator()
TABLE = code_table("bank131")
SEVEN = Subject(kind=Kind.DATABASE, reference="7")


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def subject_of(scenario: str, serial: int = 7, follow: str = "") -> Subject:
    return Subject(kind=Kind.DATABASE, reference=PLAYED.reference(scenario, serial), follow=follow)


def asked(client: Provider, scenario: str, serial: int = 7, follow: str = "") -> tuple[Report, Assessment]:
    report = client.fetch(subject_of(scenario, serial, follow))
    return report, client.normalise(report, client.rules())


def calls_of(simulator: Simulator, since: int) -> list[str]:
    return [f"{line.method} {line.path}" for line in simulator.world.log(since) if line.provider == "bank131"]


def assessed(report: Report) -> Assessment:
    """The assessment of a report; the mapping needs no connection."""
    return Bank131.normalise(Bank131.__new__(Bank131), report, Rules(codes=TABLE))
