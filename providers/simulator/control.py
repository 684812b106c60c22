"""``/_simulator/``: instructions, demonstration accounts and cases, the log, and switches for tests."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from providers.simulator import demo
from providers.simulator.messages import SimRequest, SimResponse
from providers.simulator.scenarios import ProviderSimulator, Scenario
from providers.simulator.world import World

_HOW_TO = """\
Simulated identity providers. All people and data are invented.

A reference names a scenario and a person. Read it as the provider's documentation says, with the credentials of
/_simulator/accounts.json; wrong calls return the provider's own errors.

  GET  /_simulator/accounts.json          demonstration accounts with their credentials
  GET  /_simulator/cases.csv              demonstration cases for `manage.py import_cases`
  GET  /_simulator/steps.json             what an analyst does with some of these cases
  GET  /_simulator/scenarios.json         every scenario with an example reference
  GET  /_simulator/reference?provider=P&scenario=S&serial=N      the reference of person N in a scenario
  GET  /_simulator/log.json?since=N       calls so far, from number N on
  POST /_simulator/set                    {"provider": P, "reference": R, "scenario": S or null}: answer with scenario S
  POST /_simulator/tell                   {"provider": P, "reference": R, "body": {...} or null}: answer with body
  POST /_simulator/age                    {"provider": P, "reference": R, "seconds": N}: advance its time
  POST /_simulator/delay                  {"seconds": N}: delay every answer of a provider
  POST /_simulator/revoke                 {"provider": P}: revoke every token of this provider
