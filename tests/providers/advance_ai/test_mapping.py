"""What is peculiar to ADVANCE.AI's answers: result word and error code, scores, contradictions, shapes."""

import base64
import json
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import (
    CredentialsRefused,
    Kind,
    NotFoundAtProvider,
    Outcome,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    QuotaExhausted,
    Rules,
    UnreadableAnswer,
    Verdict,
    code_table,
)
from providers.advance_ai import AdvanceAI, signature
from providers.advance_ai.mapping import assess
from providers.advance_ai.parse import parse
from providers.transport.http import MIB
from tests.providers.advance_ai.samples import FOLDER, ID, SUBJECT, answered, judged, payload_of, with_links
from tests.providers.conftest import ClientFactory

APPROVED, DECLINED = Outcome.APPROVED, Outcome.DECLINED
MANUAL, RETRY = Outcome.MANUAL_REVIEW, Outcome.RETRY_REQUIRED
POSITIVE, NEGATIVE, NONE, UNKNOWN = Verdict.POSITIVE, Verdict.NEGATIVE, Verdict.NONE, Verdict.UNKNOWN

# Written by hand from section 6 of the contract: file -> outcome, verdict, terminal, first reason's code.
EXPECTED: dict[str, tuple[Outcome, Verdict, bool, str]] = {
    "pass-nigeria-bvn": (APPROVED, POSITIVE, True, "SUCCESS"),
    "pass-nigeria-nin": (APPROVED, POSITIVE, True, "SUCCESS"),
    "pass-brazil": (APPROVED, POSITIVE, True, "SUCCESS"),
    "pass-argentina": (APPROVED, POSITIVE, True, "SUCCESS"),
    "pass-south-africa": (APPROVED, POSITIVE, True, "SUCCESS"),
    "pass-number-type-of-another-market": (APPROVED, POSITIVE, True, "SUCCESS"),
    "pass-older-field-only": (APPROVED, POSITIVE, True, "SUCCESS"),
    "pass-with-links": (APPROVED, POSITIVE, True, "SUCCESS"),
    "pass-without-code": (Outcome.IN_PROGRESS, NONE, False, "PASS"),
    "pass-with-another-code": (MANUAL, UNKNOWN, True, "NAME_NOT_MATCH"),
    "pass-tax-number-suspended": (MANUAL, UNKNOWN, True, "Suspended"),
    "pass-entry-fail": (MANUAL, UNKNOWN, True, "fail"),
    "fail-bvn-not-exist": (DECLINED, NEGATIVE, True, "BVN_NOT_EXIST"),
    "fail-number-not-exist": (DECLINED, NEGATIVE, True, "NUMBER_NOT_EXIST"),
    "fail-bvn-suspend": (MANUAL, NEGATIVE, True, "BVN_SUSPEND"),
    "fail-number-blocked": (MANUAL, NEGATIVE, True, "NUMBER_BLOCKED"),
    "fail-number-deceased": (DECLINED, NEGATIVE, True, "NUMBER_DECEASED"),
    "fail-liveness": (DECLINED, NEGATIVE, True, "LIVENESS_ATTACK"),
    "fail-liveness-unsure": (MANUAL, NEGATIVE, True, "LIVENESS_ATTACK"),
    "fail-name-not-match": (MANUAL, NEGATIVE, True, "NAME_NOT_MATCH"),
    "fail-name-not-match-sparse": (MANUAL, NEGATIVE, True, "NAME_NOT_MATCH"),
    "fail-similarity-low": (DECLINED, NEGATIVE, True, "SIMILARITY_FAILED"),
    "fail-similarity-manual-band": (MANUAL, NEGATIVE, True, "SIMILARITY_FAILED"),
    "fail-similarity-without-score": (MANUAL, NEGATIVE, True, "SIMILARITY_FAILED"),
    "fail-invalid-format": (RETRY, NEGATIVE, True, "INVALID_FORMAT"),
    "fail-can-not-verify": (RETRY, NEGATIVE, True, "CAN_NOT_VERIFY"),
    "register-unstable": (RETRY, NEGATIVE, True, "CAN_NOT_VERIFY"),
    "fail-face-quality-too-poor": (MANUAL, NEGATIVE, True, "FACE_QUALITY_TOO_POOR"),
    "fail-risk-strategy-hit": (MANUAL, NEGATIVE, True, "RISK_STRATEGY_HIT"),
    "fail-age-verification-failed": (DECLINED, NEGATIVE, True, "AGE_VERIFICATION_FAILED"),
    "fail-info-abnormal": (MANUAL, NEGATIVE, True, "INFO_ABNORMAL"),
    "fail-without-code": (MANUAL, NEGATIVE, True, "(no code)"),
    "fail-undocumented-code": (MANUAL, NEGATIVE, True, "REGISTER_UNDER_REVIEW"),
    "fail-several-codes": (DECLINED, NEGATIVE, True, "NUMBER_DECEASED"),
    "incomplete-user-timeout": (Outcome.INCOMPLETE, NONE, True, "USER_TIMEOUT"),
    "incomplete-bvn-invalid-format": (RETRY, NONE, True, "BVN_INVALID_FORMAT"),
    "incomplete-parameter-error": (RETRY, NONE, True, "PARAMETER_ERROR"),
    "incomplete-error": (RETRY, NONE, True, "ERROR"),
    "incomplete-retry-count-reach-max": (RETRY, NONE, True, "RETRY_COUNT_REACH_MAX"),
    "incomplete-undocumented-code": (MANUAL, UNKNOWN, True, "REGISTER_UNDER_REVIEW"),
    "open-not-submitted": (Outcome.PENDING, NONE, False, "INCOMPLETE"),
    "open-submitted": (Outcome.IN_PROGRESS, NONE, False, "INCOMPLETE"),
    "open-without-result": (Outcome.PENDING, NONE, False, "(no result)"),
    "undocumented-result": (MANUAL, UNKNOWN, False, "PASSED_WITH_REMARKS"),
}
FAULTS: dict[str, type[ProviderError]] = {
    "envelope-signature-not-exist": NotFoundAtProvider,
    "envelope-error": ProviderUnavailable,
    "envelope-iam-failed": CredentialsRefused,
    "envelope-parameter-error": CredentialsRefused,
    "envelope-insufficient-balance": QuotaExhausted,
    "envelope-service-busy": ProviderThrottled,
    "envelope-data-missing": UnreadableAnswer,
    "envelope-without-code": UnreadableAnswer,
    "envelope-unknown": UnreadableAnswer,
}


