"""Scenarios of simulated Bank131."""

from collections.abc import Mapping
from typing import Any

from providers.simulator.scenarios import Scenario, fault_scenarios, flow, steady

_KIND = "database"
_OK: Mapping[str, Any] = {"status": "ok", "remark": "valid"}
_PENDING: Mapping[str, Any] = {"status": "pending", "remark": "Check in progress"}
_PASSPORT: Mapping[str, Any] = {"code": "passport_validation_failure", "words": "The passport was not confirmed"}
_INN: Mapping[str, Any] = {"code": "inn_validation_failure", "words": "ИНН не относится к этому паспорту"}

_POINTERS: Mapping[str, tuple[str, str]] = {
    "already-exists-ok": ("ok", "points to a confirmed check"),
    "already-exists-pending": ("flow-confirmed", "points to a check that is still running, then confirmed"),
    "already-exists-passport": ("passport-failure", "points to an earlier check whose passport failed"),
    "already-exists-2-hops": ("already-exists-ok", "two pointers, then confirmed"),
    "already-exists-3-hops": ("already-exists-2-hops", "three pointers, then confirmed"),
    "already-exists-4-hops": ("already-exists-3-hops", "one pointer too many"),
    "already-exists-itself": ("already-exists-itself", "points to itself"),
    "already-exists-circle": ("already-exists-circle-back", "two checks that point to one another"),
    "already-exists-circle-back": ("already-exists-circle", "two checks that point to one another"),
    "already-exists-invalid-sign": ("invalid-sign", "points to a check that was never checked"),
    "already-exists-unknown-code": ("unknown-code", "points to a check with a code that is not known"),
}


def _pointer(**data: Any) -> dict[str, Any]:
    """A pointer that leads nowhere."""
    return {"status": "error", "error": {"code": "already_exists", "description": "Sent before"}, "data": data}


_ODD_ANSWERS: Mapping[str, tuple[Any, str]] = {
    "already-exists-no-id": (_pointer(), "a pointer without an id"),
    "already-exists-no-digits": (_pointer(id="abc"), "a pointer that is no number"),
    "already-exists-nowhere": (_pointer(id="7"), "a pointer to an unknown check"),
    "error-without-code": (
        {"status": "error", "error": {"description": "Something failed"}},
        "an error without a code",
    ),
    "error-without-error": ({"status": "error"}, "an error without its object"),
    "not-readable": ("status: ok", "text that is no JSON"),
    "status-missing": ({"data": {"description": "valid"}}, "no status"),
    "status-null": ({"status": None}, "null for a status"),
    "status-number": ({"status": 1}, "a number for a status"),
    "ok-with-error": ({"status": "ok", "error": {"code": "inn_validation_failure"}}, "a confirmation with an error"),
    "ok-data-list": ({"status": "ok", "data": []}, "an empty list where the object of details would be"),
}

_REFUSALS: Mapping[str, tuple[int, Mapping[str, Any]]] = {
    "request-body-validation-error": (
        422,
        {"status": "error", "error": {"code": "request_body_validation_error", "description": "The body is wrong"}},
    ),
    "request-header-validation-error": (
        422,
        {"status": "error", "error": {"code": "bad_request", "description": "request_header_validation_error"}},
    ),
    "http-422": (422, {"status": "error", "error": {"code": "malformed", "description": "Something is malformed"}}),
    "http-405": (405, {}),
    "http-418": (418, {"status": "ok"}),
    "http-201": (201, {"status": "ok"}),
}


def all_scenarios() -> dict[str, Scenario]:
    """Every scenario by name."""
    found = [
        steady("ok", _KIND, _OK, note="confirmed"),
        steady("ok-id-as-number", _KIND, {**_OK, "id_as_number": True}, note="confirmed, the id as a number"),
        steady("ok-bare", _KIND, {"status": "ok", "bare": True}, note="confirmed, no details at all"),
        steady("pending", _KIND, _PENDING, note="running"),
        steady("passport-failure", _KIND, _PASSPORT, note="the passport is not confirmed"),
        steady("inn-failure", _KIND, _INN, note="the taxpayer number does not fit; text in Russian"),
        steady("invalid-sign", _KIND, {"code": "invalid_sign"}, note="the check was created with a bad signature"),
        steady("request-not-found", _KIND, {"code": "request_not_found"}, note="not known"),
        steady("project-not-found", _KIND, {"code": "partner_project_not_found"}, note="the project is not known"),
        steady("unknown-code", _KIND, {"code": "documents_expired"}, note="an error code that is not known"),
        steady(
            "unknown-success", _KIND, {"status": "success"}, note="the word of the introduction, not of the reference"
        ),
        steady("unknown-status", _KIND, {"status": "rejected"}, note="a status word that is not known"),
        *(steady(name, _KIND, {"points_to": other}, note=note) for name, (other, note) in _POINTERS.items()),
        *(steady(name, _KIND, {"raw": raw}, note=note) for name, (raw, note) in _ODD_ANSWERS.items()),
        *(
            steady(name, _KIND, {"raw": raw, "http": http}, note=f"HTTP {http}")
            for name, (http, raw) in _REFUSALS.items()
        ),
        *_flows(),
    ]
    return {**{scenario.name: scenario for scenario in found}, **fault_scenarios(_KIND, _OK)}


def _flows() -> tuple[Scenario, ...]:
    return (
        flow("flow-confirmed", _KIND, (0, _PENDING), (45, _OK), note="runs for a while, then confirmed"),
        flow("flow-passport-failure", _KIND, (0, _PENDING), (40, _PASSPORT), note="runs, then the passport fails"),
        flow("flow-inn-failure", _KIND, (0, _PENDING), (60, _INN), note="runs, then the taxpayer number fails"),
        flow(
            "flow-second-attempt",
            _KIND,
            *((0, _PENDING), (20, {"points_to": "flow-confirmed"})),
            note="turns out to be sent before; the earlier one is confirmed later",
        ),
    )
