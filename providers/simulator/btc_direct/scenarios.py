"""Scenarios and error texts of simulated BTC Direct."""

from collections.abc import Mapping
from typing import Any

from providers.simulator.scenarios import Scenario, fault_scenarios, flow, steady

_KIND = "liveness"

ERRORS: Mapping[str, tuple[str, str]] = {
    "ER005": ("The login is wrong.", "Use the right login."),
    "ER033": ("No order number was given.", "Give an order number."),
    "ER034": ("The order number has other characters than digits.", "Give digits."),
    "ER035": ("There is no such order.", "Look up the order number."),
    "ER038": ("User name and password do not match.", "Send the right ones."),
    "ER048": ("The body is no JSON.", "Send JSON."),
    "ER124": ("This account was disabled.", "Write to customer care."),
    "ER150": ("The order belongs to another user.", "Ask about an order of this user."),
    "ER700": ("No user was named.", "Name the user."),
    "ER702": ("The user could not be authorized.", "Send a user that is authorized."),
    "ER704": ("No identifier in the headers.", "Add the identifier."),
    "ER705": ("The identifier has no user.", "Link it to a user first."),
    "ER706": ("The identifier is not valid.", "Send a valid one."),
    "ER707": ("The identifier has the wrong form.", "Send 36 to 255 letters and digits."),
    "ER709": ("The user no longer exists.", "Register the user."),
    "ER800": ("The token is not one of ours.", "Sign in."),
    "ER801": ("The token is past its hour.", "Sign in again."),
    "ER802": ("It contains no token.", "Sign in."),
    "ER803": ("Two ways of signing in came at once.", "Choose one."),
    "ER805": ("The key is not one of ours.", "Send a valid key."),
    "ER806": ("The key is empty.", "Send a key."),
    "ER998": ("The address does not exist.", "Check the address."),
    "ER999": ("Something broke.", "Write to our support."),
}

_WORDS = ("missing", "open", "pending", "verified", "validated")

_ODD_ANSWERS: Mapping[str, tuple[Any, str]] = {
    "token-only": ({"accessToken": "_act-sim-not-a-real-token"}, "the published example: no name, no status"),
    "name-missing": ({"status": "verified"}, "a status without a name"),
    "status-missing": ({"name": "liveness", "type": None}, "a name without a status"),
    "status-null": ({"name": "liveness", "status": None}, "null for a status"),
    "status-number": ({"name": "liveness", "status": 1}, "a number for a status"),
    "status-blank": ({"name": "liveness", "status": "  "}, "a blank status"),
    "object-empty": ({}, "an empty object"),
    "list-empty": ([], "an empty list, which in the sister read means verified"),
    "errors-empty": ({"errors": {}, "name": "liveness", "status": "verified"}, "an error map without codes"),
    "not-readable": ("liveness: verified", "text that is no JSON"),
}

_CODE_SETS: Mapping[str, tuple[str, ...]] = {
    "unknown-code": ("ER777",),
    "unexpected-code": ("ER005",),
    "er124-and-er702": ("ER124", "ER702"),
    "er800-and-er801": ("ER800", "ER801"),
    "er801-and-er700": ("ER801", "ER700"),
    "er801-and-er702": ("ER801", "ER702"),
    "er035-and-er150": ("ER035", "ER150"),
    "er777-and-er124": ("ER777", "ER124"),
}

_READ_CODES = tuple(code for code in ERRORS if code not in ("ER005", "ER038", "ER048"))


def all_scenarios() -> dict[str, Scenario]:
    """Every scenario by name."""
    found = [
        *(steady(word, _KIND, {"status": word}, note=f"the status word {word}") for word in _WORDS),
        steady("case-and-spaces", _KIND, {"status": " Verified "}, note="a known word, capitalised and padded"),
        steady("unknown-rejected", _KIND, {"status": "rejected"}, note="a status word that is not known"),
        steady("unknown-expired", _KIND, {"status": "expired"}, note="a status word that is not known"),
        steady("type-null", _KIND, {"status": "pending", "type": None}, note="type is null"),
        steady("data-list", _KIND, {"status": "pending", "data": "list"}, note="data is a list"),
        steady("data-absent", _KIND, {"status": "missing", "data": ""}, note="no data"),
        steady("http-400-without-codes", _KIND, {"codes": (), "http": 400}, note="HTTP 400 with an empty error map"),
        steady("http-418-without-codes", _KIND, {"codes": (), "http": 418}, note="an unexpected HTTP status"),
        steady(
            "er801-once",
            _KIND,
            {"status": "verified", "stale_reads": 1},
            note="the token expires before the first read",
        ),
        *(steady(name, _KIND, {"raw": raw}, note=note) for name, (raw, note) in _ODD_ANSWERS.items()),
        *(steady(code.lower(), _KIND, {"codes": (code,)}, note=f"every read returns {code}") for code in _READ_CODES),
        *(steady(name, _KIND, {"codes": codes}, note=" with ".join(codes)) for name, codes in _CODE_SETS.items()),
        *_flows(),
    ]
    return {**{scenario.name: scenario for scenario in found}, **fault_scenarios(_KIND, {"status": "verified"})}


def _flows() -> tuple[Scenario, ...]:
    missing, opened, pending, verified = ({"status": word} for word in ("missing", "open", "pending", "verified"))
    return (
        flow(
            "flow-verified",
            _KIND,
            (0, missing),
            (20, opened),
            (40, pending),
            (75, verified),
            note="from nothing to passed",
        ),
        flow(
            "flow-second-attempt",
            _KIND,
            *((0, opened), (15, pending), (35, opened), (60, pending), (90, verified)),
            note="the first try is thrown back, the second passes",
        ),
        flow(
            "flow-unknown",
            _KIND,
            *((0, opened), (15, pending), (40, {"status": "rejected"})),
            note="ends in a word that is not known",
        ),
        flow(
            "flow-disabled", _KIND, (0, pending), (30, {"codes": ("ER124",)}), note="the account is disabled on the way"
        ),
    )
