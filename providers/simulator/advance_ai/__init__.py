"""ADVANCE.AI, simulated: signed token request, Get Result, Health Status and a store of signed links.

All answers except those of the store are HTTP 200 with an envelope.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar
from urllib.parse import urlencode

from providers.simulator.advance_ai import files
from providers.simulator.advance_ai.scenarios import UNKNOWN_RESULT, all_scenarios
from providers.simulator.faults import Fault
from providers.simulator.national_numbers import brazilian, indonesian, south_african
from providers.simulator.people import Person, person
from providers.simulator.scenarios import ProviderSimulator, Scenario, SimRequest, SimResponse
from providers.simulator.world import World

_TOKEN_PATH = "/openapi/auth/ticket/v1/generate-token"  # noqa: S105 - an address, no secret
_RESULT_PATH = "/intl/openapi/identity-risk/idvs-h5/ekyc/v1/get-result"
_HEALTH_PATH = "/intl/openapi/identity-risk/idvs-h5/ekyc/v1/non-doc-health-status"
_OURS = ("/openapi/auth/", "/intl/openapi/identity-risk/idvs-h5/")
_STORE = "/advance-ai-files/"
_DAY = 86_400
_CLOCK_TOLERANCE_MS = 300_000

_MESSAGES: Mapping[str, str] = {
    "SIGNATURE_NOT_EXIST": "This signatureId is not exist",
    "ERROR": "Server error",
    "IAM_FAILED": "Access denied",
    "PARAMETER_ERROR": "Parameter should not be empty or wrong",
    "EMPTY_PARAMETER_ERROR": "Parameter should not be empty",
    "CLIENT_ERROR": "HTTP 4xx",
    "ACCOUNT_DISABLED": "Account Disabled",
    "SERVICE_BUSY": "Query too frequently",
    "RETRY_LATER": "Retry later",
}
_RETRY_AFTER: Mapping[str, str] = {"SERVICE_BUSY": "10s", "RETRY_LATER": "3"}
_MARKETS: Mapping[str, tuple[str, str, int]] = {
    "NG_BVN": ("NGA", "BVN", 11),
    "NG_NIN": ("NGA", "NIN", 11),
    "ID_NIK": ("IDN", "NIK", 16),
    "BR_CPF": ("BRA", "CPF", 11),
    "AR_DNI": ("ARG", "DNI", 8),
    "ZA_SAID": ("ZAF", "SAID", 13),
}
"""Prefixed number type -> region, type as typed, digits."""
_COUNTRY_MARKETS = {"NG": "NG_BVN", "ID": "ID_NIK", "BR": "BR_CPF"}
_UNSTABLE = ("ID_NIK",)
_IMAGES = ("faceImage", "faceImageFar")


class AdvanceAISimulator(ProviderSimulator):
    """Strict: signed sign-in within 300 s of now, a live token, POST and JSON, ids of its own, links of one day."""

    name = "advance_ai"
    label = "ADVANCE.AI"
    position = 4
    account_name = "advanceai-demo"
    demo_countries = ("ID", "NG", "BR")
    poll_seconds = 4
    credentials: ClassVar[Mapping[str, str]] = {
        "access_key": "simulated-access-key",
        "secret_key": "simulated-secret-key",
    }
    other_credentials: ClassVar[Mapping[str, Mapping[str, str]]] = {
        name: {"access_key": f"access-{name}", "secret_key": f"secret-{name}"}
        for name in (
            "tokens-live-3-seconds",
            "account-disabled",
            "denied-everywhere",
            "sign-in-busy",
            "sign-in-without-token",
            "sign-in-not-readable",
        )
    }
    settings: ClassVar[Mapping[str, Any]] = {"evidence_hosts": ["127.0.0.1"]}

    @property
    def scenarios(self) -> Mapping[str, Scenario]:
        return all_scenarios()

    def owns(self, request: SimRequest) -> bool:
        return request.path.startswith((*_OURS, _STORE))

    def reference(self, scenario_name: str, serial: int) -> str:
        if scenario_name not in self.scenarios:
            raise KeyError(scenario_name)
        head = _digest(scenario_name)[:8]
        body = f"{int(head[:4], 16) ^ serial:04x}"
        return head + body + _digest(f"id {head} {body}")[:4]

    def scenario_of(self, reference: str) -> tuple[Scenario, int] | None:
        name = _names().get(reference[:8], "")
        try:
            serial = int(reference[8:12], 16) ^ int(reference[:4], 16)
        except ValueError:
            return None
        if name and self.reference(name, serial) == reference:
            return self.scenarios[name], serial
        return None

    def reference_of(self, request: SimRequest) -> str | None:
        if request.path != _RESULT_PATH:
            return None
        given = request.json_object().get("signatureId")
        return given if isinstance(given, str) and given else None

    def handle(self, request: SimRequest, world: World) -> SimResponse:
        if request.path.startswith(_STORE):
            return self._file(request, world)
        expected = {_TOKEN_PATH: "POST", _RESULT_PATH: "POST", _HEALTH_PATH: "GET"}.get(request.path)
        is_json = request.header("content-type").partition(";")[0].strip() == "application/json"
        if request.method != expected or (expected == "POST" and not is_json):
            return _envelope("CLIENT_ERROR")
        if request.path == _TOKEN_PATH:
            return self._sign_in(request, world)
        token = request.header("x-access-token")
        is_denied = world.token_owner(self.name, token) == "denied-everywhere"
        if is_denied or world.token_state(self.name, token) != "valid":
            return _envelope("IAM_FAILED")
        return self._health(request) if request.path == _HEALTH_PATH else self._result(request, world)

    # --- authentication ----------------------------------------------------------------------------------------------

    def _sign_in(self, request: SimRequest, world: World) -> SimResponse:
        given = request.json_object()
        texts = {key: str(given.get(key, "")) for key in ("accessKey", "timestamp", "signature")}
        if not all(texts.values()):
            return _envelope("PARAMETER_ERROR", message="Parameter should not be empty")
        owner, secret = self._key(texts["accessKey"])
        signed = _digest(f"{texts['accessKey']}{secret}{texts['timestamp']}")
        if not _is_near(texts["timestamp"]) or not secret or texts["signature"] != signed:
            return _envelope("PARAMETER_ERROR", message="Invalid timestamp or signature")
        period = str(given.get("periodSecond", 3600))
        if not period.isdigit() or not 60 <= int(period) <= _DAY:
            return _envelope("PARAMETER_ERROR", message="Invalid periodSecond")
        return self._issued(owner, int(period), world)

    def _issued(self, owner: str, period: int, world: World) -> SimResponse:
        """A token, or the failure that the name of the key selects."""
        if owner == "account-disabled":
            return _envelope("ACCOUNT_DISABLED")
        if owner == "sign-in-busy":
            return _envelope("SERVICE_BUSY")
        if owner == "sign-in-without-token":
            return _envelope("SUCCESS", data={"expiredTime": 0})
        if owner == "sign-in-not-readable":
            return SimResponse(body={"token": "a-token-in-the-wrong-place"})
        seconds = 3 if owner == "tokens-live-3-seconds" else period
        token = world.issue_token(self.name, owner=owner, seconds=seconds, prefix="adv")
        return _envelope("SUCCESS", data={"token": token, "expiredTime": int((time.time() + period) * 1000)})

    def _key(self, access_key: str) -> tuple[str, str]:
        accounts = {"demo": self.credentials, **self.other_credentials}
        for owner, keys in accounts.items():
            if keys["access_key"] == access_key:
                return owner, keys["secret_key"]
        return "", ""

    # --- answers -----------------------------------------------------------------------------------------------------

    def _health(self, request: SimRequest) -> SimResponse:
        given = request.query.get("numberType", "").upper()
        if given not in _MARKETS:
            return _envelope("PARAMETER_ERROR", message="Unsupported numberType")
        return _envelope(
            "SUCCESS", data={"numberType": given, "status": "unstable" if given in _UNSTABLE else "health"}
        )

    def _result(self, request: SimRequest, world: World) -> SimResponse:
        reference = request.json_object().get("signatureId")
        if reference is None or reference == "":
            return _envelope("EMPTY_PARAMETER_ERROR")
        if not isinstance(reference, str):
            return _envelope("PARAMETER_ERROR")
        found = world.scenario(self, reference)
        state = world.state_of(self, reference)
        if found is None or state is None:
            return _envelope("SIGNATURE_NOT_EXIST")
        once = state.get("envelope_once") if world.reads(self.name, reference) <= 1 else None
        if code := state.get("envelope") or once:
            return _envelope(str(code))
        if shape := state.get("shape"):
            return _envelope("SUCCESS") if shape == "data_missing" else SimResponse(body={"data": {"status": "PASS"}})
        scenario, serial = found
        created_ms = int(world.created_at(self, reference).timestamp() * 1000)
        answer = _Answer(state, serial, reference, request.header("host"), created_ms).data()
        return _envelope("SUCCESS", data=self._with_fault(answer, scenario, serial))

    def _with_fault(self, data: dict[str, Any], scenario: Scenario, serial: int) -> dict[str, Any]:
        if scenario.fault is Fault.ANOTHER_APPLICANT:
            return {**data, "signatureId": self.reference(scenario.name, serial + 1)}
        if scenario.fault is Fault.OTHER_LETTER_CASE:
            return {**data, "overallResult": "pass", "idvResult": "pass", "errorCode": "success"}
        if scenario.fault is Fault.UNKNOWN_WORD:
            return {**data, "overallResult": UNKNOWN_RESULT, "idvResult": UNKNOWN_RESULT}
        return data

    # --- the store of files -----------------------------------------------------------------------------------------

    def _file(self, request: SimRequest, world: World) -> SimResponse:
        """Signed links that expire after a day. A call with a token or key is refused."""
        reference, _, field = request.path.removeprefix(_STORE).partition("/")
        found = self.scenario_of(reference)
        expires = request.query.get("Expires", "")
        is_signed = secrets.compare_digest(
            request.query.get("Signature", ""), files.signature_of(reference, field, expires)
        )
        content = files.file_of(field, found[1]) if found else None
        if request.header("x-access-token") or request.header("authorization"):
            return _refused(400, "InvalidArgument")
        if request.method != "GET" or content is None:
            return _refused(404, "NoSuchKey")
        if not is_signed or not expires.isdigit() or float(expires) < time.time():
            state = world.state_of(self, reference) or {}
            return _refused(int(state.get("dead_links", 403)), "AccessDenied")
        return SimResponse(body=content[0], media_type=content[1])


class _Answer:
    """``data`` of one Get Result, composed from a scenario's state and the person behind the reference."""

    def __init__(self, state: Mapping[str, Any], serial: int, reference: str, host: str, created_ms: int) -> None:
        self.state = state
        self.serial = serial
        self.person = person(serial)
        self.reference = reference
        self.host = host
        self.created_ms = created_ms
        self.market = str(state.get("market") or _COUNTRY_MARKETS.get(self.person.country, "NG_BVN"))
        self.region, self.typed, self.digits = _MARKETS[self.market]

    def data(self) -> dict[str, Any]:
        """The object as it is sent."""
        state = self.state
        found: dict[str, Any] = {"signatureId": self.reference}
        for field in state.get("fields", ("overallResult", "idvResult")):
            found[field] = state["result"]
        if "older" in state:
            found["idvResult"] = state["older"]
        if "codes" in state:
            found["errorCodes"] = state["codes"]
        else:
            found["errorCode"] = state["code"]
        return found | {
            "submissionCompleted": state["submitted"],
            "docDatabaseDetail": self._detail() if state["with_detail"] else None,
            "faceDetail": None if state["face"] is None else self._face(state["face"]),
            "inputParameters": {
                "region": self.region,
                "numberType": self.typed,
                "userId": self.person.external_id,
                "callbackUrl": f"https://shop.example/notify/{_digest(self.reference)[:24]}",
            },
            "countryCodeIso3": self.region,
        }

    def _detail(self) -> dict[str, Any]:
        one = self.person
        number = _NUMBERS[self.market](one) if self.market in _NUMBERS else (one.national_number * 2)[: self.digits]
        found: dict[str, Any] = {
            "numberValue": _masked(number) if self.region == "NGA" else number,
            "numberTypeInfo": {"numberType": self.market, "region": self.region},
            "gender": "FEMALE" if one.sex == "F" else "MALE",
            "birthday": one.birth_date.strftime("%Y/%m/%d"),
            **_MARKET_FIELDS[self.market](one, number),
        }
        entries: dict[str, str | None] = {"numberValue": None, "fullName": None, "dob": None, "face": None}
        found["verification"] = {**entries, **_ENTRIES.get(self.market, {}), **self.state.get("entries", {})}
        return found | dict(self.state.get("detail", {}))

    def _face(self, face: Mapping[str, Any]) -> dict[str, Any]:
        is_pass = face.get("faceResult", "PASS") == "PASS"
        scores = {"faceLivenessScore": 97, "faceSimilarityScore": 84.2} if is_pass else {}
        found: dict[str, Any] = {"faceResult": "PASS", **scores, "livenessAttackType": None, "faceVideoUrl": None}
        found |= {key: self._image(key) for key in _IMAGES}
        found |= {"auditImageUrl": self._link("auditImageUrl"), "faceImageTime": 1180, **face}
        if found["faceVideoUrl"] == "link":
            found["faceVideoUrl"] = self._link("faceVideoUrl")
        if results := self.state.get("events"):
            found["eventDetails"] = [
                {"event": "FACE_CAPTURE", "result": result, "createTimestamp": self.created_ms + 20_000 * number}
                for number, result in enumerate(results, start=1)
            ]
        return found

    def _image(self, field: str) -> str:
        # Made only when it is part of the answer.
        if self.state.get("inline") and (content := files.file_of(field, self.serial)):
            return base64.b64encode(content[0]).decode()
        return self._link(field)

    def _link(self, field: str) -> str:
        expires = str(int(time.time()) + int(self.state.get("link_seconds", _DAY)))
        query = urlencode({"Expires": expires, "Signature": files.signature_of(self.reference, field, expires)})
        return f"http://{self.host}{_STORE}{self.reference}/{field}?{query}"