# --- documented answers -----------------------------------------------------------------------------------------------


def test_every_payload_file_is_expected_by_this_module() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == EXPECTED.keys() | FAULTS.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_documented_answer_means_what_the_contract_says(name: str) -> None:
    assessment = judged(payload_of(name))
    result = (assessment.outcome, assessment.verdict, assessment.terminal, assessment.reasons[0].code)
    assert result == EXPECTED[name]
    assert all(reason.summary for reason in assessment.reasons)


@pytest.mark.parametrize("name", FAULTS)
def test_an_envelope_that_is_no_success_is_a_fault_and_never_an_outcome(name: str) -> None:
    with pytest.raises(FAULTS[name]) as caught:
        parse(payload_of(name), SUBJECT)
    assert type(caught.value) is FAULTS[name]
    assert caught.value.request_id == payload_of(name).get("transactionId", "")


def test_a_failed_attack_check_shows_face_result_and_attack_type_as_reasons() -> None:
    reasons = judged(payload_of("fail-liveness-unsure")).reasons
    assert [reason.code for reason in reasons] == ["LIVENESS_ATTACK", "FAIL", "FAIL", "3"]


def test_a_contradicted_pass_does_not_advise_to_accept() -> None:
    for name in ("pass-tax-number-suspended", "pass-with-another-code", "pass-entry-fail"):
        assert not [reason for reason in judged(payload_of(name)).reasons if "Accept" in reason.action]


# --- ordered rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measured", "limit", "outcome"),
    [
        (54.99, 55, DECLINED),
        (55, 55, MANUAL),
        (0, 55, DECLINED),
        (69, 70, DECLINED),
        (39.9, "40", DECLINED),
        (10, "no number", DECLINED),
        (60, "no number", MANUAL),
        (10, True, DECLINED),
        (10, -1, DECLINED),
        (10, 0, MANUAL),
        (None, 55, MANUAL),
        ("12", 55, MANUAL),
        (True, 55, MANUAL),
        (-4, 55, MANUAL),
        (512, 55, MANUAL),
    ],
)
def test_similarity_is_declined_only_below_the_accounts_limit(measured: Any, limit: Any, outcome: Outcome) -> None:
    answer = answered(overallResult="FAIL", errorCode="SIMILARITY_FAILED", faceDetail={"faceSimilarityScore": measured})
    assessment = judged(answer, similarity_decline_below=limit)
    assert (assessment.outcome, assessment.verdict) == (outcome, NEGATIVE)


