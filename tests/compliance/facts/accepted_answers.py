"""Answers in which each provider accepts an invented person, and what stops the automatic approval over them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from compliance.actions.reports import facts_given
from compliance.models import Applicant, Check
from compliance.routing import automatic
from providers import Kind, Report, Subject, code_table, provider_class, with_unread_values
from providers.advance_ai.parse import parse as parse_advance_ai
from providers.bank131.parse import parse as parse_bank131
from providers.btc_direct.parse import parse as parse_btc_direct
from providers.checkout_com.parse import parse as parse_checkout_com
from providers.contract.base import Rules
from providers.preventor.parse import parse as parse_preventor
from tests.compliance.unsaved import POLICY, case, check, findings

AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
Answer = tuple[str, Kind, Mapping[str, Any]]
"""Provider, kind of the check, and decoded answer."""
_PARSERS: Mapping[str, Callable[[Any, Subject], Report]] = {
    "advance_ai": parse_advance_ai,
    "bank131": parse_bank131,
    "btc_direct": parse_btc_direct,
    "checkout_com": parse_checkout_com,
    "preventor": parse_preventor,
}
NAME, BORN = "Eva Novak", "1990-03-04"
REFERENCE = "7c1d77a0b3e245f8"


def checkout(*documents: dict[str, Any], identity: dict[str, Any] | None = None, **top: Any) -> Answer:
    """An approved identity verification with one passport, or with these documents."""
    person = {"full_name": NAME, "birth_date": BORN}
    verified = person | (identity or {})
    passport = person | {
        "document_type": "Passport",
        "document_issuing_country": "SI",
        "document_number": "PB1234567",
        "document_expiry_date": "2033-05-01",
    }
    check = {
        "id": REFERENCE,
        "status": "approved",
        "created_on": "2026-11-20T08:15:01Z",
        "modified_on": "2026-11-20T08:21:47Z",
        "applicant_id": "aplt_1",
        "user_journey_id": "usj_1",
        "response_codes": [{"code": 10000, "summary": "approved"}],
        "risk_labels": [],
        "declared_data": {"name": verified["full_name"]},
        "verified_identity": verified,
        "documents": [passport | document for document in documents or ({},)],
        "_links": {},
    }
    return "checkout_com", Kind.IDENTITY, {"check": check | top}


def preventor(data: dict[str, Any] | None = None, **top: Any) -> Answer:
    """An accepted ticket of an identity card."""
    card = {
        "fullname": NAME.upper(),
        "date_of_birth": BORN,
        "type": "ID_CARD",
        "document_number": "Z9912345",
        "document_issuing_country": "PE",
        "document_expiration_date": "2033-01-31",
    }
    ticket = {"ticket": REFERENCE, "flow_status": "ACCEPTED", "disposition": "PASSED", "data": card | (data or {})}
    return "preventor", Kind.IDENTITY, ticket | top


def advance_ai(detail: dict[str, Any] | None = None, market: str = "AR_DNI", region: str = "ARG", **top: Any) -> Answer:
    """A passed verification in the register of a market."""
    entry = {
        "numberValue": "27654321",
        "numberTypeInfo": {"region": region, "numberType": market},
        "fullName": NAME.upper(),
        "birthday": BORN.replace("-", "/"),
        "verification": {"fullName": "pass"},
    }
    data = {
        "signatureId": REFERENCE,
        "overallResult": "PASS",
        "submissionCompleted": True,
        "idvResult": "PASS",
        "errorCode": "SUCCESS",
        "docDatabaseDetail": entry | (detail or {}),
        "faceDetail": {"faceResult": "PASS", "faceLivenessScore": 97, "faceSimilarityScore": 93},
        "inputParameters": {"region": region, "numberType": market[3:]},
        "countryCodeIso3": region,
    }
    return "advance_ai", Kind.DATABASE, {"code": "SUCCESS", "message": "OK", "data": data | top}


def bank131(data: dict[str, Any] | None = None, **top: Any) -> Answer:
    """A valid document; the bank states no name."""
    return (
        "bank131",
        Kind.DOCUMENT,
        {"status": "ok", "data": {"id": REFERENCE, "description": "valid"} | (data or {})} | top,
    )


def btc_direct(**top: Any) -> Answer:
    """An approved liveness step, which states no name."""
    return "btc_direct", Kind.LIVENESS, {"name": "liveness", "type": "document", "status": "verified"} | top


def blocked_by(declared: dict[str, str], answers: Sequence[Answer]) -> list[str]:
    """What stops the automatic approval of a case with these answers, as ``routing.automatic`` names it."""
    checks = [_read(*answer) for answer in answers]
    subject = case(applicant=Applicant(**{"full_name": NAME, "birth_date": BORN} | declared))
    found = findings(subject, checks, at=AT)
    return automatic.blocked_by(subject, checks, found, POLICY, is_edited=False)


def _read(provider: str, kind: Kind, answer: Mapping[str, Any]) -> Check:
    report = _PARSERS[provider](answer, Subject(kind=kind, reference=REFERENCE))
    cls = provider_class(provider)
    rules = Rules(codes=code_table(provider), settings=cls.default_settings())
    # The mapping is pure and needs no connection.
    meaning = cls.normalise(cast(Any, None), report, rules)
    report = with_unread_values(report, cls.stored_payload(report.payload), cls, now=AT)
    return check(
        meaning.outcome,
        meaning.verdict,
        provider=provider,
        kind=kind,
        facts=facts_given(report.facts),
        reported_at=report.reported_at,
        changed_at=AT,
    )
