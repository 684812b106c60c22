"""BTC Direct: status words, error codes and shapes, read from payload files and from any JSON."""

from typing import Any

import pytest

from providers import (
    Assessment,
    CredentialsRefused,
    NotFoundAtProvider,
    Outcome,
    ProviderError,
    ReferenceMismatch,
    UnreadableAnswer,
    Verdict,
)
from providers.btc_direct.parse import parse
from tests.providers.btc_direct.samples import ORDER, PAYLOADS, assessed, payload


def assessment_of(status: Any, **account: Any) -> Assessment:
    return assessed(parse({"name": "liveness", "type": None, "status": status}, ORDER), **account)


# --- words ------------------------------------------------------------------------------------------------------------

WORDS = [
    ("missing", Outcome.PENDING, Verdict.NONE, False),
    ("open", Outcome.PENDING, Verdict.NONE, False),
    ("pending", Outcome.IN_PROGRESS, Verdict.NONE, False),
    ("verified", Outcome.APPROVED, Verdict.POSITIVE, True),
    ("validated", Outcome.APPROVED, Verdict.POSITIVE, True),
    ("rejected", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, False),
    ("declined", Outcome.MANUAL_REVIEW, Verdict.UNKNOWN, False),
]


@pytest.mark.parametrize(("word", "outcome", "verdict", "terminal"), WORDS)
def test_every_status_word_has_its_outcome(word: str, outcome: Outcome, verdict: Verdict, terminal: bool) -> None:
    found = assessment_of(word)
    assert (found.outcome, found.verdict, found.terminal) == (outcome, verdict, terminal)
    assert [reason.code for reason in found.reasons] == [word]
    assert found.reasons[0].recognised == (verdict is not Verdict.UNKNOWN)
    assert found.reasons[0].summary and found.reasons[0].action


@pytest.mark.parametrize("word", ["Verified", "VERIFIED", " verified ", "\tValidated\n"])
def test_a_known_word_counts_trimmed_and_in_any_letter_case(word: str) -> None:
    report = parse({"name": "liveness", "status": word}, ORDER)
    assert (report.status, assessed(report).outcome) == (word, Outcome.APPROVED)


@pytest.mark.parametrize(
    "word",
    [
        "verіfied",
        "ver\u200bified",
        "verified\u00a0",
        "verified!",
        "verified.",
        "unverified",
        "*",
        "ok",
        "ER124",
        "approved",
    ],
)
def test_a_word_that_resembles_a_pass_needs_a_manual_review(word: str) -> None:
    found = assessment_of(word)
    assert (found.outcome, found.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
    assert (found.reasons[0].code, found.reasons[0].recognised) == (word, False)


def test_the_kelvin_sign_is_not_the_letter_k_of_an_approving_word() -> None:
    assert assessment_of("OK", approved_statuses=["ok"]).outcome is Outcome.APPROVED
    assert assessment_of("O\u212a", approved_statuses=["ok"]).outcome is Outcome.MANUAL_REVIEW


@pytest.mark.parametrize("setting", [["Passed "], "verified, passed", ("passed",)])
def test_a_word_added_to_the_setting_approves(setting: Any) -> None:
    found = assessment_of("passed", approved_statuses=setting)
    assert (found.outcome, found.verdict, found.terminal) == (Outcome.APPROVED, Verdict.POSITIVE, True)
    assert found.unrecognised == ()


@pytest.mark.parametrize("word", ["verified", "validated"])
@pytest.mark.parametrize("setting", [[], "", None, 7, {"verified": True}, [None, 1], ["something else"]])
def test_a_word_taken_out_of_the_setting_is_a_word_like_any_other(word: str, setting: Any) -> None:
    found = assessment_of(word, approved_statuses=setting)
    assert (found.outcome, found.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
    assert not found.reasons[0].recognised


@pytest.mark.parametrize("word", ["missing", "open", "pending"])
def test_a_waiting_word_does_not_approve_even_when_the_setting_lists_it(word: str) -> None:
    assert assessment_of(word, approved_statuses=[word]).outcome in (Outcome.PENDING, Outcome.IN_PROGRESS)


# --- payload files ----------------------------------------------------------------------------------------------------

FILES: dict[str, tuple[Outcome, Verdict]] = {
    "liveness-missing": (Outcome.PENDING, Verdict.NONE),
    "liveness-open": (Outcome.PENDING, Verdict.NONE),
    "liveness-pending": (Outcome.IN_PROGRESS, Verdict.NONE),
    "liveness-verified": (Outcome.APPROVED, Verdict.POSITIVE),
    "liveness-validated": (Outcome.APPROVED, Verdict.POSITIVE),
    "liveness-unknown-word": (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN),
    "liveness-data-list": (Outcome.IN_PROGRESS, Verdict.NONE),
    "errors-person-disabled": (Outcome.MANUAL_REVIEW, Verdict.NEGATIVE),
}
FAULTS: dict[str, type[ProviderError]] = {
    "only-access-token": UnreadableAnswer,
    "errors-all-listed": CredentialsRefused,
    "errors-expired-token-and-no-user": CredentialsRefused,
    "errors-expired-token": CredentialsRefused,
    "errors-order-not-found": NotFoundAtProvider,
    "errors-order-of-another-user": ReferenceMismatch,
    "errors-person-disabled-and-user-refused": ReferenceMismatch,
    "errors-unknown-code": UnreadableAnswer,
    "errors-key-and-code-disagree": CredentialsRefused,
}


def test_every_payload_file_is_in_a_table_below() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == {*FILES, *FAULTS}


@pytest.mark.parametrize("name", FILES)
def test_a_readable_payload_has_its_outcome(name: str) -> None:
    found = assessed(parse(payload(name), ORDER))
    assert (found.outcome, found.verdict) == FILES[name]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_payload_raises_and_never_becomes_an_outcome(name: str) -> None:
    with pytest.raises(ProviderError) as raised:
        parse(payload(name), ORDER)
    assert type(raised.value) is FAULTS[name]


def test_a_disabled_person_is_reported_with_the_words_of_the_provider() -> None:
    found = assessed(parse(payload("errors-person-disabled"), ORDER))
    assert [(reason.code, reason.group) for reason in found.reasons] == [("ER124", "account state")]
    assert found.reasons[0].words == "This account was disabled. Write to customer care."