@pytest.mark.parametrize(
    ("kind", "outcome"), [(None, DECLINED), (1, DECLINED), (2, DECLINED), (3, MANUAL), (3.0, MANUAL), ("3", MANUAL)]
)
def test_an_unsure_attack_check_needs_a_manual_review(kind: Any, outcome: Outcome) -> None:
    answer = answered(overallResult="FAIL", errorCode="LIVENESS_ATTACK", faceDetail={"livenessAttackType": kind})
    assert judged(answer).outcome == outcome


@pytest.mark.parametrize("result", ["PASS", "pass", " Pass ", "\tPASS\n"])
def test_the_result_word_is_trimmed_and_upper_cased(result: str) -> None:
    assert judged(answered(overallResult=result, errorCode="SUCCESS")).outcome == APPROVED


LOOK_ALIKES = ["PA\u017f\u017f", "\u0420ASS", "PASS\u00a0", "PASS\u200b", "PASS.", "PASSED", "P ASS", "true", "1", "OK"]


@pytest.mark.parametrize("result", [*LOOK_ALIKES, 1, 0, True, False, 1.5, "APPROVED", "REVIEW", "*"])
def test_an_unknown_result_word_needs_a_manual_review(result: Any) -> None:
    assessment = judged(answered(overallResult=result, errorCode="SUCCESS"))
    assert (assessment.outcome, assessment.verdict, assessment.terminal) == (MANUAL, UNKNOWN, False)
    shown = {True: "true", False: "false"}.get(result, str(result)) if isinstance(result, bool) else str(result)
    assert [reason.code for reason in assessment.unrecognised] == [shown]


@pytest.mark.parametrize(
    "code", ["success", "Success", "SUCCE\u017f\u017f", "SUCCESS ", " SUCCESS", "OK", "*", 1, True]
)
def test_a_pass_with_any_code_but_success_is_never_approved(code: Any) -> None:
    assessment = judged(answered(overallResult="PASS", errorCode=code))
    assert (assessment.outcome, assessment.verdict) == (MANUAL, UNKNOWN)
    assert assessment.unrecognised


@pytest.mark.parametrize("result", [None, "", "  ", "INCOMPLETE", "incomplete"])
def test_without_result_or_code_only_the_submission_tells_pending_from_in_progress(result: Any) -> None:
    for submitted, outcome in (
        (True, Outcome.IN_PROGRESS),
        (False, Outcome.PENDING),
        (None, Outcome.PENDING),
        ("true", Outcome.PENDING),
    ):
        for code in (None, ""):
            assessment = judged(answered(overallResult=result, errorCode=code, submissionCompleted=submitted))
            assert (assessment.outcome, assessment.verdict, assessment.terminal) == (outcome, NONE, False)


@pytest.mark.parametrize(
    ("data", "outcome", "verdict"),
    [
        ({"overallResult": "FAIL", "idvResult": "PASS", "errorCode": "NAME_NOT_MATCH"}, MANUAL, NEGATIVE),
        ({"overallResult": "PASS", "idvResult": "FAIL", "errorCode": "SUCCESS"}, MANUAL, UNKNOWN),
        ({"overallResult": None, "idvResult": "FAIL", "errorCode": "NUMBER_DECEASED"}, DECLINED, NEGATIVE),
        ({"overallResult": "FAIL", "errorCode": "SUCCESS"}, MANUAL, NEGATIVE),
        ({"overallResult": "FAIL", "errorCode": "USER_TIMEOUT"}, MANUAL, NEGATIVE),
        ({"overallResult": "FAIL", "errorCode": ""}, MANUAL, NEGATIVE),
        ({"overallResult": "FAIL", "errorCode": 404}, MANUAL, NEGATIVE),
        ({"overallResult": "INCOMPLETE", "errorCode": "NAME_NOT_MATCH"}, MANUAL, UNKNOWN),
        ({"overallResult": "INCOMPLETE", "errorCode": "SUCCESS"}, MANUAL, UNKNOWN),
        ({"overallResult": None, "errorCode": "USER_TIMEOUT"}, Outcome.INCOMPLETE, NONE),
        ({"overallResult": "PASS", "errorCodes": ["SUCCESS"]}, MANUAL, UNKNOWN),
        ({"overallResult": "PASS", "errorCode": "SUCCESS", "errorCodes": ["NAME_NOT_MATCH"]}, MANUAL, UNKNOWN),
        ({"overallResult": "PASS", "errorCode": "SUCCESS", "errorCodes": []}, APPROVED, POSITIVE),
        ({"overallResult": "PASS", "errorCodes": []}, Outcome.IN_PROGRESS, NONE),
        ({"overallResult": "FAIL", "errorCode": "OCR_NO_RESULT"}, MANUAL, NEGATIVE),
        ({"overallResult": "INCOMPLETE", "errorCodes": ["USER_TIMEOUT", "NEW_WORD"]}, MANUAL, UNKNOWN),
    ],
)
def test_result_and_code_that_do_not_go_together_never_approve(
    data: Mapping[str, Any], outcome: Outcome, verdict: Verdict
) -> None:
    assessment = judged(answered(**data))
    assert (assessment.outcome, assessment.verdict) == (outcome, verdict)


