"""What the tests of BTC Direct share: payload files, an order, and how to ask the simulator about one."""

import json
from pathlib import Path
from typing import Any

from providers import Assessment, Kind, Provider, Report, Rules, Subject, code_table
from providers.btc_direct import BTCDirect
from providers.simulator.btc_direct import BTCDirectSimulator, user_identifier
from providers.simulator.server import Simulator

PAYLOADS = Path(__file__).parent / "payloads"
PLAYED = BTCDirectSimulator()
TABLE = code_table("btc_direct")
ORDER = Subject(kind=Kind.LIVENESS, reference="12345", settings={"user_identifier": user_identifier(7)})


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


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


def assessed(report: Report, **account: Any) -> Assessment:
    """The assessment of a report; the mapping needs no connection."""
    rules = Rules(codes=TABLE, settings={**BTCDirect.default_settings(), **account})
    return BTCDirect.normalise(BTCDirect.__new__(BTCDirect), report, rules)
