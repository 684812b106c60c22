"""Scenarios of simulated ADVANCE.AI; an answer is composed from one state."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from providers.simulator.scenarios import Scenario, fault_scenarios, flow, steady

KIND = "database"

FAIL_CODES = (
    "BVN_NOT_EXIST",
    "BVN_SUSPEND",
    "NUMBER_NOT_EXIST",
    "NAME_NOT_MATCH",
    "LIVENESS_ATTACK",
    "SIMILARITY_FAILED",
    "INVALID_FORMAT",
    "CAN_NOT_VERIFY",
    "FACE_QUALITY_TOO_POOR",
    "RISK_STRATEGY_HIT",
    "AGE_VERIFICATION_FAILED",
    "INFO_ABNORMAL",
    "NUMBER_DECEASED",
    "NUMBER_BLOCKED",
)
INCOMPLETE_CODES = ("BVN_INVALID_FORMAT", "PARAMETER_ERROR", "USER_TIMEOUT", "ERROR", "RETRY_COUNT_REACH_MAX")
ENVELOPE_CODES = (
    "SIGNATURE_NOT_EXIST",
    "ERROR",
    "IAM_FAILED",
    "PARAMETER_ERROR",
    "EMPTY_PARAMETER_ERROR",
    "CLIENT_ERROR",
    "INSUFFICIENT_BALANCE",
    "OVER_QUERY_LIMIT",
    "SERVICE_BUSY",
    "RETRY_LATER",
)
UNKNOWN_CODE = "REGISTER_UNDER_REVIEW"
UNKNOWN_RESULT = "PASSED_WITH_REMARKS"
UNKNOWN_ENVELOPE = "NODE_DRAINING"
TOKEN_ENVELOPE = "ACCESS_TOKEN_EXPIRED"  # noqa: S105 - a word that an answer holds

_WITHOUT_DETAIL = {"BVN_NOT_EXIST", "NUMBER_NOT_EXIST", "INVALID_FORMAT", "CAN_NOT_VERIFY"}
"""``docDatabaseDetail`` is null when the register returned nothing."""
_LOW_FACE: Mapping[str, Any] = {"faceResult": "FAIL", "faceLivenessScore": 97, "faceSimilarityScore": 41.5}
_ATTACKED_FACE: Mapping[str, Any] = {"faceResult": "FAIL", "faceLivenessScore": 12, "livenessAttackType": 1}
_FACES: Mapping[str, Mapping[str, Any]] = {
    "SIMILARITY_FAILED": _LOW_FACE,
    "LIVENESS_ATTACK": _ATTACKED_FACE,
    "NAME_NOT_MATCH": {"faceResult": "FAIL"},
}


def _passed(**more: Any) -> dict[str, Any]:
    return {"result": "PASS", "code": "SUCCESS", "submitted": True, "with_detail": True, "face": {}, **more}


def _failed(code: str | None, **more: Any) -> dict[str, Any]:
    face = _FACES.get(code or "", {"faceResult": "FAIL"}) if code not in _WITHOUT_DETAIL else None
    detail = code not in _WITHOUT_DETAIL
    return {"result": "FAIL", "code": code, "submitted": True, "with_detail": detail, "face": face, **more}


def _incomplete(code: str | None, *, submitted: bool = False, **more: Any) -> dict[str, Any]:
    return {"result": "INCOMPLETE", "code": code, "submitted": submitted, "with_detail": False, "face": None, **more}


@cache
def all_scenarios() -> Mapping[str, Scenario]:
    """Every scenario by name."""
    found = [*_passes(), *_failures(), *_open_and_ended(), *_odd_answers(), *_envelopes(), *_flows()]
    return {scenario.name: scenario for scenario in found} | fault_scenarios(KIND, _passed())


def _named(prefix: str, code: str) -> str:
    return f"{prefix}-{code.lower().replace('_', '-')}"


def _passes() -> list[Scenario]:
    regular = {
        "nigeria-nin": "NG_NIN",
        "indonesia": "ID_NIK",
        "brazil": "BR_CPF",
        "argentina": "AR_DNI",
        "south-africa": "ZA_SAID",
    }
    faces: Mapping[str, Mapping[str, Any]] = {
        "with-video": {"faceVideoUrl": "link"},
        "video-pending": {"faceVideoUrl": "PENDING"},
        "video-error": {"faceVideoUrl": "ERROR"},
    }
    states = {
        "passed": _passed(),
        "passed-older-field": _passed(fields=("idvResult",)),
        "passed-inline-pictures": _passed(inline=True),
        "passed-links-expired": _passed(link_seconds=-60),
        # Stores differ in the status for an expired link.
        **{
            f"passed-links-2-seconds-{status}": _passed(link_seconds=2, dead_links=status) for status in (403, 404, 410)
        },
        **{f"passed-{market}": _passed(market=kind) for market, kind in regular.items()},
        **{f"passed-{name}": _passed(face=face) for name, face in faces.items()},
    }
    return [steady(name, KIND, state) for name, state in states.items()]


def _failures() -> list[Scenario]:
    states = {_named("failed", code): _failed(code) for code in FAIL_CODES}
    states |= {
        "failed-similarity-manual-band": _failed("SIMILARITY_FAILED", face={**_LOW_FACE, "faceSimilarityScore": 63}),
        "failed-similarity-without-score": _failed("SIMILARITY_FAILED", face={"faceResult": "FAIL"}),
        "failed-liveness-injected": _failed("LIVENESS_ATTACK", face={**_ATTACKED_FACE, "livenessAttackType": 2}),
        "failed-liveness-unsure": _failed("LIVENESS_ATTACK", face={**_ATTACKED_FACE, "livenessAttackType": 3}),
        "failed-name-indonesia": _failed("NAME_NOT_MATCH", market="ID_NIK", entries={"fullName": "fail"}),
        "failed-register-unstable": _failed("CAN_NOT_VERIFY", market="ID_NIK"),
        "failed-older-field": _failed(None, fields=("idvResult",)),
        "failed-without-code": _failed(None),
        "failed-unknown-code": _failed(UNKNOWN_CODE),
        "failed-with-success": _failed("SUCCESS"),
        "failed-several-codes": _failed(None, codes=["NAME_NOT_MATCH", "NUMBER_DECEASED"]),
    }
    return [steady(name, KIND, state) for name, state in states.items()]


def _open_and_ended() -> list[Scenario]:
    states = {_named("incomplete", code): _incomplete(code) for code in INCOMPLETE_CODES}
    states |= {
        "open": _incomplete(None),
        "processing": _incomplete(None, submitted=True),
        "open-older-field": _incomplete(None, fields=("idvResult",)),
        "open-without-result": _incomplete(None, fields=()),
        "passed-without-code": _passed(code=None),
        "incomplete-unknown-code": _incomplete(UNKNOWN_CODE),
    }
    return [steady(name, KIND, state) for name, state in states.items()]


def _odd_answers() -> list[Scenario]:
    cpf = {
        "holders-death": "Holder's Death",
        "suspended": "Suspended",
        "not-exist": "Not exist",
        "unknown": "Em analise",
    }
    states = {f"passed-cpf-{name}": _passed(market="BR_CPF", detail={"cpfStatus": word}) for name, word in cpf.items()}
    states |= {
        "passed-entry-fail": _passed(market="ID_NIK", entries={"fullName": "fail"}),
        "passed-entry-unknown": _passed(market="ID_NIK", entries={"fullName": "similar"}),
        "passed-other-code": _passed(code="NAME_NOT_MATCH"),
        "passed-unknown-code": _passed(code=UNKNOWN_CODE),
        "passed-older-field-fails": _passed(older="FAIL"),
        "result-unknown": _passed(result=UNKNOWN_RESULT),
        "result-unknown-older-field": _passed(result=UNKNOWN_RESULT, fields=("idvResult",)),
        "data-missing": {"shape": "data_missing"},
        "not-readable": {"shape": "not_readable"},
    }
    return [steady(name, KIND, state) for name, state in states.items()]


def _envelopes() -> list[Scenario]:
    found = [steady(_named("envelope", code), KIND, {"envelope": code}) for code in ENVELOPE_CODES]
    return [
        *found,
        steady("envelope-unknown", KIND, {"envelope": UNKNOWN_ENVELOPE}),
        steady("envelope-token", KIND, {"envelope": TOKEN_ENVELOPE}),
        steady("envelope-token-once", KIND, _passed(envelope_once=TOKEN_ENVELOPE), note="a fresh token helps"),
        steady("envelope-iam-failed-once", KIND, _passed(envelope_once="IAM_FAILED"), note="a fresh token helps"),
    ]


def _flows() -> list[Scenario]:
    start = _incomplete(None)
    tried = _incomplete(None, face={"faceResult": "FAIL"}, events=("FAIL",))
    sent = _incomplete(None, submitted=True)
    passed = _passed(events=("FAIL", "PASS"))
    return [
        flow("flow-passed", KIND, (0, start), (20, sent), (45, _passed()), note="finishes after 45 s"),
        flow(
            "flow-second-attempt",
            KIND,
            (0, start),
            (20, tried),
            (45, sent),
            (70, passed),
            note="passes at the second try",
        ),
        flow("flow-declined", KIND, (0, start), (15, sent), (40, _failed("LIVENESS_ATTACK"))),
        flow("flow-manual", KIND, (0, start), (15, sent), (50, _failed("RISK_STRATEGY_HIT"))),
        flow("flow-attempts-used", KIND, (0, start), (20, tried), (60, _incomplete("RETRY_COUNT_REACH_MAX"))),
        flow("flow-timeout", KIND, (0, start), (90, _incomplete("USER_TIMEOUT"))),
        flow("flow-register-down", KIND, (0, sent), (30, _failed("CAN_NOT_VERIFY"))),
    ]
