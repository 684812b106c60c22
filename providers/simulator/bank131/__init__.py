"""Bank131, simulated: one read by GET or POST, one header, errors inside HTTP 200, pointers to earlier checks."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from providers.simulator.bank131.scenarios import all_scenarios
from providers.simulator.digit_references import DigitReferences
from providers.simulator.faults import Fault
from providers.simulator.messages import SimRequest, SimResponse
from providers.simulator.scenarios import Scenario
from providers.simulator.world import World

_CHECK = re.compile(r"/api/(v1|v1\.1|v2|v2\.0)/check(?:/([^/]*))?/?")
_BASES = ("/api/v1/check", "/api/v1.1/", "/api/v2/check", "/api/v2.0/")
_NOTHING = SimResponse(status=404, body="<h1>404 Not Found</h1>", media_type="text/html")


class Bank131Simulator(DigitReferences):
    """Strict: the project header and the content type at every read, an empty body, digits only."""

    name = "bank131"
    label = "Bank131"
    position = 2
    account_name = "bank131-demo"
    demo_countries = ("RU", "PL", "GR", "DE")
    poll_seconds = 5
    credentials: ClassVar[Mapping[str, str]] = {"project": "desk_demo_project"}
    other_credentials: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "reads-by-get-only": {"project": "desk_get_only"},
        "reads-by-post-only": {"project": "desk_post_only"},
    }

    @cached_property
    def scenarios(self) -> Mapping[str, Scenario]:
        return all_scenarios()

    def owns(self, request: SimRequest) -> bool:
        return request.path.startswith(_BASES)

    def reference_of(self, request: SimRequest) -> str | None:
        found = _CHECK.fullmatch(request.path)
        return found[2] or None if found else None

    def handle(self, request: SimRequest, world: World) -> SimResponse:
        found = _CHECK.fullmatch(request.path)
        if not found:
            return _NOTHING
        if refusal := self._refusal(request, found[2] or ""):
            return refusal
        known = world.scenario(self, found[2])
        if not known:
            return _error("request_not_found", "No check has this number")
        state = {**(world.state_of(self, found[2]) or {}), **_fault_state(known[0].fault)}
        return self._answer(found[1], found[2], known[1], state)

    def _refusal(self, request: SimRequest, check_id: str) -> SimResponse | None:
        if request.method not in ("GET", "POST"):
            return SimResponse(status=405, headers={"Allow": "GET, POST"})
        project = request.header("x-partner-project")
        if not project or "application/json" not in request.header("content-type"):
            return _error("request_header_validation_error", "request_header_validation_error", http=422)
        if request.body or not check_id:
            # A body, or no id at all: that would be the call which creates a check, and it is not signed.
            return _error("request_body_validation_error", "request_body_validation_error", http=422)
        known = {
            "": self.credentials["project"],
            **{name: one["project"] for name, one in self.other_credentials.items()},
        }
        name = next((name for name, one in known.items() if one == project), None)
        if name is None:
            return _error("partner_project_not_found", "No such project")
        if (name, request.method) in (("reads-by-get-only", "POST"), ("reads-by-post-only", "GET")):
            return SimResponse(status=405)
        return None

    def _answer(self, version: str, check_id: str, serial: int, state: Mapping[str, Any]) -> SimResponse:
        if "raw" in state:
            return SimResponse(status=state.get("http", 200), body=state["raw"])
        if "points_to" in state:
            earlier = self.reference(state["points_to"], serial)
            return _error("already_exists", "These data were sent before", data={"id": earlier})
        data: dict[str, Any] = {"id": int(check_id) if state.get("id_as_number") else state.get("id", check_id)}
        if "code" in state:
            return _error(state["code"], state.get("words", state["code"]), data=data)
        if state.get("remark"):
            data["description"] = state["remark"]
        if state["status"] == "ok" and version in ("v1", "v1.1"):
            data["participant"] = {"reference": f"{5000 + serial}"}
        answer = {"status": state["status"], "data": data}
        return SimResponse(body={key: value for key, value in answer.items() if key != "data" or not state.get("bare")})


def _fault_state(fault: Fault | None) -> Mapping[str, Any]:
    """The state of the faults that depend on the format of this provider."""
    if fault is Fault.ANOTHER_APPLICANT:
        return {"id": "41"}
    if fault is Fault.OTHER_LETTER_CASE:
        return {"status": "OK"}
    return {"status": "success"} if fault is Fault.UNKNOWN_WORD else {}


def _error(code: str, words: str, *, data: Mapping[str, Any] | None = None, http: int = 200) -> SimResponse:
    answer: dict[str, Any] = {"status": "error", "error": {"code": code, "description": words}}
    return SimResponse(status=http, body={**answer, "data": dict(data)} if data else answer)
