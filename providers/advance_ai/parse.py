"""ADVANCE.AI's answers: the envelope around every call, and a Get Result answer as a ``Report``.

Sources: the Get Result page, and for the parts inside ``data`` the pages DocDatabaseDetail and FaceDetail of the same
documentation. Fields documented as "Always" can be absent (most examples lack ``submissionCompleted`` and
``inputParameters``), so every field may be missing or null here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from providers.advance_ai.facts import read_facts, text_of
from providers.contract import payload_paths
from providers.contract.code_table import code_table
from providers.contract.errors import (
    CredentialsRefused,
    NotFoundAtProvider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    QuotaExhausted,
    ReferenceMismatch,
    UnreadableAnswer,
)
from providers.contract.payload_values import list_of, moment_of, object_of, string_of
from providers.contract.report import EMPTY, Attempt, Evidence, EvidenceKind, Facts, Kind, Report, Subject

NAME = "advance_ai"
HEALTH_KEY = "health_status"
"""Key of the payload for the answer of the second call, about the official register's health."""

_NUMBER_TYPES = {
    ("NGA", "BVN"): "NG_BVN",
    ("NGA", "NIN"): "NG_NIN",
    ("IDN", "NIK"): "ID_NIK",
    ("BRA", "CPF"): "BR_CPF",
    ("ARG", "DNI"): "AR_DNI",
    ("ZAF", "SAID"): "ZA_SAID",
}
"""Inputs say ``BVN`` beside region ``NGA``; results and Health Status say ``NG_BVN``."""

_IMAGES = {
    "faceImage": EvidenceKind.SELFIE,
    "faceImageFar": EvidenceKind.SELFIE,
    "faceImageNear": EvidenceKind.SELFIE,
    "silentImage": EvidenceKind.SELFIE,
    "auditImageUrl": EvidenceKind.ARCHIVE,
    "faceVideoUrl": EvidenceKind.VIDEO,
}
_DATA_KEYS = ("signatureId", "overallResult", "idvResult", "errorCode", "errorCodes", "submissionCompleted")
_NO_FILE = frozenset({"", "PENDING", "ERROR"})
_LONGEST_WORD = 200

_FAULTS: Mapping[str, type[ProviderError]] = {
    "SIGNATURE_NOT_EXIST": NotFoundAtProvider,
    "ERROR": ProviderUnavailable,
    "CLIENT_ERROR": ProviderUnavailable,
    "IAM_FAILED": CredentialsRefused,
    "PARAMETER_ERROR": CredentialsRefused,
    "EMPTY_PARAMETER_ERROR": CredentialsRefused,
    "ACCOUNT_DISABLED": CredentialsRefused,
    "ACCESS_DENIED": CredentialsRefused,
    "SERVICE_DISABLED": CredentialsRefused,
    "INSUFFICIENT_BALANCE": QuotaExhausted,
    "OVER_QUERY_LIMIT": QuotaExhausted,
    "SERVICE_BUSY": ProviderThrottled,
    "RETRY_LATER": ProviderThrottled,
}
"""Envelope code -> fault. ``ERROR`` and ``PARAMETER_ERROR`` exist as ``data.errorCode`` too; there they are results."""


def envelope_code(envelope: Any) -> str:
    """The ``code`` of any answer: "Response's Status Code". Raises ``UnreadableAnswer`` when there is none."""
    code = object_of(envelope).get("code")
    if not isinstance(code, str) or not code:
        raise _unreadable("not_readable")
    return code


def refuses_token(code: str) -> bool:
    """Whether to repeat the call with one fresh token: for denied access, or any undocumented code about a token.

    An expired token is described as ``IAM_FAILED``, which also means a disabled account; only its message, which the
    provider calls unstable, distinguishes them.
    """
    return code == "IAM_FAILED" or (code != "SUCCESS" and code not in _FAULTS and "TOKEN" in code)


def raise_for_code(envelope: Mapping[str, Any], *, retry_after: float | None = None, hint: str = "") -> None:
    """Raise the fault that the envelope's code names; nothing for ``SUCCESS``. An envelope code is never an outcome.

    ``retry_after``: seconds, from the header of the answer. ``hint``: a sentence added for the admin.
    """
    code = envelope_code(envelope)
    if code == "SUCCESS":
        return
    row = code_table(NAME).row("envelope_code", code)
    detail = row.detail(after=" ".join(filter(None, (f"({_safe(code)})", hint))))
    kind = CredentialsRefused if refuses_token(code) else _FAULTS.get(code, UnreadableAnswer)
    raise kind(NAME, detail, retry_after=retry_after, request_id=request_id_of(envelope))


def _unreadable(shape: str, *, request_id: str = "") -> UnreadableAnswer:
    return UnreadableAnswer(NAME, code_table(NAME).row("shape", shape).detail(), request_id=request_id)


def request_id_of(envelope: Mapping[str, Any]) -> str:
    """``transactionId``: "The request id, the max length is 64"; to quote to ADVANCE.AI's support."""
    reported = envelope.get("transactionId")
    return reported[:64] if isinstance(reported, str) and reported.isprintable() else ""


def parse(payload: Mapping[str, Any], subject: Subject) -> Report:
    """One Get Result answer as a report.

    ``payload`` is the decoded envelope, with the Health Status answer under ``HEALTH_KEY`` if it was requested.
    Raises ``UnreadableAnswer`` for another shape, ``ReferenceMismatch`` for another verification's answer, and the
    fault that the envelope names.
    """
    raise_for_code(payload)
    data = data_of(payload)
    _check_pairing(data, subject.reference, request_id_of(payload))
    detail, face = part(data, "docDatabaseDetail"), part(data, "faceDetail")
    return Report(
        provider=NAME,
        kind=Kind(subject.kind),
        reference=subject.reference,
        status=result_field(data)[1],
        codes=error_codes(data),
        facts=_with_register(
            read_facts(data, detail, face, register=number_type(data), exception=string_of(payload.get("extra"))),
            number_type(data),
        ),
        attempts=tuple(_face_steps(face)),
        evidence=tuple(_evidence(face)),
        request_id=request_id_of(payload),
        payload=payload,
    )


