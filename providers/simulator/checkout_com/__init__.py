"""Checkout.com Identities, simulated: reads of four kinds of checks, attempts, assets, reports and the sign-in."""

import base64
import binascii
import zlib
from collections.abc import Mapping
from functools import cache
from typing import ClassVar
from urllib.parse import parse_qs

from providers.simulator import people
from providers.simulator.checkout_com import files
from providers.simulator.checkout_com.answers import (
    COLLECTIONS,
    DIGITS,
    FILES,
    CheckAnswer,
    envelope,
    filler,
    signature_of,
)
from providers.simulator.checkout_com.scenarios import all_scenarios
from providers.simulator.messages import SimRequest, SimResponse
from providers.simulator.scenarios import ProviderSimulator, Scenario
from providers.simulator.world import World

_PREFIXES: Mapping[str, str] = {"identity": "idv_", "face": "fav_", "document": "iddv_", "aml": "amlv_"}
_SIGN_IN_ERRORS = (
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "access_denied",
    "invalid_context",
    "odd_word",
)


def _client(name: str) -> dict[str, str]:
    return {"client_id": f"cli_{name}", "client_secret": f"simulated-{name}-secret"}


class CheckoutComSimulator(ProviderSimulator):
    """Strict: a key or a token at every read, GET only, ids of this product only, links signed and without a key."""

    name = "checkout_com"
    label = "Checkout.com"
    position = 5
    account_name = "checkout-demo"
    demo_countries = ("GB", "FR", "ES", "DE", "NL", "PL", "GR")
    poll_seconds = 2
    credentials: ClassVar[Mapping[str, str]] = {"secret_key": "sk_sbox_simulatordemonstrationkey2="}
    other_credentials: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "oauth": _client("vkuhvk4vdemonstration"),
        "oauth-tokens-live-20-seconds": _client("vkuhvk4vtwenty"),
        "oauth-without-token": _client("vkuhvk4vnothing"),
        "oauth-token-refused-by-reads": _client("vkuhvk4vrefused"),
        "key-without-product": {"secret_key": "sk_sbox_simulatorwithoutproduct2="},
        **{f"sign-in-{word}": _client(f"vkuhvk4v{word}") for word in _SIGN_IN_ERRORS},
    }

    @property
    def scenarios(self) -> Mapping[str, Scenario]:
        return all_scenarios()

    def owns(self, request: SimRequest) -> bool:
        parts = request.path.strip("/").split("/")
        return parts[0] in (*COLLECTIONS, "applicants", FILES) or parts == ["connect", "token"]

    def reference(self, scenario_name: str, serial: int) -> str:
        scenario = self.scenarios[scenario_name]
        content = _number(zlib.crc32(scenario_name.encode()), 7) + _number(serial, 4)
        return _PREFIXES[scenario.kind] + "01" + content + filler(f"{scenario_name} {serial}", 13)

    def scenario_of(self, reference: str) -> tuple[Scenario, int] | None:
        prefix, _, body = reference.partition("_")
        if len(body) != 26 or set(body) - set(DIGITS) or f"{prefix}_" not in _PREFIXES.values():
            return None
        number, serial = _value(body[2:9]), _value(body[9:13])
        name = _names().get(number, "")
        if name and self.reference(name, serial) == reference:
            return self.scenarios[name], serial
        return None

    def reference_of(self, request: SimRequest) -> str | None:
        parts = request.path.strip("/").split("/")
        return parts[1] if parts[0] in COLLECTIONS and len(parts) > 1 else None

    def handle(self, request: SimRequest, world: World) -> SimResponse:
        parts = request.path.strip("/").split("/")
        if parts == ["connect", "token"]:
            return self._sign_in(request, world)
        if parts[0] == FILES:
            return self._file(request, parts, world)
        refusal = self._refusal(request, world)
        if refusal:
            return refusal
        answer = self._read(request, parts, world)
        number = filler(f"{request.path} {request.at}", 13).upper()
        return SimResponse(
            status=answer.status,
            body=answer.body,
            headers={"Cko-Request-Id": number, "Cko-Version": "1.0.0", **answer.headers},
            media_type=answer.media_type,
        )

    # --- authentication -----------------------------------------------------------------------------------------------

    def _refusal(self, request: SimRequest, world: World) -> SimResponse | None:
        key = request.bearer
        if key == self.other_credentials["key-without-product"]["secret_key"]:
            return SimResponse(status=403)
        refused = self.other_credentials["oauth-token-refused-by-reads"]["client_id"]
        fresh = world.token_state(self.name, key) == "valid" and world.token_owner(self.name, key) != refused
        if key != self.credentials["secret_key"] and not fresh:
            return SimResponse(status=401)
        if request.method != "GET":
            return SimResponse(status=405, headers={"Allow": "GET"})
        if "application/json" not in request.header("accept"):
            return SimResponse(status=406)
        return None

    def _sign_in(self, request: SimRequest, world: World) -> SimResponse:
        form = {key: values[-1] for key, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        content = request.header("content-type").partition(";")[0]
        client, secret = _basic(request.header("authorization"))
        if request.method != "POST" or content != "application/x-www-form-urlencoded":
            return SimResponse(status=400, body={"error": "invalid_request"})
        known = {one["client_id"]: one for one in self.other_credentials.values() if "client_id" in one}
        if client not in known or secret != known[client]["client_secret"]:
            return SimResponse(status=400, body={"error": "invalid_client"})
        if form.get("grant_type") != "client_credentials":
            return SimResponse(status=400, body={"error": "invalid_grant"})
        if form.get("scope") != "identity-verification":
            return SimResponse(status=400, body={"error": "invalid_scope"})
        for word in _SIGN_IN_ERRORS:
            if client == f"cli_vkuhvk4v{word}":
                return SimResponse(status=400, body={"error": word})
        if client == "cli_vkuhvk4vnothing":
            return SimResponse(body={"token_type": "Bearer", "expires_in": 3600})
        seconds = 20 if client == "cli_vkuhvk4vtwenty" else 14400
        token = world.issue_token(self.name, owner=client, seconds=seconds)
        return SimResponse(body={"access_token": token, "token_type": "Bearer", "expires_in": seconds})

    # --- reads --------------------------------------------------------------------------------------------------------

    def _read(self, request: SimRequest, parts: list[str], world: World) -> SimResponse:
        kind = COLLECTIONS.get(parts[0], "")
        reference = parts[1] if len(parts) > 1 else ""
        found = world.scenario(self, reference) if reference.startswith(_PREFIXES.get(kind, "\n")) else None
        state = world.state_of(self, reference) if found else None
        if not found or state is None:
            return SimResponse(status=404)
        if "http" in state:
            return SimResponse(status=state["http"], body=envelope("request_invalid", "id_invalid"))
        answer = CheckAnswer(self, request, world, kind, reference, found, state)
        if parts[2:] == []:
            return SimResponse(body=answer.check())
        if parts[2:] == ["pdf-report"] and kind in ("identity", "document"):
            return answer.report()
        if parts[2] != "attempts" or kind == "aml":
            return SimResponse(status=404)
        return answer.attempts_below(parts[3:])

    # --- files --------------------------------------------------------------------------------------------------------

    def _file(self, request: SimRequest, parts: list[str], world: World) -> SimResponse:
        """Like an object store: signed links that expire, and no other credentials than the signature."""
        if request.header("authorization"):
            return _store_error(400, "InvalidArgument")
        query = request.query
        date, seconds, signature = (query.get(f"X-Amz-{name}", "") for name in ("Date", "Expires", "Signature"))
        genuine = signature == signature_of(request.path, date, seconds) and request.method in ("GET", "HEAD")
        if not genuine or not _recent(date, seconds, world):
            return _store_error(403, "AccessDenied")
        found = world.scenario(self, parts[1]) if len(parts) == 3 else None
        if not found:
            return SimResponse(status=404)
        file = files.content(parts[2], people.person(found[1]))
        return SimResponse(body=file[0], media_type=file[1]) if file else SimResponse(status=404)


# --- small parts ------------------------------------------------------------------------------------------------------


@cache
def _names() -> Mapping[int, str]:
    """Scenario names by the number that their references carry."""
    return {zlib.crc32(name.encode()): name for name in all_scenarios()}


def _number(value: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        value, digit = divmod(value, 32)
        digits = DIGITS[digit] + digits
    return digits


def _value(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 32 + DIGITS.index(digit)
    return value


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (client, secret) if scheme.lower() == "basic" else ("", "")


def _store_error(status: int, word: str) -> SimResponse:
    return SimResponse(status=status, body=f"<Error><Code>{word}</Code></Error>", media_type="application/xml")


def _recent(date: str, seconds: str, world: World) -> bool:
    if not (date.isdecimal() and seconds.isdecimal()):
        return False
    return world.now() / world.speed * 1000 <= int(date) + int(seconds) * 1000
