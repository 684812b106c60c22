"""What the generic tests expect of ADVANCE.AI."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from providers import CodeRow, Kind, ProviderUnavailable, Report, Subject, Verdict
from providers.advance_ai.parse import parse
from providers.simulator.advance_ai import AdvanceAISimulator
from tests.providers.expectations import GOOD_LINK, Expectations, Scene, first_kind

WITH_LINKS = Path(__file__).parent / "payloads" / "pass-with-links.json"


def subject_of(name: str, body: Any) -> Subject:
    """The verification that an answer names."""
    data = body.get("data") if isinstance(body, dict) else None
    found = data.get("signatureId") if isinstance(data, dict) else None
    return first_kind("advance_ai", str(found or "x-1"))


def answer_with_image(value: Any) -> Report:
    """A passed verification with this value as its selfie."""
    body = json.loads(WITH_LINKS.read_text(encoding="utf-8"))
    body["data"]["faceDetail"] |= {"faceImage": value, "faceImageFar": GOOD_LINK}
    return parse(body, subject_of("", body))


SCENARIOS = {
    ("overall_result", "PASS"): "passed",
    ("overall_result", "FAIL"): "failed-without-code",
    ("overall_result", "INCOMPLETE"): "open",
    ("overall_result", "*"): "result-unknown",
    ("idv_result", "PASS"): "passed-older-field",
    ("idv_result", "FAIL"): "failed-older-field",
    ("idv_result", "INCOMPLETE"): "open-older-field",
    ("idv_result", "*"): "result-unknown-older-field",
    ("error_code", "SUCCESS"): "passed",
    ("envelope_code", "SUCCESS"): "passed",
    ("envelope_code", "*"): "envelope-unknown",
    ("face_result", "PASS"): "passed",
    ("face_result", "FAIL"): "failed-name-not-match",
    ("liveness_attack_type", "null"): "passed",
    ("liveness_attack_type", "1"): "failed-liveness-attack",
    ("liveness_attack_type", "2"): "failed-liveness-injected",
    ("liveness_attack_type", "3"): "failed-liveness-unsure",
    ("face_video_state", "null"): "passed",
    ("face_video_state", "PENDING"): "passed-video-pending",
    ("face_video_state", "ERROR"): "passed-video-error",
    ("verification_result", "pass"): "passed-indonesia",
    ("verification_result", "fail"): "passed-entry-fail",
    ("verification_result", "null"): "passed",
    ("cpf_status", "Regular"): "passed-brazil",
    ("cpf_status", "Holder's Death"): "passed-cpf-holders-death",
    ("cpf_status", "Suspended"): "passed-cpf-suspended",
    ("cpf_status", "Not exist"): "passed-cpf-not-exist",
    ("cpf_status", "*"): "passed-cpf-unknown",
    ("number_type", "NG_BVN"): "passed",
    ("number_type", "NG_NIN"): "passed-nigeria-nin",
    ("number_type", "ID_NIK"): "passed-indonesia",
    ("number_type", "BR_CPF"): "passed-brazil",
    ("number_type", "AR_DNI"): "passed-argentina",
    ("number_type", "ZA_SAID"): "passed-south-africa",
    ("health_status", "health"): "failed-can-not-verify",
    ("health_status", "unstable"): "failed-register-unstable",
    ("http_status", "200"): "passed",
    ("http_status", "401"): "fault-http-401",
    ("http_status", "403"): "fault-http-403",
    ("http_status", "404"): "fault-http-404",
    ("http_status", "429"): "fault-http-429-10s",
    ("http_status", "*"): "fault-http-500",
    ("shape", "data_missing"): "data-missing",
    ("shape", "not_readable"): "not-readable",
}


def scenario_of(row: CodeRow) -> str:
    """The scenario in which the simulator sends this row's value."""
    if row.kind == "error_code" and row.value == "*":
        return "failed-unknown-code" if row.verdict is Verdict.NEGATIVE else "incomplete-unknown-code"
    if found := SCENARIOS.get((row.kind, row.value)):
        return found
    word = row.value.lower().replace("_", "-")
    if row.kind == "error_code":
        return f"{'incomplete' if row.verdict is Verdict.NONE else 'failed'}-{word}"
    return f"envelope-{word}"


def scenes_of(row: CodeRow) -> Iterator[Scene]:
    """One scene: only a sign-in reports a disabled account."""
    if row.value == "ACCOUNT_DISABLED":
        yield Scene("passed", tuple(AdvanceAISimulator.other_credentials["account-disabled"].items()))
    else:
        yield Scene(scenario_of(row))


EXPECTATIONS = Expectations(
    kinds=(Kind.DATABASE,),
    credential_sets=frozenset({("access_key", "secret_key")}),
    credentials={"access_key": "canary-access-5", "secret_key": "canary-secret-6"},
    # An unknown id has an answer of its own, so a bare 404 means a wrong address, for the whole account.
    bare_404=ProviderUnavailable,
    renews_token=True,
    ignores_letter_case=False,
    parse=parse,
    subject_of=subject_of,
    answer_with_image=answer_with_image,
    has_fixed_image_fields=True,
    scenes_of=scenes_of,
    readable_scenario="passed",
    reference=lambda number: f"{number:016x}",
)
