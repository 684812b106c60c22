"""What the generic tests expect of BTC Direct."""

from collections.abc import Iterator

from providers import CodeRow, Kind, ProviderUnavailable
from providers.btc_direct.parse import parse
from tests.providers.btc_direct.samples import PLAYED
from tests.providers.expectations import Expectations, Scene, first_kind

SCENARIOS = {
    ("liveness_status", "*"): "unknown-rejected",
    ("error_code", "*"): "unknown-code",
    ("http_status", "200"): "pending",
    ("http_status", "400"): "http-400-without-codes",
    ("http_status", "429"): "fault-http-429-seconds",
    ("http_status", "*"): "http-418-without-codes",
    ("shape", "status_missing"): "token-only",
    ("shape", "not_readable"): "not-readable",
}


def scenario_of(row: CodeRow) -> str:
    """The scenario in which the simulator sends this row's value to a read."""
    return SCENARIOS.get((row.kind, row.value)) or row.value.lower()


def scenes_of(row: CodeRow) -> Iterator[Scene]:
    """One scene: codes about the API key need an account with one, ER038 wrong credentials."""
    if row.value == "ER038":
        yield Scene("pending", (("username", "nobody"), ("password", "wrong")))
    elif row.value in ("ER805", "ER806"):
        yield Scene(scenario_of(row), tuple(PLAYED.other_credentials["api-key"].items()))
    else:
        yield Scene(scenario_of(row))


EXPECTATIONS = Expectations(
    kinds=(Kind.LIVENESS,),
    credential_sets=frozenset({("username", "password"), ("api_key",)}),
    credentials={"username": "canary-user-1", "password": "canary-password-2"},
    # An unknown id has an answer of its own, so a bare 404 means a wrong address, for the whole account.
    bare_404=ProviderUnavailable,
    renews_token=True,
    ignores_letter_case=True,
    parse=parse,
    subject_of=lambda name, body: first_kind("btc_direct"),
    scenes_of=scenes_of,
    readable_scenario="verified",
    reference=lambda number: f"44{number:05d}",
    secret_marks=frozenset({"_act-sim-"}),
)
