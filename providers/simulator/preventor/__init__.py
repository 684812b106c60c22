"""Preventor, simulated: token request, ticket details, images by type, and a store of signed links."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from providers.simulator.faults import Fault
from providers.simulator.preventor import answers
from providers.simulator.preventor.scenarios import UNKNOWN_FLOW, all_scenarios
from providers.simulator.scenarios import ProviderSimulator, Scenario, SimRequest, SimResponse
from providers.simulator.world import World

_SIGN_IN = "/id/v1/identity/auth/token"
_TICKET = re.compile(r"/id/v1/identity/transactions/([^/]+)(/images)?")
_TOKEN_SECONDS = 1200
_TENANT_HEADERS = {"x-tenant": "tenant", "x-env": "env", "x-banknu": "banknu"}
_FIVE = {
    "api_key": "simulated-api-key",
    "secret": "simulated-secret",
    "tenant": "simulated-tenant",
    "env": "simulated-env",
    "banknu": "simulated-banknu",
}


class PreventorSimulator(ProviderSimulator):
    """Strict: five credentials at sign-in, a live bearer token, GET alone, UUIDs of its own, known image types."""

    name = "preventor"
    label = "Preventor"
    position = 3
    account_name = "preventor-demo"
    demo_countries = ("MX", "BR", "ES")
    poll_seconds = 3
    accepts_body = True
    credentials: ClassVar[Mapping[str, str]] = dict(_FIVE)
    other_credentials: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "fixed-token": {"token": "simulated-fixed-token"},
        **{
            name: {**_FIVE, "api_key": f"key-{name}", "secret": f"secret-{name}"}
            for name in (
                "tokens-live-3-seconds",
                "end-in-milliseconds",
                "end-in-the-token",
                "refused-at-reads",
                "sign-in-forbidden",
                "sign-in-busy",
                "sign-in-failing",
                "sign-in-without-token",
                "sign-in-not-readable",
            )
        },
    }

    @property
    def scenarios(self) -> Mapping[str, Scenario]:
        return all_scenarios()

    def owns(self, request: SimRequest) -> bool:
        return request.path.startswith(("/id/v1/identity/", answers.FILES))

    def reference(self, scenario_name: str, serial: int) -> str:
        if scenario_name not in self.scenarios:
            raise KeyError(scenario_name)
        head = _digest(scenario_name)[:8]
        place = f"{int(head[:4], 16) ^ serial:04x}"
        tail = _digest(f"ticket {head} {place}")
        return f"{head}-{place}-4{tail[:3]}-8{tail[3:6]}-{tail[6:18]}"

    def scenario_of(self, reference: str) -> tuple[Scenario, int] | None:
        requested = reference.lower()
        name = _names().get(requested[:8], "")
        try:
            serial = int(requested[9:13], 16) ^ int(requested[:4], 16)
        except ValueError:
            return None
        if name and self.reference(name, serial) == requested:
            return self.scenarios[name], serial
        return None

    def reference_of(self, request: SimRequest) -> str | None:
        found = _TICKET.fullmatch(request.path)
        return found[1] if found else None

    def handle(self, request: SimRequest, world: World) -> SimResponse:
        if request.path.startswith(answers.FILES):
            return self._file(request, world)
        if request.path == _SIGN_IN:
            return self._sign_in(request, world) if request.method == "POST" else _refused(405, "MTHDNTLLWD")
        found = _TICKET.fullmatch(request.path)
        if not found:
            return _refused(404, "NTFND")
        if request.method != "GET":
            return _refused(405, "MTHDNTLLWD")
        if not self._may_read(request, world):
            return _refused(401, "NTHRZD")
        return self._answer(request, world, found[1], is_images=bool(found[2]))

    # --- authentication ----------------------------------------------------------------------------------------------

    def _sign_in(self, request: SimRequest, world: World) -> SimResponse:
        missing = [name for name in ("authorization", "x-api-key", *_TENANT_HEADERS) if not request.header(name)]
        if missing:
            return _refused(400, "BDRQST", fields=missing)
        owner = self._owner(request.header("x-api-key"))
        keys = {"demo": self.credentials, **self.other_credentials}.get(owner, {})
        basic = base64.b64encode(f"{keys.get('api_key')}:{keys.get('secret')}".encode()).decode()
        is_known = bool(keys) and hmac.compare_digest(request.header("authorization"), f"Basic {basic}")
        if not is_known or any(request.header(name) != keys[key] for name, key in _TENANT_HEADERS.items()):
            return _refused(401, "NTHRZD")
        return self._issued(owner, world)

    def _issued(self, owner: str, world: World) -> SimResponse:
        """A token, or the failure that the name of the key says."""
        refusals = {"sign-in-forbidden": 403, "sign-in-busy": 429, "sign-in-failing": 503}
        if owner in refusals:
            return _refused(refusals[owner], "RFSD")
        if owner == "sign-in-without-token":
            return SimResponse(body={"token": None, "expiracy": None})
        if owner == "sign-in-not-readable":
            return SimResponse(body="<html><body>Sign in</body></html>", media_type="text/html")
        seconds = 3 if owner == "tokens-live-3-seconds" else _TOKEN_SECONDS
        ends = int(time.time()) + seconds
        token = world.issue_token(self.name, owner=owner, seconds=seconds, prefix=_claims(ends))
        if owner == "end-in-milliseconds":
            return SimResponse(body={"token": token, "expires_at": ends * 1000})
        if owner == "end-in-the-token":
            return SimResponse(body={"token": token, "expiracy": None})
        return SimResponse(body={"token": token, "expiracy": ends})

    def _owner(self, api_key: str) -> str:
        accounts = {"demo": self.credentials, **self.other_credentials}
        return next((name for name, keys in accounts.items() if api_key and keys.get("api_key") == api_key), "")

    def _may_read(self, request: SimRequest, world: World) -> bool:
        """Whether the token is valid; an optional API key must be the one that signed in."""
        fixed = self.other_credentials["fixed-token"]["token"]
        if hmac.compare_digest(request.bearer.encode(), fixed.encode()):
            return True
        if world.token_state(self.name, request.bearer) != "valid":
            return False
        owner = world.token_owner(self.name, request.bearer)
        api_key = request.header("x-api-key")
        return owner != "refused-at-reads" and (not api_key or self._owner(api_key) == owner)

    # --- answers -----------------------------------------------------------------------------------------------------

    def _answer(self, request: SimRequest, world: World, reference: str, *, is_images: bool) -> SimResponse:
        if not _is_uuid(reference):
            return _refused(400, "BDRQST", fields=["ticket"])
        found, state = world.scenario(self, reference), world.state_of(self, reference)
        if found is None or state is None:
            return _refused(404, "NTFND")
        scenario, serial = found
        if status := state.get("http"):
            return _refused(int(status), "BDRQST" if status == 400 else "RFSD")
        if code := state.get("envelope"):
            return SimResponse(
                body=answers.envelope(400 if code == "BDRQST" else 503, str(code), ["refused", "see code"])
            )
        if is_images:
            return self._images(request, reference, state, serial)
        if (body := world.body_of(self.name, reference)) is not None:
            return SimResponse(body=dict(body))
        host = f"http://{request.header('host')}"
        ticket = answers.ticket(state, serial, reference, world.created_at(self, reference), host)
        return SimResponse(body=self._with_fault(ticket, scenario, serial))

    def _images(self, request: SimRequest, reference: str, state: Mapping[str, Any], serial: int) -> SimResponse:
        requested = tuple(request.query.get("type", "ALL").split(","))
        if any(image_type not in (*answers.IMAGE_TYPES, "ALL") for image_type in requested):
            return _refused(400, "BDRQST", fields=["type"])
        types = answers.IMAGE_TYPES if "ALL" in requested else requested
        return SimResponse(body=answers.images(state, serial, reference, types, f"http://{request.header('host')}"))

    def _with_fault(self, ticket: dict[str, Any], scenario: Scenario, serial: int) -> dict[str, Any]:
        if scenario.fault is Fault.ANOTHER_APPLICANT:
            return {**ticket, "ticket": self.reference(scenario.name, serial + 1)}
        if scenario.fault is Fault.OTHER_LETTER_CASE:
            return {**ticket, "summary": {**ticket["summary"], "flow_status": " accepted ", "disposition": "Passed"}}
        if scenario.fault is Fault.UNKNOWN_WORD:
            return {**ticket, "summary": {**ticket["summary"], "flow_status": UNKNOWN_FLOW}}
        return ticket

    def _file(self, request: SimRequest, world: World) -> SimResponse:
        """Signed links that expire after a day. A call with a token or key is refused."""
        reference, _, name = request.path.removeprefix(answers.FILES).partition("/")
        found = self.scenario_of(reference)
        content = answers.file_of(name, found[1]) if found else None
        if request.header("authorization") or request.header("x-api-key"):
            return SimResponse(status=400, body="credentials are not taken here", media_type="text/plain")
        if request.method != "GET" or content is None:
            return SimResponse(status=404, body="no such image", media_type="text/plain")
        expires = request.query.get("Expires", "")
        is_signed = secrets.compare_digest(
            request.query.get("Signature", ""), answers.signature_of(reference, name, expires)
        )
        if not is_signed or not expires.isdigit() or float(expires) < time.time():
            status = int((world.state_of(self, reference) or {}).get("dead_links", 403))
            return SimResponse(status=status, body="the signature does not fit", media_type="text/plain")
        return SimResponse(body=content, media_type="image/png" if content.startswith(b"\x89PNG") else "image/jpeg")


@cache
def _names() -> dict[str, str]:
    """First eight digits of a reference -> scenario."""
    found = {_digest(name)[:8]: name for name in all_scenarios()}
    if len(found) != len(all_scenarios()):
        raise ValueError("two scenarios share the beginning of their references")
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(f"preventor {text}".encode()).hexdigest()


def _is_uuid(reference: str) -> bool:
    try:
        return str(uuid.UUID(reference)) == reference.lower()
    except ValueError:
        return False


def _claims(ends: int) -> str:
    """Head and claims of a token in the form of a JWT; the random part that follows is the signature."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"exp": ends})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def _refused(status: int, code: str, *, fields: list[str] | None = None) -> SimResponse:
    """The error envelope; its message has one of three shapes, as Preventor's."""
    message: Any = {"message": "Invalid or missing properties", "fields": fields} if fields else "The call was refused"
    if status == 404:
        message = ["Not found"]
    headers = {"Retry-After": "2"} if status == 429 else {}
    return SimResponse(status=status, body=answers.envelope(status, code, message), headers=headers)
