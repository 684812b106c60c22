"""What the generic tests expect of Bank131."""

from typing import Any

from providers import CodeRow, Kind, ProviderUnavailable, Subject
from providers.bank131.parse import parse
from tests.providers.expectations import Expectations, Scene, first_kind

SCENARIOS = {
    ("status", "error"): "passport-failure",
    ("status", "*"): "unknown-status",
    ("data_description", "valid"): "ok",
    ("data_description", "Check in progress"): "pending",
    ("error_code", "passport_validation_failure"): "passport-failure",
    ("error_code", "inn_validation_failure"): "inn-failure",
    ("error_code", "already_exists"): "already-exists-ok",
    ("error_code", "invalid_sign"): "invalid-sign",
    ("error_code", "request_not_found"): "request-not-found",
    ("error_code", "partner_project_not_found"): "project-not-found",
    ("error_code", "*"): "unknown-code",
    ("validation_code", "request_body_validation_error"): "request-body-validation-error",
    ("validation_code", "request_header_validation_error"): "request-header-validation-error",
    ("http_status", "200"): "ok",
    ("http_status", "404"): "fault-http-404",
    ("http_status", "405"): "http-405",
    ("http_status", "422"): "http-422",
    ("http_status", "429"): "fault-http-429-seconds",
    ("http_status", "500"): "fault-http-500",
    ("http_status", "*"): "http-418",
    ("shape", "pointer_unusable"): "already-exists-no-id",
    ("shape", "error_without_code"): "error-without-code",
    ("shape", "not_readable"): "not-readable",
}


def subject_of(name: str, body: Any) -> Subject:
    """The check that an answer names."""
    data = body.get("data") if isinstance(body, dict) else None
    return first_kind("bank131", str((data or {}).get("id") or "1"))


def scenario_of(row: CodeRow) -> str:
    """The scenario in which the simulator sends this row's value."""
    return SCENARIOS.get((row.kind, row.value), row.value)


EXPECTATIONS = Expectations(
    kinds=(Kind.DATABASE,),
    credential_sets=frozenset({("project",)}),
    credentials={"project": "canary-project-3"},
    # An unknown id has an answer of its own, so a bare 404 means a wrong address, for the whole account.
    bare_404=ProviderUnavailable,
    renews_token=False,
    ignores_letter_case=False,
    parse=parse,
    subject_of=subject_of,
    scenes_of=lambda row: [Scene(scenario_of(row))],
    readable_scenario="ok",
    reference=lambda number: f"44{number:05d}",
)