def _with_register(facts: Facts, register: str) -> Facts:
    """The facts with the meaning of the number type, which they have as the type of document."""
    row = code_table(NAME).find("number_type", register)
    return replace(facts, other=(("Register", row.summary), *facts.other)) if row else facts


def data_of(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """``data``: "the business result of Verification". Raises ``UnreadableAnswer`` when there is none."""
    data = payload.get("data")
    if not isinstance(data, Mapping) or not any(key in data for key in _DATA_KEYS):
        raise _unreadable("data_missing", request_id=request_id_of(payload))
    return data


def part(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object inside ``data``; empty when missing or null. Raises ``UnreadableAnswer`` for anything but an object."""
    value = data.get(key)
    if value is None:
        return EMPTY
    if not isinstance(value, Mapping):
        raise UnreadableAnswer(NAME, f"{key} is not an object in ADVANCE.AI's answer.")
    return value


def word(data: Mapping[str, Any], key: str) -> str:
    """A field's text; empty when missing or null, JSON spelling for a number or a boolean, so that it is shown as sent.

    Raises ``UnreadableAnswer`` for an object or a list.
    """
    value = data.get(key)
    if value is None:
        return ""
    if isinstance(value, Mapping | list):
        raise UnreadableAnswer(NAME, f"{key} is not a text in ADVANCE.AI's answer.")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def result_field(data: Mapping[str, Any]) -> tuple[str, str]:
    """(kind of row in the code table, raw word): ``overallResult``, else its older name ``idvResult``, else empty."""
    for kind, key in (("overall_result", "overallResult"), ("idv_result", "idvResult")):
        raw = word(data, key)
        if raw.strip():
            return kind, raw[:_LONGEST_WORD]
    return "overall_result", ""


def error_codes(data: Mapping[str, Any]) -> tuple[str, ...]:
    """``errorCode``, and the ``errorCodes`` list that proof-of-address ids bring at the same address."""
    found = [word(data, "errorCode")]
    several = data.get("errorCodes")
    if several is not None:
        if not isinstance(several, list):
            raise UnreadableAnswer(NAME, "errorCodes is not a list in ADVANCE.AI's answer.")
        found += [word({"errorCodes": value}, "errorCodes") for value in several[:50]]
    return tuple(dict.fromkeys(code[:_LONGEST_WORD] for code in found if code))


def number_type(data: Mapping[str, Any]) -> str:
    """The queried register in the prefixed spelling (``NG_BVN``); as reported if no prefix fits, else empty."""
    reported = object_of(part(data, "docDatabaseDetail").get("numberTypeInfo")).get("numberType")
    if isinstance(reported, str) and reported:
        return reported[:_LONGEST_WORD]
    inputs = object_of(data.get("inputParameters"))
    short = text_of(inputs.get("numberType"))
    region = text_of(inputs.get("region")) or text_of(data.get("countryCodeIso3"))
    return _NUMBER_TYPES.get((region, short), short)


def health_of(payload: Mapping[str, Any]) -> str:
    """The register's health word; empty when it was not requested or the answer has another shape."""
    answer = object_of(payload.get(HEALTH_KEY))
    return text_of(object_of(answer.get("data")).get("status")) if answer.get("code") == "SUCCESS" else ""


def _check_pairing(data: Mapping[str, Any], asked: str, request_id: str) -> None:
    reported = word(data, "signatureId")
    if not reported:
        detail = "The answer does not name its verification."
        raise ReferenceMismatch(NAME, detail, request_id=request_id)
    if not _same_id(asked, reported):
        detail = "The answer is about another verification than the requested one."
        raise ReferenceMismatch(NAME, detail, request_id=request_id)


def _same_id(asked: str, reported: str) -> bool:
    """Whether two ids are equal or, if one is masked, have the same first and last characters."""
    if asked == reported:
        return True
    seen = sum(character != "*" for character in reported)
    if "*" not in reported or len(reported) != len(asked) or seen < 6:
        return False
    return all(theirs in ("*", ours) for ours, theirs in zip(asked, reported, strict=True))


def _face_steps(face: Mapping[str, Any]) -> Iterator[Attempt]:
    """``eventDetails``: array of ``{event, result, createTimestamp}``, milliseconds. They only explain."""
    for step in list_of(face.get("eventDetails"))[:50]:
        if isinstance(step, Mapping):
            yield Attempt(
                id=text_of(step.get("event")),
                status=text_of(step.get("result")),
                summary="A step of the face check.",
                started_at=moment_of(step.get("createTimestamp")),
            )


def _evidence(face: Mapping[str, Any]) -> Iterator[Evidence]:
    """Images, archive and video: "link valid one day, or base64". ``PENDING`` and ``ERROR`` name no file.

    Any other value is listed, too, so that the case shows that it was not copied.
    """
    for key, kind in _IMAGES.items():
        for path, value in payload_paths.leaves({key: face.get(key)}):
            text = value.strip() if isinstance(value, str) else json.dumps(value)
            if value is None or text in _NO_FILE:
                continue
            is_link = re.match(r"https?://", text, re.IGNORECASE)
            link, inline = (text, "") if is_link else ("", text)
            yield Evidence(kind=kind, label=f"data.faceDetail.{path}", url=link, inline=inline)


def _safe(code: str) -> str:
    return code if re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", code) else "unreadable code"
