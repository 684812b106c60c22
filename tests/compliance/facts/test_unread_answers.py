"""Accepted answers with values that no documentation names, and harmless ones with every documented optional value."""

from typing import Any

import pytest

from providers import Kind
from tests.compliance.facts.accepted_answers import (
    BORN,
    NAME,
    REFERENCE,
    Answer,
    advance_ai,
    bank131,
    blocked_by,
    btc_direct,
    checkout,
    preventor,
)

API = "https://identity-verification.checkout.com"
PERMIT = {"document_type": "Residence Permit"}
PASSED = {
    "id": "iatp_1",
    "created_on": "2026-11-20T08:16:00Z",
    "status": "completed",
    "response_codes": [{"code": 10000, "summary": "approved"}],
}
FACE = {"faceResult": "PASS", "faceLivenessScore": 97, "faceSimilarityScore": 93}
ASKED = {"region": "ARG", "numberType": "DNI"}


def tried(*attempts: dict[str, Any]) -> Answer:
    """An approved check with these attempts."""
    provider, kind, payload = checkout()
    times = [{"created_on": f"2026-11-20T08:{10 + at}:00Z", "id": f"iatp_{at}"} for at in range(len(attempts))]
    return provider, kind, {**payload, "attempts": [one | time for time, one in zip(times, attempts, strict=True)]}


def screening(**more: Any) -> Answer:
    check = {"id": REFERENCE, "status": "approved", "applicant_id": "aplt_1", "monitored": True}
    return "checkout_com", Kind.AML, {"check": check | more}