@pytest.mark.parametrize("status", ["Holder's Death", "Suspended", "Not exist", "regular", "REGULAR", "", 1, [], {}])
def test_a_pass_with_a_tax_number_that_is_not_regular_contradicts_itself(status: Any) -> None:
    assessment = judged(answered(overallResult="PASS", errorCode="SUCCESS", docDatabaseDetail={"cpfStatus": status}))
    assert (assessment.outcome, assessment.verdict) == (MANUAL, UNKNOWN)


@pytest.mark.parametrize(
    "entries", [{"dob": "fail"}, {"dob": "Pass"}, {"dob": "similar"}, {"dob": {}}, {"dob": ""}, []]
)
def test_a_pass_with_an_entry_that_did_not_pass_contradicts_itself(entries: Any) -> None:
    detail = {"verification": entries}
    assessment = judged(answered(overallResult="PASS", errorCode="SUCCESS", docDatabaseDetail=detail))
    assert (assessment.outcome, assessment.verdict) == (MANUAL, UNKNOWN)


def test_entries_that_passed_or_were_not_compared_do_not_stop_a_pass() -> None:
    detail = {"verification": {"face": "pass", "dob": None}, "cpfStatus": None}
    assessment = judged(answered(overallResult="PASS", errorCode="SUCCESS", docDatabaseDetail=detail))
    assert assessment.outcome == APPROVED
    words = {reason.code: reason.words for reason in assessment.reasons if reason.group == "field check"}
    assert words == {"pass": "face", "null": "dob"}


def test_a_code_of_another_result_says_so_and_calls_for_an_admin() -> None:
    reason = judged(answered(overallResult="FAIL", errorCode="USER_TIMEOUT")).reasons[0]
    assert reason.summary == "The code USER_TIMEOUT is not documented with the result FAIL."
    assert not reason.recognised


# --- references -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "is_fine"),
    [
        (ID, True),
        ("ab69**********0e", True),
        ("x" * 128, True),
        *((bad, False) for bad in ("", "   ", "a b", "a\nb", "a\x00", "\ud800", "x" * 129)),
    ],
)
def test_a_reference_is_refused_only_for_oddities(reference: str, is_fine: bool) -> None:
    assert (AdvanceAI.reference_problem(Kind.DATABASE, reference, {}) is None) == is_fine
    assert AdvanceAI.reference_problem(Kind.FACE, ID, {})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
words = st.sampled_from(["PASS", "FAIL", "INCOMPLETE", "SUCCESS", "USER_TIMEOUT", "NAME_NOT_MATCH", "pass", "null", ""])
face = st.dictionaries(
    st.sampled_from(["faceResult", "faceSimilarityScore", "livenessAttackType", "faceImage", "eventDetails"]),
    json_values,
)
detail = st.dictionaries(
    st.sampled_from(["cpfStatus", "verification", "numberTypeInfo", "fullName", "birthday", "address"]), json_values
)
data_objects = st.fixed_dictionaries(
    {},
    optional={
        "signatureId": st.just(ID) | json_values,
        "overallResult": words | json_values,
        "idvResult": words | json_values,
        "errorCode": words | json_values,
        "errorCodes": st.lists(words, max_size=3) | json_values,
        "submissionCompleted": json_values,
        "docDatabaseDetail": detail | json_values,
        "faceDetail": face | json_values,
        "inputParameters": json_values,
        "countryCodeIso3": json_values,
    },
)


