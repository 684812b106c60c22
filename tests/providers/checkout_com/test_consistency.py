"""Ids in links, times and attempts of an approved check: contradictions, and harmless ones beside them."""

from typing import Any

import pytest

from providers import Kind
from providers.checkout_com.consistency import inconsistencies

HOST = "https://identity-verification.checkout.com"
OK, MISMATCH = {"code": 10000, "summary": "approved"}, {"code": 62304, "summary": "face_mismatch"}


def check(**more: Any) -> dict[str, Any]:
    return {"id": "idv_1", "applicant_id": "aplt_1", "created_on": "2026-03-02T08:15:01Z"} | more


def link(path: str) -> dict[str, Any]:
    return {"href": f"{HOST}{path}"}


def attempt(minute: int, status: str = "completed", *codes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": f"iatp_{minute}", "created_on": f"2026-03-02T08:{minute}:00Z", "status": status,
            "response_codes": list(codes)} | more  # fmt: skip


PASSPORT = {"document_type": "Passport", "document_issuing_country": "FR"}


def selected(country: str, kind: str) -> dict[str, Any]:
    return {"applicant_session_information": {"selected_documents": [{"country": country, "document_type": kind}]}}


@pytest.mark.parametrize(
    ("answer", "attempts", "expected"),
    [
        (check(), None, []),
        (check(_links={"self": link("/identity-verifications/idv_1"), "applicant": link("/applicants/aplt_1/")}),
         [], []),
        (check(id="1", _links={"self": link("/identity-verifications/idv_1?x=2")}), [], []),
        (check(_links={"self": link("/identity-verifications/idv_2")}), [], [("link of self", "another id")]),
        (check(_links={"applicant": link("/applicants/aplt_2")}), [], [("link of applicant", "another id")]),
        (check(_links={"self": {"href": "REVOKED"}}), [], [("link of self", "another id")]),
        (check(_links={"self": {"href": None}, "applicant": None}), [], []),
        (check(modified_on="2026-03-02T08:15:01.5Z"), [], []),
        (check(modified_on="2025-03-02T08:15:01Z"), [], [("modified on", "before it was created")]),
        (check(), [attempt(10, "completed", OK)], []),
        (check(), [attempt(10, "expired", MISMATCH), attempt(11, "completed", OK)], []),
        (check(), [attempt(11, "completed", OK), attempt(10, "capture_refused")], []),
        (check(), [attempt(10, "completed")], []),
        (check(), [attempt(10, "completed", OK), attempt(11, "completed", MISMATCH)], [("last attempt", "62304")]),
        (check(), [attempt(10, "capture_refused")], [("last attempt", "capture_refused")]),
        (check(), [attempt(10, "completed", OK), attempt(11, "capture_in_progress")],
         [("last attempt", "capture_in_progress")]),
        (check(), [attempt(10, "fraud_detected")], [("last attempt", "fraud_detected")]),
        (check(), [attempt(10, "")], [("last attempt", "no status")]),
        (check(), [attempt(10, "completed", OK, _links={"self": link("/attempts/iatp_10")})], []),
        (check(), [attempt(10, "completed", OK, _links={"self": link("/attempts/iatp_99")})],
         [("attempt link of self", "another id")]),
        (check(documents=[PASSPORT]), [attempt(10, "completed", OK, **selected("FR", "passport"))], []),
        (check(documents=[]), [attempt(10, "completed", OK, **selected("DE", "Passport"))], []),
        (check(documents=[PASSPORT]), [attempt(10, "completed", OK, **selected("DE", "Passport"))],
         [("selected document", "Passport")]),
    ],
)  # fmt: skip
def test_inconsistencies_of_an_approved_check(answer: Any, attempts: Any, expected: Any) -> None:
    assert list(inconsistencies(answer, Kind.IDENTITY, attempts)) == expected


def test_many_attempts_are_read_in_one_pass() -> None:
    attempts = [attempt(10, "expired") for _ in range(40_000)]
    assert list(inconsistencies(check(), Kind.IDENTITY, attempts)) == [("last attempt", "expired")]
