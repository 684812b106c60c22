"""References, scenarios and their time."""

import csv
import io
import re
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import providers.simulator
from providers import Kind, ProviderError, Subject, provider_class, provider_names
from providers.simulator import demo
from providers.simulator.catalogue import all_simulators
from providers.simulator.faults import Fault
from providers.simulator.server import Simulator
from providers.simulator.world import World
from tests.providers.conftest import ClientFactory

# --- references and scenarios -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("simulated", all_simulators(), ids=lambda one: one.name)
def test_every_reference_names_its_scenario_and_is_valid_in_the_product(simulated: Any) -> None:
    seen: set[str] = set()
    for name, scenario in simulated.scenarios.items():
        assert name == scenario.name
        assert re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", name), name
        assert [step.after for step in scenario.steps] == sorted(step.after for step in scenario.steps)
        assert scenario.steps[0].after == 0
        for serial in (0, 1, 7, 9999):
            reference = simulated.reference(name, serial)
            found = simulated.scenario_of(reference)
            assert found is not None
            assert (found[0].name, found[1]) == (name, serial)
            settings = simulated.check_settings(serial)
            problem = provider_class(simulated.name).reference_problem(Kind(scenario.kind), reference, settings)
            assert problem is None, (name, reference)
            seen.add(reference)
    assert len(seen) == 4 * len(simulated.scenarios)
    assert simulated.scenario_of("nobody") is None


@pytest.mark.parametrize("simulated", all_simulators(), ids=lambda one: one.name)
def test_every_provider_has_every_fault_and_a_second_attempt(simulated: Any) -> None:
    assert {f"fault-{fault.value}" for fault in Fault} <= set(simulated.scenarios)
    flows = [name for name in simulated.scenarios if name.startswith("flow-")]
    assert [name for name in flows if "second-attempt" in name]
    assert all(len(simulated.scenarios[name].steps) > 1 for name in flows)


def test_no_two_providers_claim_the_same_path(own: Simulator, client: ClientFactory) -> None:
    for name, played in own.providers.items():
        scenario = next(iter(played.scenarios))
        subject = Subject(
            kind=Kind(played.scenarios[scenario].kind),
            reference=played.reference(scenario, 1),
            settings=played.check_settings(1),
        )
        before = len(own.world.log())
        with suppress(ProviderError):
            client(name, base_url=own.url).fetch(subject)
        calls = own.world.log(before)
        assert {call.provider for call in calls} == {name}
        assert subject.reference in {call.reference for call in calls}


SIXTH = """
from providers.simulator.bank131 import Bank131Simulator

class SixthSimulator(Bank131Simulator):
    name, label, position, account_name, demo_cases = "sixth", "Sixth", 6, "sixth-demo", "sixth:ok, bank131:pending"
"""


def test_one_more_module_adds_a_provider_with_account_and_cases(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "sixth.py").write_text(SIXTH)
    monkeypatch.setattr(providers.simulator, "__path__", [*providers.simulator.__path__, str(tmp_path)])
    found = {played.name: played for played in all_simulators()}
    monkeypatch.delitem(sys.modules, "providers.simulator.sixth")
    assert list(found) == [*provider_names(), "sixth"]
    assert demo.accounts(found, "http://127.0.0.1:1")[-1]["name"] == "sixth-demo"
    last = list(csv.DictReader(io.StringIO(demo.cases_csv(found, now=datetime.now(UTC)))))[-2:]
    assert [line["account"] for line in last] == ["sixth-demo", "bank131-demo"]


# --- time -------------------------------------------------------------------------------------------------------------


def test_steps_follow_the_clock_from_the_first_read_of_a_reference() -> None:
    world = World(speed=100.0)
    played = all_simulators()[0]
    reference = played.reference("flow-second-attempt", 3)
    steps = played.scenarios["flow-second-attempt"].steps
    assert world.steps_so_far(played, reference) == steps[:1]
    world.advance(played.name, reference, steps[1].after)
    assert len(world.steps_so_far(played, reference)) >= 2
    time.sleep((steps[-1].after - steps[1].after) / 100.0 + 0.05)
    assert world.steps_so_far(played, reference) == steps
    assert world.state_of(played, reference) == steps[-1].state
    other = played.reference("flow-second-attempt", 4)
    assert len(world.steps_so_far(played, other)) == 1


def test_the_scenario_of_a_reference_can_be_changed_and_restored() -> None:
    world, played = World(), all_simulators()[1]
    reference = played.reference("ok", 3)
    world.set_scenario(played.name, reference, played.scenarios["pending"])
    found = world.scenario(played, reference)
    assert found is not None
    assert (found[0].name, found[1]) == ("pending", 3)
    world.set_scenario(played.name, reference, None)
    assert world.state_of(played, reference) == played.scenarios["ok"].steps[0].state
    assert world.state_of(played, "nobody") is None


def test_tokens_are_valid_until_they_expire_for_their_provider_only() -> None:
    world = World(speed=1000.0)
    token, short = world.issue_token("bank131", seconds=60), world.issue_token("bank131", seconds=0.05)
    assert (world.token_state("bank131", token), world.token_owner("bank131", token)) == ("valid", "demo")
    assert world.token_state("preventor", token) == "unknown"
    assert world.token_owner("preventor", token) == ""
    assert world.token_state("bank131", "guess") == "unknown"
    time.sleep(0.1)
    assert world.token_state("bank131", short) == "expired"
    assert world.revoke_tokens("bank131") == 1
    assert world.token_state("bank131", token) == "expired"


def test_a_speed_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        World(speed=0)