@given(st.fixed_dictionaries({"code": st.just("SUCCESS") | json_values, "data": data_objects | json_values}))
def test_of_any_json_only_the_documented_pass_approves(payload: dict[str, Any]) -> None:
    try:
        report = parse(payload, SUBJECT)
    except ProviderError:
        return
    assessment = assess(report, Rules(codes=code_table("advance_ai")))
    AdvanceAI.digest(report)
    AdvanceAI.stored_payload(payload)
    assert assessment.reasons
    if assessment.outcome == APPROVED:
        data = payload["data"]
        result = data.get("overallResult") or data.get("idvResult")
        assert (payload["code"], result.strip().upper(), data["errorCode"]) == ("SUCCESS", "PASS", "SUCCESS")


# --- what is stored, compared and copied ------------------------------------------------------------------------------


def test_two_reads_that_differ_in_link_queries_and_request_id_have_one_digest() -> None:
    again = payload_of("pass-with-links")
    again["transactionId"] = "ffff"
    again["message"] = "Fine"
    again["extra"] = "anything"
    again["data"]["inputParameters"]["returnUrl"] = "https://shop.example.org/back?session=another"
    face_detail = again["data"]["faceDetail"]
    for key in ("faceImage", "faceImageFar", "auditImageUrl", "faceVideoUrl"):
        face_detail[key] = face_detail[key].replace("Expires=1790000000", "Expires=1790099999")
    assert AdvanceAI.digest(parse(again, SUBJECT)) == AdvanceAI.digest(with_links())


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("faceDetail", "faceSimilarityScore", 81),
        ("faceDetail", "faceImage", "https://files.example.net/a/other.jpg?Expires=1790000000&Signature=aaaaaaaaaa"),
        ("docDatabaseDetail", "birthday", "1988/11/03"),
    ],
)
def test_a_change_that_matters_changes_the_digest(part: str, key: str, value: Any) -> None:
    again = payload_of("pass-with-links")
    again["data"][part][key] = value
    assert AdvanceAI.digest(parse(again, SUBJECT)) != AdvanceAI.digest(with_links())


def test_the_stored_payload_and_every_repr_are_free_of_live_secrets() -> None:
    payload = payload_of("pass-with-links")
    picture = base64.b64encode(bytes(range(256)) * 2).decode()
    payload["data"]["faceDetail"]["silentImage"] = picture
    report = parse(payload, SUBJECT)
    text = json.dumps(AdvanceAI.stored_payload(payload)) + repr(report) + str(report)
    for secret in ("Signature", "aaaaaaaaaa", "dddddddddd", "unguessable-5f2c", "unguessable-91aa", picture[:40]):
        assert secret not in text
    stored = AdvanceAI.stored_payload(payload)["data"]
    assert stored["inputParameters"]["callbackUrl"] == "[removed]"
    assert stored["faceDetail"]["faceImage"] == "https://files.example.net/a/face.jpg"
    assert repr(report).count("A*****A") == 0


def in_blanks(content: bytes) -> bytes:
    return " \t".join(textwrap.wrap(base64.b64encode(content).decode(), 76)).encode()


@pytest.mark.parametrize("key", ["faceImage", "auditImageUrl", "faceVideoUrl"])
@pytest.mark.parametrize("pack", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes, in_blanks])
def test_base64_with_white_space_and_archives_of_twenty_mebibytes_are_unpacked(
    key: str, pack: Callable[[bytes], bytes], client: ClientFactory
) -> None:
    size = 20 * MIB if key == "auditImageUrl" and pack is base64.encodebytes else 3000
    content = {"faceImage": b"\xff\xd8\xff", "auditImageUrl": b"PK\x03\x04", "faceVideoUrl": b"RIFF0000AVI "}[key]
    content += bytes(range(250, 256)) * (size // 6)
    face = {key: pack(content).decode()}
    (item,) = parse(answered(overallResult="PASS", errorCode="SUCCESS", faceDetail=face), SUBJECT).evidence
    (found,) = client("advance_ai").fetch_evidence(item, SUBJECT)
    assert (found.problem, len(found.content), found.content == content) == ("", len(content), True)


def test_the_signature_is_the_published_one() -> None:
    signed = signature("sampleaccesskey", "samplesecretkey", 1665993522952)
    assert signed == "02209bbeaf0d0a3dd587f6a1ba22f84c98d142e3b545e77db7e4906ca56349f5"
