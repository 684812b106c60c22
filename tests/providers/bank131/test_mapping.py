"""Bank131: statuses, error codes and shapes, read from payload files and from any JSON."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import (
    CredentialsRefused,
    NotFoundAtProvider,
    Outcome,
    ProviderError,
    ReferenceMismatch,
    UnreadableAnswer,
    Verdict,
)
from providers.bank131 import Bank131
from providers.bank131.parse import parse
from tests.providers.bank131.samples import PAYLOADS, SEVEN, assessed, payload
from tests.sampling import examples

# --- payload files ----------------------------------------------------------------------------------------------------

FILES: dict[str, tuple[Outcome, Verdict, bool, list[str]]] = {
    "ok": (Outcome.APPROVED, Verdict.POSITIVE, True, ["ok", "valid"]),
    "ok-id-as-number": (Outcome.APPROVED, Verdict.POSITIVE, True, ["ok", "valid"]),
    "ok-without-data": (Outcome.APPROVED, Verdict.POSITIVE, True, ["ok"]),
    "pending": (Outcome.IN_PROGRESS, Verdict.NONE, False, ["pending", "Check in progress"]),
    "passport-validation-failure": (
        Outcome.RETRY_REQUIRED,
        Verdict.NEGATIVE,
        True,
        ["passport_validation_failure"],
    ),
    "inn-validation-failure": (Outcome.RETRY_REQUIRED, Verdict.NEGATIVE, True, ["inn_validation_failure"]),
    "unknown-code": (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, False, ["documents_expired"]),
    "unknown-status-success": (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, False, ["success"]),
}
FAULTS: dict[str, type[ProviderError]] = {
    "already-exists": ReferenceMismatch,
    "invalid-sign": ReferenceMismatch,
    "request-not-found": NotFoundAtProvider,
    "partner-project-not-found": CredentialsRefused,
    "error-without-code": UnreadableAnswer,
    "http-422-body": CredentialsRefused,
    "http-422-header-named-in-code": CredentialsRefused,
}
ONLY_WITH_422 = "http-422-header-named-in-description"
"""Its code is a word like any other: only the HTTP status tells what it is, so it is read over HTTP."""


def test_every_payload_file_is_in_a_table_below() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == {*FILES, *FAULTS, ONLY_WITH_422}


@pytest.mark.parametrize("name", FILES)
def test_a_readable_payload_has_its_outcome_and_its_reasons_most_serious_first(name: str) -> None:
    found = assessed(parse(payload(name), SEVEN))
    assert (found.outcome, found.verdict, found.terminal, [reason.code for reason in found.reasons]) == FILES[name]
    assert found.reasons[0].recognised == (found.verdict is not Verdict.UNKNOWN)
    assert all(reason.summary for reason in found.reasons)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_payload_raises_and_never_becomes_an_outcome(name: str) -> None:
    with pytest.raises(ProviderError) as raised:
        parse(payload(name), SEVEN)
    assert type(raised.value) is FAULTS[name]


@pytest.mark.parametrize(
    "word", ["OK", "Ok", " ok", "ok ", "оk", "success", "valid", "rejected", "*", "Pending", "ERROR"]
)
def test_another_status_word_needs_a_manual_review(word: str) -> None:
    found = assessed(parse({"status": word}, SEVEN))
    assert (found.outcome, found.verdict, found.terminal) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, False)
    assert (found.reasons[0].code, found.reasons[0].recognised) == (word, False)


@pytest.mark.parametrize("code", ["Passport_validation_failure", "ALREADY_EXISTS", "request_not_found ", "*", "x"])
def test_another_error_code_needs_a_manual_review(code: str) -> None:
    found = assessed(parse({"status": "error", "error": {"code": code, "description": "d"}}, SEVEN))
    assert (found.outcome, found.verdict, found.terminal) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, False)
    assert (found.reasons[0].code, found.reasons[0].recognised, found.reasons[0].words) == (code, False, "d")


@pytest.mark.parametrize("error", [{"code": "inn_validation_failure"}, {"code": "invalid_sign"}, {"description": "no"}])
def test_a_confirmation_with_an_error_needs_a_manual_review(error: dict[str, str]) -> None:
    found = assessed(parse({"status": "ok", "error": error}, SEVEN))
    assert (found.outcome, found.verdict, found.terminal) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, False)
    assert found.unrecognised


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10)
WORDS = st.sampled_from(["ok", "OK", "pending", "error", "7", "already_exists", "inn_validation_failure", "valid"])
KEYS = st.sampled_from(["status", "data", "error", "code", "id", "description", "participant", "reference", "check"])
ANY_JSON = st.recursive(
    LEAVES | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=6), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=examples(400), deadline=None)
@given(body=ANY_JSON | st.builds(lambda rest, word: {**rest, "status": word}, st.dictionaries(KEYS, ANY_JSON), WORDS))
def test_any_json_is_a_report_or_an_error_and_only_the_documented_shape_approves(body: Any) -> None:
    try:
        report = parse(body, SEVEN)
    except ProviderError as error:
        assert len(error.detail) <= 400
        return
    found = assessed(report)
    assert found.reasons
    Bank131.digest(report)
    if found.outcome is Outcome.APPROVED:
        assert body["status"] == "ok"
        assert not body.get("error")
