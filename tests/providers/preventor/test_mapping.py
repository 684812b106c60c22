"""The mapping of Preventor's words: payload files, the rules pair by pair, and everything that must not approve."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import (
    NotFoundAtProvider,
    Outcome,
    ReferenceMismatch,
    UnreadableAnswer,
    Verdict,
)
from providers.preventor import Preventor
from tests.providers.preventor.samples import TICKET, assessed, names, payload, read, ticket_of
from tests.sampling import examples

# file -> status, outcome, verdict, codes of the reasons
TICKETS: Mapping[str, tuple[str, str, str, tuple[str, ...]]] = {
    "ticket-flat-rejected-needs-review": (
        "REJECTED / NEEDS_REVIEW",
        "manual_review",
        "negative",
        ("PVT_E0007", "REJECTED", "NEEDS_REVIEW", "ID_PROOFING", "WARNING"),
    ),
    "ticket-accepted-passed": ("ACCEPTED / PASSED", "approved", "positive", ("ACCEPTED", "PASSED", "OK")),
    "ticket-sections": (
        "IN_PROGRESS / NEEDS_REVIEW",
        "manual_review",
        "none",
        ("NEEDS_REVIEW", "IN_PROGRESS", "WARNING"),
    ),
    "ticket-in-progress-retry": (
        "IN_PROGRESS / RETRY",
        "pending",
        "none",
        ("PVT_IP_E001", "RETRY", "IN_PROGRESS", "ID_PROOFING"),
    ),
    "ticket-in-progress-failed": ("IN_PROGRESS / FAILED", "pending", "negative", ("FAILED", "IN_PROGRESS")),
    "ticket-rejected-passed": ("REJECTED / PASSED", "declined", "negative", ("REJECTED", "PASSED")),
    "ticket-transaction-status": ("ACCEPTED", "approved", "positive", ("ACCEPTED",)),
    "ticket-abandoned": ("IN_PROGRESS / ABANDONED", "incomplete", "none", ("ABANDONED", "IN_PROGRESS")),
    "ticket-code-only": ("", "manual_review", "negative", ("PVT_PM_E001", "PHOTO_MATCHING")),
    "ticket-empty": ("", "pending", "none", ("",)),
    "ticket-only-status": ("ACCEPTED", "approved", "positive", ("ACCEPTED",)),
    "ticket-older-word": ("AWAITING", "manual_review", "unknown", ("AWAITING",)),
    "ticket-with-picture": ("ACCEPTED / PASSED", "approved", "positive", ("ACCEPTED", "PASSED")),
}

# Flow word, last step's word -> outcome, verdict, and what it becomes when nothing changes for half an hour. "?" is an
# unknown word, None an absent one.
PAIRS: tuple[tuple[str | None, str | None, str, str, str], ...] = (
    (None, None, "pending", "none", ""),
    (None, "PASSED", "in_progress", "none", ""),
    (None, "PROCESSING", "in_progress", "none", ""),
    (None, "RETRY", "pending", "none", "retry_required"),
    (None, "FAILED", "pending", "negative", "manual_review"),
    (None, "NEEDS_REVIEW", "manual_review", "none", ""),
    (None, "ABANDONED", "incomplete", "none", ""),
    (None, "LOGGED_OUT", "incomplete", "none", ""),
    (None, "TIMEOUT", "incomplete", "none", ""),
    (None, "?", "manual_review", "unknown", ""),
    ("IN_PROGRESS", None, "in_progress", "none", ""),
    ("IN_PROGRESS", "PASSED", "in_progress", "none", ""),
    ("IN_PROGRESS", "PROCESSING", "in_progress", "none", ""),
    ("IN_PROGRESS", "RETRY", "pending", "none", "retry_required"),
    ("IN_PROGRESS", "FAILED", "pending", "negative", "manual_review"),
    ("IN_PROGRESS", "NEEDS_REVIEW", "manual_review", "none", ""),
    ("IN_PROGRESS", "ABANDONED", "incomplete", "none", ""),
    ("IN_PROGRESS", "LOGGED_OUT", "incomplete", "none", ""),
    ("IN_PROGRESS", "TIMEOUT", "incomplete", "none", ""),
    ("IN_PROGRESS", "?", "manual_review", "unknown", ""),
    ("ACCEPTED", None, "approved", "positive", ""),
    ("ACCEPTED", "PASSED", "approved", "positive", ""),
    ("ACCEPTED", "PROCESSING", "in_progress", "none", ""),
    ("ACCEPTED", "RETRY", "manual_review", "unknown", ""),
    ("ACCEPTED", "FAILED", "manual_review", "unknown", ""),
    ("ACCEPTED", "NEEDS_REVIEW", "manual_review", "none", ""),
    ("ACCEPTED", "ABANDONED", "manual_review", "unknown", ""),
    ("ACCEPTED", "LOGGED_OUT", "manual_review", "unknown", ""),
    ("ACCEPTED", "TIMEOUT", "manual_review", "unknown", ""),
    ("ACCEPTED", "?", "manual_review", "unknown", ""),
    ("REJECTED", None, "declined", "negative", ""),
    ("REJECTED", "PASSED", "declined", "negative", ""),
    ("REJECTED", "FAILED", "declined", "negative", ""),
    ("REJECTED", "RETRY", "declined", "negative", ""),
    ("REJECTED", "PROCESSING", "in_progress", "negative", ""),
    ("REJECTED", "NEEDS_REVIEW", "manual_review", "negative", ""),
    ("REJECTED", "ABANDONED", "incomplete", "negative", ""),
    ("REJECTED", "LOGGED_OUT", "incomplete", "negative", ""),
    ("REJECTED", "TIMEOUT", "incomplete", "negative", ""),
    ("REJECTED", "?", "manual_review", "negative", ""),
    ("?", None, "manual_review", "unknown", ""),
    ("?", "PASSED", "manual_review", "unknown", ""),
    ("?", "FAILED", "manual_review", "unknown", ""),
    ("?", "NEEDS_REVIEW", "manual_review", "unknown", ""),
    ("?", "ABANDONED", "manual_review", "unknown", ""),
    ("?", "?", "manual_review", "unknown", ""),
)
_UNKNOWN = "QUALIFIED"


@pytest.mark.parametrize("name", TICKETS)
def test_a_ticket_file_reads_as_its_page_says(name: str) -> None:
    status, outcome, verdict, codes = TICKETS[name]
    report, assessment = read(payload(name))
    assert (report.status, assessment.outcome, assessment.verdict) == (status, outcome, verdict)
    assert tuple(reason.code for reason in assessment.reasons) == codes
    assert all(reason.summary for reason in assessment.reasons) and any(reason.action for reason in assessment.reasons)


def test_every_ticket_file_is_expected_by_name() -> None:
    assert set(names("ticket-")) == {*TICKETS, "ticket-of-another"}


@pytest.mark.parametrize(("flow", "step", "outcome", "verdict", "later"), PAIRS)
def test_flow_and_last_step_decide_together(
    flow: str | None, step: str | None, outcome: str, verdict: str, later: str
) -> None:
    ticket = ticket_of(*(_UNKNOWN if word == "?" else word for word in (flow, step)))
    for answer in (ticket, {"data": [{"summary": ticket}]}):
        assessment = assessed(answer)
        assert (assessment.outcome, assessment.verdict) == (outcome, verdict)
        assert (assessment.lapse.outcome if assessment.lapse else "") == later
        assert bool(assessment.unrecognised) == ("?" in (flow, step))


@pytest.mark.parametrize(
    ("flow", "step", "terminal"),
    [
        ("ACCEPTED", "PASSED", True),
        ("REJECTED", None, True),
        ("IN_PROGRESS", "TIMEOUT", True),
        ("ACCEPTED", "FAILED", True),
        ("ACCEPTED", "RETRY", False),
        ("IN_PROGRESS", "NEEDS_REVIEW", False),
        ("REJECTED", "PROCESSING", False),
        (_UNKNOWN, None, False),
        ("IN_PROGRESS", "RETRY", False),
    ],
)
def test_reading_goes_on_until_nothing_more_is_expected(flow: str, step: str | None, terminal: bool) -> None:
    assert assessed(ticket_of(flow, step)).terminal is terminal


def test_words_are_compared_trimmed_and_in_any_letter_case() -> None:
    assert assessed(ticket_of(" accepted\n", "Passed")).outcome is Outcome.APPROVED


@pytest.mark.parametrize(
    "word",
    ["АCCEPTED", "ACCEPTEÐ", "ACCEPTED\u200b", "ACCEPTED\u00a0", "ACCEPTED.", "ＡＣＣＥＰＴＥＤ", "ACCEPTED ACCEPTED"],
)
def test_a_look_alike_of_accepted_needs_a_manual_review(word: str) -> None:
    assessment = assessed(ticket_of(word, "PASSED"))
    assert (assessment.outcome, assessment.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
    assert [reason.recognised for reason in assessment.reasons] == [False, True]


@pytest.mark.parametrize("word", ["PAſſED", "pas\u017fed", "passed\u2003"])
def test_a_look_alike_of_passed_needs_a_manual_review(word: str) -> None:
    assert assessed(ticket_of("ACCEPTED", word)).outcome is Outcome.MANUAL_REVIEW


@pytest.mark.parametrize("value", [1, 0, True, 3.5, ["ACCEPTED"], {"value": "ACCEPTED"}, []])
def test_anything_but_text_as_a_status_is_an_unknown_word(value: Any) -> None:
    assert assessed(ticket_of(value, "PASSED")).verdict is Verdict.UNKNOWN
    assert assessed(ticket_of("ACCEPTED", value)).outcome is Outcome.MANUAL_REVIEW


@pytest.mark.parametrize("value", [None, "", "   "])
def test_null_and_blank_text_count_as_absent(value: Any) -> None:
    answer = {"ticket": TICKET, "flow_status": value, "disposition": "PROCESSING"}
    assert assessed(answer).outcome is Outcome.IN_PROGRESS


def test_a_request_for_review_counts_wherever_it_stands() -> None:
    answer = ticket_of("ACCEPTED", "PASSED", steps=[{"disposition": "PASSED"}, {"disposition": "NEEDS_REVIEW"}])
    assessment = assessed(answer)
    assert (assessment.outcome, assessment.verdict) == (Outcome.MANUAL_REVIEW, Verdict.NONE)


@pytest.mark.parametrize(
    ("more", "outcome", "verdict"),
    [
        ({"history": [{"flow_status": "REJECTED"}]}, "manual_review", "negative"),
        ({"transaction_status": "REJECTED"}, "manual_review", "negative"),
        ({"transaction_status": "ACCEPTED"}, "approved", "positive"),
        ({"transaction_status": "VERIFIED"}, "manual_review", "unknown"),
        ({"history": [{"flow_status": "IN_PROGRESS"}]}, "manual_review", "unknown"),
        ({"history": [{"disposition": "FAILED"}]}, "manual_review", "unknown"),
        ({"history": [{"disposition": "PROCESSING"}]}, "in_progress", "none"),
        ({"history": [{"disposition": "HELD"}]}, "manual_review", "unknown"),
    ],
)
def test_acceptance_needs_nothing_against_it_in_the_same_ticket(
    more: dict[str, Any], outcome: str, verdict: str
) -> None:
    assessment = assessed(ticket_of("ACCEPTED", "PASSED", **more))
    assert (assessment.outcome, assessment.verdict) == (outcome, verdict)


def test_error_codes_only_explain_where_a_status_is_given() -> None:
    accepted = assessed(ticket_of("ACCEPTED", "PASSED", error={"code": "PVT-NVLD-STTS"}))
    assert (accepted.outcome, accepted.verdict) == (Outcome.APPROVED, Verdict.POSITIVE)
    assert [reason.code for reason in accepted.reasons] == ["PVT-NVLD-STTS", "ACCEPTED", "PASSED"]


# Written out from the document's families, not read from the table that the mapping uses.
@pytest.mark.parametrize(
    ("code", "outcome", "verdict"),
    [
        ("PVT_E0005", "declined", "negative"),
        ("PVT_E0006", "declined", "negative"),
        ("PVT_E0007", "manual_review", "none"),
        ("PVT_E0008", "retry_required", "none"),
        ("PVT_E0009", "retry_required", "none"),
        ("PVT-NVLD-STTS", "declined", "negative"),
        ("PVT-OCR-AG-NT-RNG", "declined", "negative"),
        ("PVT_IP_E008", "manual_review", "negative"),
        ("PVT_LD_E008", "manual_review", "negative"),
        ("PVT_PM_E001", "manual_review", "negative"),
        ("PVT_LD_E001", "retry_required", "none"),
        ("PVT_E0001", "retry_required", "none"),
        ("PVT-NXPCT-XCPT", "retry_required", "none"),
        ("PVT_ZZ_E999", "manual_review", "unknown"),
        ("pvt_e0006", "manual_review", "unknown"),
        ("PVT_E0006\u200b", "manual_review", "unknown"),
        (17, "manual_review", "unknown"),
    ],
)
def test_a_code_decides_where_there_is_no_status(code: Any, outcome: str, verdict: str) -> None:
    assessment = assessed({"ticket": TICKET, "error": {"code": code}})
    assert (assessment.outcome, assessment.verdict) == (outcome, verdict)


def test_the_most_severe_of_several_codes_decides_and_stands_first() -> None:
    answer = {"errors": [{"code": "PVT_LD_E001"}, {"code": "PVT_ZZ_E999"}, {"code": "PVT_E0006"}]}
    assessment = assessed(answer)
    assert assessment.outcome is Outcome.DECLINED
    assert [reason.code for reason in assessment.reasons] == ["PVT_E0006", "PVT_ZZ_E999", "PVT_LD_E001"]


def test_a_wait_is_measured_by_the_words_that_stay_alike() -> None:
    answer = payload("ticket-in-progress-retry")
    lapse = assessed(answer).lapse
    assert lapse is not None
    assert (lapse.after, lapse.outcome, lapse.verdict) == (
        timedelta(minutes=30),
        Outcome.RETRY_REQUIRED,
        Verdict.NONE,
    )
    keys = {lapse.key}
    for changed in (
        {**answer, "remaining_attempts": 1},
        {**answer, "error": {"code": "PVT_IP_E002"}},
        {**answer, "disposition": "FAILED"},
        {**answer, "flow_status": None},
    ):
        later = assessed(changed).lapse
        assert later is not None
        keys.add(later.key)
    assert len(keys) == 5
    unchanged = assessed({**answer, "attempts": 7}).lapse
    assert unchanged == lapse


# --- not a ticket -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["", "  ", ".", "..", "a\nb", "a\x00b"])
def test_a_reference_that_cannot_stand_in_a_path_is_refused(reference: str) -> None:
    assert Preventor.reference_problem(Preventor.kinds[0], reference, {})


def test_a_reference_of_any_other_form_is_taken() -> None:
    assert Preventor.reference_problem(Preventor.kinds[0], "any/thing ü", {}) is None


# --- facts, digest, storing -------------------------------------------------------------------------------------------


def test_attempts_as_a_list_are_reported_one_by_one() -> None:
    report = read(
        ticket_of("IN_PROGRESS", None, attempts=[{"disposition": "RETRY", "error": {"code": "PVT_IP_E001"}}])
    )[0]
    assert [(one.status, one.codes) for one in report.attempts] == [("RETRY", ("PVT_IP_E001",))]
    assert report.attempts[0].summary == "The last step failed and the applicant may repeat it."


def test_the_digest_does_not_move_with_tokens_and_signatures() -> None:
    def digest(signature: str, **more: Any) -> str:
        link = f"https://pictures.example.net/a.jpg?sig={signature}"
        answer = ticket_of("ACCEPTED", "PASSED", token=signature, session={"expiracy": signature, "link": link}, **more)
        return Preventor.digest(read(answer)[0])

    assert digest("one") == digest("two")
    assert digest("one") != digest("one", attempts=2)


def test_secrets_are_cut_before_a_payload_is_stored_and_never_shown_by_repr() -> None:
    answer = ticket_of(
        "ACCEPTED",
        "PASSED",
        token="canary-a",
        nested={"secret": "canary-b", "x-api-key": "canary-c", "deep": [{"token": "canary-d"}]},
        link="https://pictures.example.net/a.jpg?sig=canary-e",
        document={"front": payload("ticket-with-picture")["document"]["front"]},
        fullname="Canary Person",
    )
    report, assessment = read(answer)
    assert "canary" not in str(Preventor.stored_payload(report.payload))
    assert "Canary" not in repr(report) + repr(assessment)
    assert "canary" not in repr(report) + repr(assessment)
    assert "sha256" in Preventor.stored_payload(report.payload)["document"]["front"]


def test_a_stored_payload_reads_as_the_answer_did() -> None:
    for name in TICKETS:
        report, assessment = read(payload(name))
        assert read(Preventor.stored_payload(report.payload))[1] == assessment


# --- any JSON at all --------------------------------------------------------------------------------------------------

_KEYS = st.sampled_from(
    (
        "flow_status",
        "transaction_status",
        "disposition",
        "status",
        "code",
        "message",
        "error",
        "errors",
        "ticket",
        "data",
    )
) | st.text(max_size=6)
_WORDS = st.sampled_from(
    (
        "ACCEPTED",
        "REJECTED",
        "IN_PROGRESS",
        "PASSED",
        "FAILED",
        "RETRY",
        "NEEDS_REVIEW",
        "accepted ",
        "PVT_E0006",
        TICKET,
    )
) | st.text(max_size=12)
_SCALARS = st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.floats(allow_nan=False) | _WORDS
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=25
)


def _flow_words(value: Any, key: str = "") -> Iterator[Any]:
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _flow_words(child, name)
    elif isinstance(value, list):
        for child in value:
            yield from _flow_words(child)
    elif key.lower() in ("flow_status", "transaction_status", "status"):
        yield value


@settings(max_examples=examples(400), deadline=None)
@given(answer=_JSON)
def test_no_json_breaks_the_reading_and_none_approves_without_accepted(answer: Any) -> None:
    try:
        report, assessment = read(answer)
    except (UnreadableAnswer, ReferenceMismatch, NotFoundAtProvider):
        return
    Preventor.digest(report)
    Preventor.stored_payload(report.payload)
    if assessment.outcome is Outcome.APPROVED or assessment.verdict is Verdict.POSITIVE:
        words = [str(word).strip(" \t\r\n").upper() for word in _flow_words(answer) if word is not None]
        assert "ACCEPTED" in words
        assert "REJECTED" not in words or "status" in answer


@settings(max_examples=examples(200), deadline=None)
@given(word=st.text(min_size=1, max_size=30).filter(lambda text: text.strip(" \t\r\n")))
def test_an_unknown_word_needs_a_manual_review(word: str) -> None:
    known = ("IN_PROGRESS", "ACCEPTED", "REJECTED")
    if word.strip(" \t\r\n").upper() in known:
        return
    assessment = assessed(ticket_of(word, "PASSED"))
    assert (assessment.outcome, assessment.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
    assert not assessment.reasons[0].recognised