"""


class Control:
    """Answers calls about the simulator itself. No authentication, because the server is for one machine."""

    def __init__(self, providers: Mapping[str, ProviderSimulator], world: World, url: str) -> None:
        self._providers = providers
        self._world = world
        self._url = url
        self._routes: dict[tuple[str, str], Callable[[SimRequest], SimResponse]] = {
            ("GET", ""): self._how_to,
            ("GET", "accounts.json"): self._accounts,
            ("GET", "cases.csv"): self._cases,
            ("GET", "steps.json"): self._steps,
            ("GET", "scenarios.json"): self._scenarios,
            ("GET", "reference"): self._reference,
            ("GET", "log.json"): self._log,
            ("POST", "set"): self._set,
            ("POST", "tell"): self._tell,
            ("POST", "age"): self._age,
            ("POST", "delay"): self._delay,
            ("POST", "revoke"): self._revoke,
        }

    def handle(self, request: SimRequest) -> SimResponse:
        """Any call below ``/_simulator/``."""
        route = self._routes.get((request.method, request.path.removeprefix("/_simulator/")))
        if route is None:
            return _error(404, "no such page")
        try:
            return route(request)
        except _InvalidCall as error:
            return _error(400, str(error))

    def _how_to(self, _: SimRequest) -> SimResponse:
        lines = [_HOW_TO]
        for provider in self._providers.values():
            lines.append(f"\n{provider.label} ({provider.name})\n")
            lines.extend(
                f"  {scenario.name:<44} {provider.reference(scenario.name, 7):<34} {scenario.note}\n"
                for scenario in provider.scenarios.values()
            )
        return SimResponse(body="".join(lines), media_type="text/plain; charset=utf-8")

    def _accounts(self, _: SimRequest) -> SimResponse:
        return SimResponse(body=demo.accounts(self._providers, self._url))

    def _cases(self, _: SimRequest) -> SimResponse:
        cases = demo.cases_csv(self._providers, now=self._world.started, seed=self._world.seed)
        return SimResponse(body=cases, media_type="text/csv; charset=utf-8")

    def _steps(self, _: SimRequest) -> SimResponse:
        return SimResponse(body=demo.steps(self._providers, seed=self._world.seed))

    def _scenarios(self, _: SimRequest) -> SimResponse:
        return SimResponse(
            body={
                provider.name: [_described(provider, scenario) for scenario in provider.scenarios.values()]
                for provider in self._providers.values()
            }
        )

    def _reference(self, request: SimRequest) -> SimResponse:
        provider = self._provider(request.query)
        serial = request.query.get("serial", "0")
        if not serial.isdigit():
            raise _InvalidCall("serial is a number")
        name = self._scenario(provider, request.query.get("scenario", "")).name
        settings = dict(provider.check_settings(int(serial)))
        return SimResponse(body={"reference": provider.reference(name, int(serial)), "settings": settings})

    def _log(self, request: SimRequest) -> SimResponse:
        since = request.query.get("since", "0")
        if not since.isdigit():
            raise _InvalidCall("since is a number")
        following, calls = self._world.log_page(int(since))
        names = ("at", "provider", "method", "path", "status", "reference", "scenario")
        lines = [{name: getattr(call, name) for name in names} for call in calls]
        return SimResponse(body={"next": following, "calls": lines})

    def _set(self, request: SimRequest) -> SimResponse:
        given = request.json_object()
        provider = self._provider(given)
        reference, name = _reference_in(given), given.get("scenario")
        scenario = None if name is None else self._scenario(provider, name)
        self._world.set_scenario(provider.name, reference, scenario)
        return SimResponse(body={"reference": reference, "scenario": scenario.name if scenario else None})

    def _tell(self, request: SimRequest) -> SimResponse:
        """Set any body as the answer, since the schema of some providers is not published."""
        given = request.json_object()
        provider, reference, body = self._provider(given), _reference_in(given), given.get("body")
        if not provider.accepts_body or not isinstance(body, dict | None):
            raise _InvalidCall("body is a JSON object or null, and this provider has to accept one")
        self._world.set_body(provider.name, reference, body)
        return SimResponse(body={"reference": reference, "is_set": body is not None})

    def _delay(self, request: SimRequest) -> SimResponse:
        self._world.delay = _seconds_in(request.json_object())
        return SimResponse(body={"seconds": self._world.delay})

    def _age(self, request: SimRequest) -> SimResponse:
        given = request.json_object()
        reference, seconds = _reference_in(given), _seconds_in(given)
        self._world.advance(self._provider(given).name, reference, seconds)
        return SimResponse(body={"reference": reference, "seconds": seconds})

    def _revoke(self, request: SimRequest) -> SimResponse:
        provider = self._provider(request.json_object())
        return SimResponse(body={"revoked": self._world.revoke_tokens(provider.name)})

    def _provider(self, given: Mapping[str, Any]) -> ProviderSimulator:
        provider = self._providers.get(str(given.get("provider", "")))
        if provider is None:
            raise _InvalidCall(f"provider is one of {', '.join(self._providers)}")
        return provider

    def _scenario(self, provider: ProviderSimulator, name: object) -> Scenario:
        scenario = provider.scenarios.get(str(name))
        if scenario is None:
            raise _InvalidCall(f"{provider.name} has no scenario of that name; see /_simulator/scenarios.json")
        return scenario


class _InvalidCall(Exception):
    """A call about the simulator itself is not valid; the text is the reason."""


def _reference_in(given: Mapping[str, Any]) -> str:
    reference = given.get("reference")
    if not isinstance(reference, str) or not reference:
        raise _InvalidCall("reference is missing")
    return reference


def _seconds_in(given: Mapping[str, Any]) -> float:
    seconds = given.get("seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= 1e9:
        raise _InvalidCall("seconds is a number from 0")
    return float(seconds)


def _described(provider: ProviderSimulator, scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "kind": scenario.kind,
        "note": scenario.note,
        "fault": scenario.fault.value if scenario.fault else "",
        "seconds": [step.after for step in scenario.steps],
        "example": provider.reference(scenario.name, 7),
    }


def _error(status: int, text: str) -> SimResponse:
    return SimResponse(status=status, body=json.dumps({"message": text}))
