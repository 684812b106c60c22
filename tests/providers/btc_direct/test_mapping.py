"""BTC Direct: status words, error codes and shapes, read from payload files and from any JSON."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import (
    Assessment,
    CredentialsRefused,
    NotFoundAtProvider,
    Outcome,
    ProviderError,
    ReferenceMismatch,
    Report,
    Rules,
    UnreadableAnswer,
    Verdict,
)
from providers.btc_direct import BTCDirect
from providers.btc_direct.errors import Redaction
from providers.btc_direct.parse import parse
from tests.providers.btc_direct.samples import ORDER, PAYLOADS, TABLE, payload

APPLICANT_TOKEN = "_act-invented-applicant-token-7731"


def assessed(report: Report, **account: Any) -> Assessment:
    """The assessment of a report; the mapping needs no connection."""
    rules = Rules(codes=TABLE, settings={**BTCDirect.default_settings(), **account})
    return BTCDirect.normalise(BTCDirect.__new__(BTCDirect), report, rules)


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
def test_a_word_that_resembles_a_pass_asks_for_a_person(word: str) -> None:
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


def test_the_listed_codes_are_all_shown_to_admins_in_order() -> None:
    with pytest.raises(CredentialsRefused) as raised:
        parse(payload("errors-all-listed"), ORDER)
    listed = raised.value.detail.partition(": ")[0].split(", ")
    assert listed == sorted(payload("errors-all-listed")["errors"])
    assert len(listed) == 13


def test_key_and_inner_code_are_both_kept_when_they_disagree() -> None:
    with pytest.raises(CredentialsRefused) as raised:
        parse(payload("errors-key-and-code-disagree"), ORDER)
    assert raised.value.detail.startswith("ER035, ER805: ")


def test_message_and_solution_of_an_unknown_code_are_reported() -> None:
    with pytest.raises(UnreadableAnswer) as raised:
        parse(payload("errors-unknown-code"), ORDER)
    assert "Nobody knows this one. Write to our support." in raised.value.detail


def test_a_code_that_no_read_is_answered_with_counts_as_an_unknown_one() -> None:
    row = TABLE.find("error_code", "*")
    with pytest.raises(UnreadableAnswer) as raised:
        parse({"errors": {"ER005": {"code": "ER005", "message": "", "solution": ""}}}, ORDER)
    assert row and raised.value.detail == f"ER005: {row.summary} {row.action}"


@pytest.mark.parametrize("before", [0, 85, 95, 99])
def test_no_half_of_a_secret_is_left_where_a_long_text_is_cut(before: int) -> None:
    message = "x" * before + "CANARY-SECRET-OF-OURS" + "y" * 300
    with pytest.raises(ProviderError) as raised:
        parse({"errors": {"ER035": {"message": message}}}, ORDER, Redaction(secrets=("CANARY-SECRET-OF-OURS",)))
    assert "CAN" not in raised.value.detail
    assert "x" * min(before, 80) in raised.value.detail


def test_a_disabled_person_is_reported_with_the_words_of_the_provider() -> None:
    found = assessed(parse(payload("errors-person-disabled"), ORDER))
    assert [(reason.code, reason.group) for reason in found.reasons] == [("ER124", "account state")]
    assert found.reasons[0].words == "This account was disabled. Write to customer care."


@pytest.mark.parametrize(
    "body",
    [
        {"status": "verified"},
        {"name": "liveness"},
        {"name": "liveness", "status": None},
        {"name": "liveness", "status": 1},
        {"name": "liveness", "status": True},
        {"name": "liveness", "status": ["verified"]},
        {"name": "liveness", "status": ""},
        {"name": "liveness", "status": " "},
        {"name": None, "status": "verified"},
        {"name": "", "status": "verified"},
        {"name": "liveness", "status": "verified", "errors": {}},
        {"name": "liveness", "status": "verified", "errors": []},
        {"name": "liveness", "status": "verified", "errors": [{"code": "ER124"}]},
        {"name": "liveness", "status": "verified", "errors": None},
        {"Name": "liveness", "Status": "verified"},
        [{"name": "liveness", "status": "verified"}],
        [],
        {},
        "verified",
        None,
        7,
    ],
)
def test_another_shape_than_the_documented_one_cannot_be_read(body: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        parse(body, ORDER)


# --- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["liveness-pending", "liveness-data-list", "liveness-unknown-word"])
def test_the_applicants_token_is_in_no_report(name: str) -> None:
    assert APPLICANT_TOKEN in (PAYLOADS / f"{name}.json").read_text()
    report = parse(payload(name), ORDER)
    assert APPLICANT_TOKEN not in json.dumps(dict(report.payload))
    assert APPLICANT_TOKEN not in repr(report)
    assert APPLICANT_TOKEN not in json.dumps(BTCDirect.stored_payload(report.payload))


@pytest.mark.parametrize(
    "data",
    [{"deep": [{"sdk_Token": "CANARY"}]}, {"accessToken": {"value": "CANARY"}}, "CANARY", {"REFRESHTOKEN": "CANARY"}],
)
def test_a_token_under_another_name_or_depth_is_cut_as_well(data: Any) -> None:
    report = parse({"name": "liveness", "status": "pending", "data": data}, ORDER)
    assert "CANARY" not in json.dumps(dict(report.payload))


def test_the_stored_payload_of_an_uncut_answer_has_no_token_either() -> None:
    stored = BTCDirect.stored_payload(payload("liveness-pending"))
    assert stored["data"] == {"accessToken": "[removed]"}


# --- any JSON ---------------------------------------------------------------------------------------------------------

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
KEYS = st.sampled_from(["name", "status", "type", "data", "errors", "code", "ER124", "ER800", "accessToken", "x"])
STATUSES = st.sampled_from(["verified", "Validated ", "pending", "rejected", "ER124"])
ANY_JSON = st.recursive(
    LEAVES | STATUSES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=6), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(body=ANY_JSON)
def test_any_json_is_a_report_or_an_error_and_only_the_documented_shape_approves(body: Any) -> None:
    try:
        report = parse(body, ORDER)
    except ProviderError as error:
        assert len(error.detail) <= 400
        return
    found = assessed(report)
    assert found.reasons
    BTCDirect.digest(report)
    if found.outcome is Outcome.APPROVED:
        assert body["status"].strip().lower() in ("verified", "validated")
        assert isinstance(body["name"], str) and "errors" not in body