UNREAD: dict[str, tuple[list[Answer], str]] = {
    "an entry of a list of sanctions": ([checkout(matches=[{"list": "OFAC"}])], "unread:check.matches[0].list"),
    "a note of an auditor": ([checkout(audit_note="second reviewer is not convinced")], "unread:check.audit_note"),
    "a check of the chip": ([checkout({"chip": "not possible"})], "unread:check.documents[0].chip"),
    "an estimated age": ([checkout(face={"estimated_age": 14})], "unread:check.face.estimated_age"),
    "another name": ([checkout(identity={"aliases": ["Ivan"]})], "unread:check.verified_identity.aliases[0]"),
    "a flag": ([checkout(overridden=True)], "unread:check.overridden"),
    "a remark of a permit": (
        [checkout({**PERMIT, "permit_type_remarks": "Erwerbstätigkeit nicht gestattet"})],
        "unread:check.documents[0].permit_type_remarks",
    ),
    "a kind of permit": (
        [checkout({**PERMIT, "permit_type_detailed": "Duldung"})], "unread:check.documents[0].permit_type_detailed",
    ),
    "a kind of document in a sentence": (
        [checkout({"document_type": "Passport (reported as stolen)"})], "unread:check.documents[0].document_type",
    ),
    "a right to work that ends": (
        [checkout(certifications=[{"type": "diatf", "data": {"right_to_work": "time limited"}}])],
        "unread:check.certifications[0].data.right_to_work",
    ),
    "a device that is none": (
        [tried(PASSED | {"applicant_session_information": {"initial_device": "emulator"}})],
        "unread:attempts[0].applicant_session_information.initial_device",
    ),
    "an unknown status of an earlier attempt": (
        [tried({"status": "fraud_detected"}, PASSED)], "unread:attempts[0].status",
    ),
    "a level of risk": ([checkout(), screening(risk="MEDIUM")], "unread:check.risk"),
    "a comment of an operator": ([preventor(operator_comment="el cliente no coincide")], "unread:operator_comment"),
    "a device without protection": (
        [preventor(tracked_device={"jailbroken": True})], "unread:tracked_device.jailbroken",
    ),
    "a check of a hologram": (
        [preventor(id_proofing_results={"hologram": "nicht vorhanden"})], "unread:id_proofing_results.hologram",
    ),
    "an unknown result of a check": (
        [preventor(id_proofing_results={"authenticity": "GREY"})], "unread:id_proofing_results.authenticity",
    ),
    "a score above its scale": ([preventor(confidence_score=140)], "unread:confidence_score"),
    "a score of zero": ([preventor(confidence_score=0)], "unread:confidence_score"),
    "a state of a step": (
        [preventor(process_flow={"steps": [{"step": "LIVENESS_DETECTION", "state": "SKIPPED"}]})],
        "unread:process_flow.steps[0].state",
    ),
    "a remark of the register": (
        [advance_ai({"remarks": "record closed"})], "unread:data.docDatabaseDetail.remarks",
    ),
    "a number of faces": ([advance_ai(faceDetail=FACE | {"faces": 3})], "unread:data.faceDetail.faces"),
    "a similarity on another scale": (
        [advance_ai(faceDetail=FACE | {"faceSimilarityScore": "0.01"})], "unread:data.faceDetail.faceSimilarityScore",
    ),
    "a Russian remark of the bank": (
        [checkout(), bank131({"description": "паспорт признан недействительным"})], "unread:data.description",
    ),
    "another register of the bank": ([checkout(), bank131({"fssp": "производство"})], "unread:data.fssp"),
    "a score of the liveness step": ([checkout(), btc_direct(data={"score": 3})], "unread:data.score"),
    "another step": ([checkout(), btc_direct(name="selfieReview")], "unread:name"),
}  # fmt: skip
CONTRADICTING: dict[str, list[Answer]] = {
    "a link to another check": [checkout(_links={"self": {"href": f"{API}/identity-verifications/idv_9"}})],
    "a link to another applicant": [checkout(_links={"applicant": {"href": f"{API}/applicants/aplt_9"}})],
    "a last attempt that failed": [tried(PASSED, {"status": "capture_refused"})],
    "a check of the year 2087": [checkout(created_on="2087-01-01T00:00:00Z", modified_on="2087-01-01T00:10:00Z")],
    "a check that was changed before it was created": [checkout(modified_on="2025-11-20T08:21:47Z")],
    "a ticket that ended before it began": [preventor(created=1_774_944_060_000, processed=1_774_944_000_000)],
    "a face that is hardly similar": [advance_ai(faceDetail=FACE | {"faceSimilarityScore": 0.01})],
    "a sex in another language": [preventor({"gender": "F", "native_fields": {"gender": "Мужской"}})],
    "two applicants at one provider": [checkout(), screening(applicant_id="aplt_9")],
}
HARMLESS: dict[str, list[Answer]] = {
    "every optional value of a document": [
        checkout({
            "gender": "F", "nationality": "SI", "document_issue_date": "2023-05-01",
            "document_issue_place": "UE Maribor", "address": "Tržaška 4, Maribor",
            "birth_place": "Maribor", "last_name_at_birth": None,
            "front_image_signed_url": "https://storage.example.com/f.png",
        })
    ],
    "declared data in full": [
        checkout(declared_data={
            "name": NAME, "birth_date": BORN, "email": "eva@mail.example",
            "phone_number": {"country_code": "+386", "number": "40111222"},
            "address": {"address_line1": "Tržaška 4", "address_line2": "", "city": "Maribor", "country": "SI"},
        })
    ],
    "its own links": [
        checkout(_links={
            "self": {"href": f"{API}/identity-verifications/{REFERENCE}"},
            "applicant": {"href": f"{API}/applicants/aplt_1"},
        })
    ],
    "an attempt with its session": [
        tried(PASSED | {
            "redirect_url": "https://shop.example/return", "phone_number": "+38640111222",
            "client_information": {"pre_selected_residence_country": "SI", "pre_selected_language": "sl-SI"},
            "applicant_session_information": {
                "ip_address": "2001:db8::7", "user_agent": "Mozilla/5.0 (iPhone)", "number_of_sessions": 2,
                "selected_documents": [{"country": "SI", "document_type": "Passport"}],
            },
        })
    ],
    "failed attempts before the last one": [
        tried({"status": "capture_refused"}, {"status": "completed", "response_codes": [{"code": 62304}]}, PASSED)
    ],
    "a permit to work": [checkout({**PERMIT, "permit_type_remarks": "Erwerbstätigkeit gestattet"})],
    "a monitored screening of the same applicant": [checkout(), screening()],
    "a ticket with its device and steps": [
        preventor(
            cifcode="CUST-77", created=1_774_944_000_000, processed=1_774_944_060_000,
            tracked_device={"ip": "203.0.113.9", "model": "Redmi Note 12", "os": "iOS 18.1", "network": "wifi"},
            process_flow={"flow_id": "WF-01_3f0d", "steps": [{"step": "TERMS", "state": "OK"}]},
        )
    ],
    "positive results of all checks": [
        preventor(id_proofing_results={
            "general_status": "OK", "authenticity": "OK", "readability": "OK", "image_quality": "OK", "mrz": "OK",
            "document_expiry": "OK", "permitted_document_type": "OK", "actual_age_out_of_range": "NO",
        })
    ],
    "the person of a ticket in full": [
        preventor({
            "marital_status": "married", "address": "Jr. Lima 12", "city": "Arequipa", "state": "Arequipa",
            "zipcode": "04001", "phone": "+51 999 000 111", "height": "178", "document_place_of_issue": "Lima",
        })
    ],
    "a face check in full": [
        advance_ai(faceDetail=FACE | {
            "faceImage": "https://files.example/a.jpg", "faceImageTime": 1180, "faceVideoUrl": "PENDING",
            "livenessType": "DISTANT_NEAR", "eventDetails": [
                {"event": "FACE_CAPTURE", "result": "FAIL", "createTimestamp": 1_774_944_000_000},
                {"event": "FACE_CAPTURE", "result": "PASS", "createTimestamp": 1_774_944_020_000},
            ],
        })
    ],
    "our own input in full": [
        advance_ai(inputParameters=ASKED | {
            "returnUrl": "https://shop.example/back", "bizId": "b-77", "userId": "APP-1", "language": "es",
            "prefersColorScheme": "dark", "ignoreFailWhenJump": False, "iframeEnabled": True,
        })
    ],
    "a recipient at the bank": [checkout(), bank131({"participant": {"reference": "123"}})],
    "a liveness step without a type": [checkout(), btc_direct(type=None)],
}  # fmt: skip


@pytest.mark.parametrize("title", UNREAD)
def test_a_value_that_is_not_understood_stops_the_automatic_approval(title: str) -> None:
    answers, code = UNREAD[title]
    assert code in blocked_by({}, answers)


@pytest.mark.parametrize("title", CONTRADICTING)
def test_a_relation_that_fails_stops_the_automatic_approval_and_is_named(title: str) -> None:
    codes = blocked_by({}, CONTRADICTING[title])
    assert not {"finding:contradiction:answer", "finding:differs:sex", "applicants:checkout_com"}.isdisjoint(codes)


@pytest.mark.parametrize("title", HARMLESS)
def test_documented_values_leave_the_automatic_approval_alone(title: str) -> None:
    assert blocked_by({}, HARMLESS[title]) == []