def _nigeria(one: Person, number: str) -> dict[str, Any]:
    phone = f"{one.phone[:3]}******{one.phone[-2:]}"
    names = {"firstName": one.latin_given_names.upper(), "middleName": None, "lastName": one.latin_family_name.upper()}
    return {**names, "phoneNumber": phone, "phoneNumber2": ""}


def _brazil(one: Person, number: str) -> dict[str, Any]:
    address = {"street": one.street, "number": "SN", "neighborhood": "CENTRO", "city": one.city, "state": "CE"}
    return {
        "fullName": one.latin_name.upper(),
        "cpfStatus": "Regular",
        "motherName": None,
        "address": {**address, "postalCode": one.postcode, "type": "residential"},
    }


def _argentina(one: Person, number: str) -> dict[str, Any]:
    names = {"firstName": one.latin_given_names.upper(), "lastName": one.latin_family_name.upper()}
    return {**names, "fullName": one.latin_name.upper(), "taxId": f"20-{number}-3", "taxIdType": "CUIL"}


_MARKET_FIELDS = {
    "NG_BVN": lambda one, number: {"bvn": _masked(number), **_nigeria(one, number)},
    "NG_NIN": lambda one, number: {"nin": _masked(number), **_nigeria(one, number)},
    "ID_NIK": lambda one, number: {"fullName": one.latin_name.upper()},
    "BR_CPF": _brazil,
    "AR_DNI": _argentina,
    "ZA_SAID": lambda one, number: {"fullName": one.latin_name.upper()},
}
_ENTRIES: Mapping[str, Mapping[str, str]] = {
    "ID_NIK": {"numberValue": "pass", "fullName": "pass", "dob": "pass"},
    "BR_CPF": {"face": "pass"},
    "AR_DNI": {"face": "pass"},
}


def _envelope(code: str, *, data: Mapping[str, Any] | None = None, message: str = "") -> SimResponse:
    after = _RETRY_AFTER.get(code)
    return SimResponse(
        body={
            "code": code,
            "message": message or ("OK" if code == "SUCCESS" else _MESSAGES.get(code, code.capitalize())),
            "data": data,
            "extra": None,
            "transactionId": secrets.token_hex(8),
            "pricingStrategy": "FREE",
        },
        headers={"Retry-After": after} if after else {},
    )


def _refused(status: int, code: str) -> SimResponse:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'
    return SimResponse(status=status, body=body, media_type="application/xml")


_NUMBERS = {"BR_CPF": brazilian, "ID_NIK": indonesian, "ZA_SAID": south_african}
"""Numbers of the registers with a rule."""


def _masked(number: str) -> str:
    return number[:2] + "*" * (len(number) - 3) + number[-1]


def _is_near(timestamp: str) -> bool:
    return (
        len(timestamp) == 13 and timestamp.isdigit() and abs(int(timestamp) - time.time() * 1000) <= _CLOCK_TOLERANCE_MS
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _names() -> Mapping[str, str]:
    return {_digest(name)[:8]: name for name in all_scenarios()}
