"""Negative words inside an answer: by key and word, at any depth, with harmless neighbours as a control group."""

from typing import Any

import pytest

from providers.contract.negative_words import is_negative, negatives_in

NEGATIVE: list[tuple[str, Any]] = [
    ("authenticity", "FAILED"), ("authenticity", "NOT_AUTHENTIC"), ("authenticity", "Non-authentic"),
    ("authenticity", False), ("authenticity", 0), ("authenticity", "no"), ("is_authentic", "false"),
    ("document_status", "EXPIRED"), ("is_expired", True), ("expired", "YES"), ("document_expired", 1),
    ("actual_age_out_of_range", "YES"), ("mrz", "WARNING"), ("mrz_check", "mismatch"), ("face_match", False),
    ("face_match", "NO_MATCH"), ("match", "notMatched"), ("result", "REJECTED"), ("state", "Failed"),
    ("status", "invalid"), ("tampering", "DETECTED"), ("tampered", True), ("spoof_detected", "true"),
    ("liveness", "not live"), ("liveness_attack", True), ("fraud_check_passed", False), ("screen", "photocopy"),
    ("verdict", "RECHAZADO"), ("vigencia", "VENCIDO"), ("risk", "HIGH_RISK"), ("register", "deceased"),
    ("number", "NOT_FOUND"), ("chip", "not verified"), ("remark", "document suspected"), ("grade", "POOR"),
    ("right_to_work", "none"), ("blacklist", "hit"), ("signature_valid", "N"), ("description", "invalid"),
    ("error_code", "E17"), ("error_message", "The face of the applicant could not be compared with the document."),
    ("reject_labels", "FORGERY"), ("reject_type", "FINAL"), ("failure_reason", 7), ("errors", "blurred"),
    ("review_answer", "RED"), ("traffic_light", "amber"), ("risk_level", "PROHIBITED"), ("risk_code", "high"),
    ("review_result", "NEEDS_REVIEW"), ("decision", "manual review"),
]  # fmt: skip
HARMLESS: list[tuple[str, Any]] = [
    ("authenticity", "OK"), ("authenticity", "PASSED"), ("authenticity", True), ("authenticity", 1),
    ("authenticity", None), ("authenticity", ""), ("authenticity", "NOT_PERFORMED"), ("expired", False),
    ("is_expired", "NO"), ("expired", "not expired"), ("document_expiry", "OK"), ("document_expiry", "2031-05-05"),
    ("actual_age_out_of_range", "NO"), ("tampering", "not detected"), ("fraud", "NOT_FOUND"), ("fraud", "no"),
    ("errors", 0), ("result", "no error"), ("result", "No fraud detected"), ("required", False), ("cached", False),
    ("latinised", False), ("liveness_score", 0), ("attempts", 2), ("failed_attempts", 3), ("state", "Litoral"),
    ("match", "MATCHED"), ("ok", True), ("message", "The first try failed."), ("note", "REJECTED"),
    ("description", "The applicant lost a first document years ago"), ("right_to_work", "unlimited"),
    ("level_of_confidence", "medium"), ("mrz", "P<SWELINDQVARN<<TOVE<MARIA<<<<<<<<<<<<<<<<<<<<<"), ("check", "done"),
    ("error_code", "0"), ("error_code", "SUCCESS"), ("error", "none"), ("errors", "no errors"), ("error_message", ""),
    ("error", None), ("failure_reason", "n/a"), ("reject_type", "NOT_APPLICABLE"), ("review_answer", "GREEN"),
    ("risk_level", "no high risk"), ("eye", "red"), ("error_rate", 3), ("review_status", "completed"),
    ("model", "SM-A546B"), ("explanations", "document unaltered"), ("chip", "not applicable"), ("risk", "LOW"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), NEGATIVE)
def test_a_negative_word_is_found(key: str, value: Any) -> None:
    assert is_negative(key, value)


@pytest.mark.parametrize(("key", "value"), HARMLESS)
def test_a_harmless_word_is_not_negative(key: str, value: Any) -> None:
    assert not is_negative(key, value)


def test_a_word_is_named_by_its_entry_or_its_keys() -> None:
    answer = {
        "data": {"documentChecks": [{"check": "HOLOGRAM", "result": "FAILED"}, {"check": "MRZ", "result": "OK"}]},
        "lexical": {"surname": {"visual": "Fake", "agrees": "mismatch"}},
    }
    found = list(negatives_in(answer, skips=lambda keys: keys[-1] == "visual"))
    assert found == [("hologram result", "FAILED"), ("surname agrees", "mismatch")]


def test_a_fault_counts_with_its_code_and_an_empty_one_does_not() -> None:
    answer = {
        "error": {"process": "PHOTO_MATCHING", "code": "E0007", "message": "Needs review"},
        "steps": [{"step": "FACE", "failure": {"text": "The image was blurred."}}, {"step": "MRZ", "error": {}}],
        "errors": [{"code": None, "message": ""}, {"code": "0"}],
        "rejectLabels": ["BLURRED"],
    }
    found = list(negatives_in(answer, skips=lambda keys: False))
    assert found == [("error", "E0007"), ("face failure", "stated"), ("reject labels", "BLURRED")]


def test_a_skipped_key_hides_everything_below_it() -> None:
    assert list(negatives_in({"a": {"b": ["FAILED"]}}, skips=lambda keys: keys == ("a",))) == []
    assert list(negatives_in({"a": {"b": ["FAILED"]}}, skips=lambda keys: False)) == [("a b", "FAILED")]


def test_a_deep_answer_is_read_without_recursion() -> None:
    answer: Any = "FAILED"
    for _ in range(5000):
        answer = {"a": answer}
    assert list(negatives_in(answer, skips=lambda keys: len(keys) < 0)) == [("a", "FAILED")]
