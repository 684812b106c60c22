"""BTC Direct, simulated: the sign-in of a partner and the liveness read of an order, which authenticates twice."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from providers.simulator.btc_direct.scenarios import ERRORS, all_scenarios
from providers.simulator.digit_references import DigitReferences
from providers.simulator.faults import Fault
from providers.simulator.messages import SimRequest, SimResponse
from providers.simulator.scenarios import Scenario
from providers.simulator.world import World

_LIVENESS = re.compile(r"/api/v2/buy/([^/]*)/identification/liveness")
_OTHER_PATHS = ("/api/v1/user/", "/api/v2/buy/", "/api/v2/user/")
_TOKEN_SECONDS = 3600.0
_HTTP: Mapping[str, int] = {"ER035": 404, "ER150": 403, "ER998": 404, "ER999": 500}
"""Only ER801 with HTTP 400 is documented; the other statuses show that the code decides."""


class BTCDirectSimulator(DigitReferences):
    """Strict: exactly one way of signing in, a user identifier that fits the order, digits only, GET only."""

    name = "btc_direct"
    label = "BTC Direct"
    position = 1
    account_name = "btcdirect-demo"
    demo_countries = ("NL", "DE", "FR", "ES", "PL")
    poll_seconds = 3
    credentials: ClassVar[Mapping[str, str]] = {"username": "desk-demo", "password": "simulated-btc-direct-password"}
    other_credentials: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "api-key": {"api_key": "simulated-btc-direct-key-4f1c"},
        "tokens-live-3-seconds": {"username": "desk-short", "password": "simulated-btc-direct-short"},
        "tokens-expired-at-birth": {"username": "desk-expired", "password": "simulated-btc-direct-expired"},
        "sign-in-without-token": {"username": "desk-tokenless", "password": "simulated-btc-direct-tokenless"},
        "sign-in-with-unknown-code": {"username": "desk-odd", "password": "simulated-btc-direct-odd"},
    }

    @cached_property
    def scenarios(self) -> Mapping[str, Scenario]:
        return all_scenarios()

    def owns(self, request: SimRequest) -> bool:
        return request.path in ("/api/v1/authenticate", "/api/v1/refresh") or request.path.startswith(_OTHER_PATHS)

    def reference_of(self, request: SimRequest) -> str | None:
        found = _LIVENESS.fullmatch(request.path)
        return found[1] or None if found else None

    def check_settings(self, serial: int) -> Mapping[str, Any]:
        return {"user_identifier": user_identifier(serial)}

    def handle(self, request: SimRequest, world: World) -> SimResponse:
        if request.path == "/api/v1/authenticate":
            return self._sign_in(request, world)
        found = _LIVENESS.fullmatch(request.path)
        if not found or request.method != "GET":
            return _errors("ER998", http=404 if not found else 405)
        if code := self._partner_problem(request, world) or _order_problem(found[1]) or _user_problem(request):
            return _errors(code)
        known = world.scenario(self, found[1])
        if not known:
            return _errors("ER035")
        if _identifier(request) != user_identifier(known[1]):
            return _errors("ER150")
        return self._answer(found[1], known[0], world)

    def _sign_in(self, request: SimRequest, world: World) -> SimResponse:
        if request.method != "POST":
            return _errors("ER998", http=405)
        if not isinstance(request.json(), dict):
            return _errors("ER048")
        known = {"demo": self.credentials, **self.other_credentials}
        given = {key: request.json_object().get(key) for key in ("username", "password")}
        name = next((name for name, credentials in known.items() if credentials == given), "")
        if not name:
            return _errors("ER038")
        if name == "sign-in-with-unknown-code":
            return _errors("ER777")
        seconds = {"tokens-live-3-seconds": 3.0, "tokens-expired-at-birth": 0.0}.get(name, _TOKEN_SECONDS)
        refresh = world.issue_token(self.name, owner=name, seconds=0.0, prefix="refresh")
        if name == "sign-in-without-token":
            return SimResponse(body={"refreshToken": refresh})
        return SimResponse(
            body={"token": world.issue_token(self.name, owner=name, seconds=seconds), "refreshToken": refresh}
        )

    def _partner_problem(self, request: SimRequest, world: World) -> str:
        if "x-api-key" in request.headers:
            if "authorization" in request.headers:
                return "ER803"
            key = request.header("x-api-key")
            known = self.other_credentials["api-key"]["api_key"]
            return "" if key == known else "ER805" if key else "ER806"
        if not request.bearer:
            return "ER802"
        return {"valid": "", "expired": "ER801"}.get(world.token_state(self.name, request.bearer), "ER800")

    def _answer(self, order: str, scenario: Scenario, world: World) -> SimResponse:
        state = {**(world.state_of(self, order) or {}), **_fault_state(scenario.fault)}
        if world.reads(self.name, order) <= state.get("stale_reads", 0):
            return _errors("ER801")
        if "codes" in state:
            return _errors(*state["codes"], http=state.get("http", 0))
        if "raw" in state:
            return SimResponse(body=state["raw"])
        return SimResponse(body=_liveness(state))


def user_identifier(serial: int) -> str:
    """The identifier of a person's account: 36 to 255 letters and digits, as ER707 requires."""
    return f"user{serial:04d}{hashlib.sha256(f'btc direct {serial}'.encode()).hexdigest()[:40]}"


def _identifier(request: SimRequest) -> str:
    """Guides call the header User-Identifier, the specification calls it XPUB."""
    return request.header("user-identifier") or request.header("xpub")


def _order_problem(order: str) -> str:
    if not order:
        return "ER033"
    return "" if order.isascii() and order.isdigit() else "ER034"


def _user_problem(request: SimRequest) -> str:
    identifier = _identifier(request)
    if not identifier:
        return "ER700"
    if not re.fullmatch(r"[A-Za-z0-9]{36,255}", identifier):
        return "ER707"
    serial = int(identifier[4:8]) if re.fullmatch(r"user[0-9]{4}", identifier[:8]) else -1
    return "" if identifier == user_identifier(serial) else "ER705"


def _fault_state(fault: Fault | None) -> Mapping[str, Any]:
    """The state of the faults that depend on the format of this provider. Its answers carry no id."""
    if fault is Fault.ANOTHER_APPLICANT:
        return {"codes": ("ER150",)}
    if fault is Fault.OTHER_LETTER_CASE:
        return {"status": "VERIFIED"}
    return {"status": "liveness_passed"} if fault is Fault.UNKNOWN_WORD else {}


def _liveness(state: Mapping[str, Any]) -> dict[str, Any]:
    """The documented object. Each read has a new token of the supplier, as the real API may."""
    answer: dict[str, Any] = {"name": "liveness", "type": state.get("type", "document"), "status": state["status"]}
    shape = state.get("data", "object")
    if shape == "object":
        answer["data"] = {"accessToken": f"_act-sim-{secrets.token_urlsafe(18)}"}
    elif shape == "list":
        answer["data"] = [{"accessToken": f"_act-sim-{secrets.token_urlsafe(18)}"}]
    return answer


def _errors(*codes: str, http: int = 0) -> SimResponse:
    errors = {}
    for code in codes:
        message, solution = ERRORS.get(code, ("Something else went wrong.", "Contact support."))
        errors[code] = {"code": code, "message": message, "solution": solution}
    status = http or max(_HTTP.get(code, 400) for code in codes)
    return SimResponse(status=status, body={"errors": errors})
