"""Checkout.com: what its answers say and mean. No call is made here; those are in ``test_checkout_com_calls.py``."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import (
    Kind,
    Outcome,
    ProviderError,
    Subject,
    Verdict,
)
from providers.checkout_com import CheckoutCom
from providers.checkout_com.mapping import assess
from providers.checkout_com.parse import parse
from tests.providers.checkout_com.samples import (
    TABLE,
    Documented,
    answer,
    documented,
    file_names,
    given_rows,
    read,
    read_built,
)

# --- every payload file -----------------------------------------------------------------------------------------------

EXPECTED: dict[str, tuple[str, str, list[str]]] = {
    "aml_approved_monitored": ("approved", "positive", ["approved"]),
    "aml_checks_in_progress": ("in_progress", "none", ["checks_in_progress"]),
    "aml_created": ("pending", "none", ["created"]),
    "aml_declined": ("declined", "negative", ["declined"]),
    "aml_inconclusive": ("incomplete", "none", ["inconclusive"]),
    "aml_review_required": ("manual_review", "none", ["review_required"]),
    "aml_screening": ("in_progress", "none", ["screening_in_progress"]),
    "document_approved": ("approved", "positive", ["approved", "10000"]),
    "document_declined": ("declined", "negative", ["62202", "declined"]),
    "document_inconclusive": ("incomplete", "none", ["61301", "inconclusive"]),
    "document_quality_checks_in_progress": ("in_progress", "none", ["quality_checks_in_progress"]),
    "document_retry_required": ("retry_required", "none", ["61303", "retry_required"]),
    "face_approved": ("approved", "positive", ["approved", "10000"]),
    "face_declined": ("declined", "negative", ["62321", "declined"]),
    "identity_anonymized": ("approved", "positive", ["approved", "10000"]),
    "identity_approved_full": ("approved", "positive", ["approved", "10000", "risky_document_format"]),
    "identity_capture_in_progress": ("in_progress", "none", ["capture_in_progress"]),
    "identity_checks_in_progress": ("in_progress", "none", ["checks_in_progress"]),
    "identity_closed_inconclusive": ("incomplete", "none", ["64001", "inconclusive"]),
    "identity_closed_pending": ("pending", "none", ["64001", "pending"]),
    "identity_closed_retry_required": ("retry_required", "none", ["64001", "retry_required"]),
    "identity_code_as_text": ("declined", "negative", ["62301", "declined"]),
    "identity_created": ("pending", "none", ["created"]),
    "identity_declined_coercion": ("declined", "negative", ["62403", "61402", "declined"]),
    "identity_declined_expired_document": ("declined", "negative", ["62101", "declined"]),
    "identity_declined_two_classes": (
        "declined",
        "negative",
        ["62304", "61310", "declined", "multiple_faces_detected"],
    ),
    "identity_nulls_and_blanks": ("approved", "positive", ["approved", "10000"]),
    "identity_pending": ("pending", "none", ["pending"]),
    "identity_refused": ("incomplete", "none", ["63001", "refused"]),
    "identity_retry_required": ("retry_required", "none", ["61901", "retry_required"]),
    "identity_unknown_code_and_label": ("approved", "positive", ["62777", "approved", "10000", "voice_recorded_twice"]),
    "identity_unknown_status": ("manual_review", "unknown", ["approved_with_conditions", "10000"]),
}
"""File -> outcome, verdict, reasons in the order in which a person reads them."""


def test_every_payload_file_has_its_expected_meaning_written_down() -> None:
    assert sorted(EXPECTED) == file_names()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_documented_answer_is_read_as_written_down(name: str) -> None:
    report, assessment = read(documented(name))
    assert (assessment.outcome, assessment.verdict, [reason.code for reason in assessment.reasons]) == EXPECTED[name]
    assert report.request_id == "0HL80RJLS76I7"
    assert all(reason.summary for reason in assessment.reasons) and any(reason.action for reason in assessment.reasons)


# --- every row of the codes page --------------------------------------------------------------------------------------


def test_the_codes_page_has_eleven_nine_and_forty_five_rows() -> None:
    tables = answer("given_page_rows")
    assert [len(tables[name]) for name in ("check_statuses", "attempt_statuses", "response_codes")] == [11, 9, 45]


def named(table: str) -> list[Any]:
    return [pytest.param(row, one, id=one.name) for row, one in given_rows(table)]


@pytest.mark.parametrize(("row", "one"), named("check_statuses"))
def test_a_check_status_of_the_page_decides_the_outcome(row: dict[str, Any], one: Documented) -> None:
    report, assessment = read(one)
    assert (report.status, assessment.outcome, assessment.verdict) == (row["value"], row["outcome"], row["verdict"])
    assert assessment.unrecognised == ()


@pytest.mark.parametrize(("row", "one"), named("attempt_statuses"))
def test_an_attempt_status_of_the_page_is_reported_and_decides_nothing(row: dict[str, Any], one: Documented) -> None:
    report, assessment = read(one)
    statuses = {entry["value"]: entry["outcome"] for entry in answer("given_page_rows")["check_statuses"]}
    assert [attempt.status for attempt in report.attempts] == [row["value"]]
    assert (
        report.attempts[0].summary.endswith(".")
        and "not in Checkout.com's documentation" not in report.attempts[0].summary
    )
    assert assessment.outcome == statuses[row["check_status"]]


@pytest.mark.parametrize(("row", "one"), named("response_codes"))
def test_a_response_code_of_the_page_becomes_a_reason_under_its_heading(row: dict[str, Any], one: Documented) -> None:
    report, assessment = read(one)
    reason = next(reason for reason in assessment.reasons if reason.code == str(row["code"]))
    assert (reason.group, reason.words, reason.recognised) == (row["section"], row["summary"], True)
    assert TABLE.row("response_code", reason.code).provider_text == row["summary"] and reason.action
    assert report.codes == report.attempts[0].codes == (str(row["code"]),)


def test_the_code_table_holds_every_row_of_the_page_and_no_other_outcome() -> None:
    rows = {(row.kind, row.value) for row in TABLE.rows}
    tables = answer("given_page_rows")
    assert {("check_status", row["value"]) for row in tables["check_statuses"]} <= rows
    assert {("attempt_status", row["value"]) for row in tables["attempt_statuses"]} <= rows
    assert {("response_code", str(row["code"])) for row in tables["response_codes"]} <= rows
    assert {row.kind for row in TABLE.rows if row.outcome} == {"check_status"}


# --- the mapping ------------------------------------------------------------------------------------------------------

MAPPING = [
    ("identity face document aml", "created", "pending", "none", False),
    ("identity face", "pending", "pending", "none", False),
    ("identity face", "capture_in_progress", "in_progress", "none", False),
    ("document", "quality_checks_in_progress", "in_progress", "none", False),
    ("identity face document aml", "checks_in_progress", "in_progress", "none", False),
    ("aml", "screening_in_progress", "in_progress", "none", False),
    ("identity face document aml", "approved", "approved", "positive", True),
    ("identity face document aml", "declined", "declined", "negative", True),
    ("aml", "review_required", "manual_review", "none", False),
    ("identity face document", "retry_required", "retry_required", "none", False),
    ("identity face", "refused", "incomplete", "none", True),
    ("identity face document aml", "inconclusive", "incomplete", "none", True),
    ("identity face document aml", "anything_else", "manual_review", "unknown", False),
    ("identity face document", "review_required", "manual_review", "unknown", False),
    ("identity face document", "screening_in_progress", "manual_review", "unknown", False),
    ("document aml", "pending", "manual_review", "unknown", False),
    ("aml", "retry_required", "manual_review", "unknown", False),
    ("identity face aml", "quality_checks_in_progress", "manual_review", "unknown", False),
]


@pytest.mark.parametrize(
    ("kind", "status", "outcome", "verdict", "ended"),
    [(kind, *rest) for kinds, *rest in MAPPING for kind in kinds.split()],
)
def test_the_status_of_each_product_has_its_outcome(
    kind: str, status: str, outcome: str, verdict: str, ended: bool
) -> None:
    _, assessment = read_built(Kind(kind), status)
    assert (assessment.outcome, assessment.verdict, assessment.terminal) == (outcome, verdict, ended)


@pytest.mark.promise("G15")
@pytest.mark.parametrize("kind", [Kind.IDENTITY, Kind.FACE, Kind.DOCUMENT, Kind.AML])
@pytest.mark.parametrize("status", ["approved", "declined", "inconclusive"])
def test_an_ended_check_is_read_again_because_audits_and_monitoring_change_it(kind: Kind, status: str) -> None:
    _, assessment = read_built(kind, status)
    assert (assessment.terminal, assessment.changeable) == (True, True)


@pytest.mark.parametrize(
    "status",
    ["APPROVED", "Approved", " approved", "approved ", "approved\n", "аpproved", "approved\u200b", "ａpproved",
     "approve", "*", "10000", "completed", "checks_inconclusive", "ok", "true", "retry-required", "declined."],
)  # fmt: skip
def test_a_word_that_resembles_a_status_needs_a_manual_review(status: str) -> None:
    report, assessment = read_built(Kind.IDENTITY, status)
    assert (assessment.outcome, assessment.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
    assert (assessment.reasons[0].code, assessment.reasons[0].recognised) == (status, False)
    assert (report.status, assessment.terminal) == (status, False)


def test_codes_of_several_classes_never_change_the_outcome() -> None:
    codes = [(code, "") for code in (10000, 61101, 62304, 63001, 64001, 62403, 99999)]
    for status, outcome in (("approved", "approved"), ("declined", "declined"), ("retry_required", "retry_required")):
        _, assessment = read_built(Kind.IDENTITY, status, codes=codes)
        assert assessment.outcome == outcome
        reason_codes = [reason.code for reason in assessment.reasons]
        assert reason_codes == ["62304", "62403", "99999", "63001", "61101", "64001", status, "10000"]


@pytest.mark.parametrize(
    "code", ["62 304", "６２３０４", "062304", "face_mismatch", 71182, 72381, 5, -62304, 62304.5, None, [], True]
)
def test_an_unknown_code_is_shown_and_does_not_change_the_status(code: Any) -> None:
    _, assessment = read_built(Kind.IDENTITY, "declined", codes=[(code, "their words")])
    assert (assessment.outcome, assessment.verdict) == (Outcome.DECLINED, Verdict.NEGATIVE)
    assert [reason.recognised for reason in assessment.reasons] == [False, True]
    assert assessment.reasons[0].words == "their words"


def test_a_code_is_recognised_by_its_number_and_not_by_its_summary() -> None:
    for summary in ("asset_digital_alteration", "videos_digital_alteration", ""):
        _, assessment = read_built(Kind.IDENTITY, "declined", codes=[(62307, summary)])
        assert (assessment.reasons[0].code, assessment.reasons[0].words) == ("62307", summary)
        assert assessment.reasons[0].recognised


def test_a_code_that_is_reported_twice_is_one_reason() -> None:
    report, assessment = read_built(Kind.IDENTITY, "declined", codes=[(62304, "face_mismatch"), ("62304", "again")])
    assert (report.codes, len(assessment.reasons)) == (("62304",), 2)


def test_risk_labels_are_shown_and_route_nothing() -> None:
    labels = ["mcc_not_confident", "something_new"]
    report, assessment = read_built(Kind.FACE, "approved", labels=labels)
    assert (report.risk_labels, assessment.outcome) == (tuple(labels), Outcome.APPROVED)
    assert [(reason.code, reason.group, reason.recognised) for reason in assessment.reasons[1:]] == [
        ("mcc_not_confident", "risk", True),
        ("something_new", "risk", False),
    ]


# --- pairing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["", " ", "idv_1 2", "idv_1\n", ".", "..", "idv_\x00", "x" * 513, "idv_\ud800"])
def test_a_reference_that_cannot_stand_in_a_path_is_refused_with_a_sentence(reference: str) -> None:
    problem = CheckoutCom.reference_problem(Kind.IDENTITY, reference, {})
    assert problem is not None and problem.endswith(".")


def test_an_address_document_verification_is_refused_in_words() -> None:
    problem = CheckoutCom.reference_problem(Kind.DOCUMENT, "adv_01k9q2p1c5h8d3f6g9j2k4m7nq", {})
    assert problem == "This is the id of an address document verification. Those are not read."


@pytest.mark.parametrize("reference", ["idv_01k9q2p1c5h8d3f6g9j2k4m7nq", "01k9", "x" * 255, "a/b?c#d", "fav_1"])
def test_ids_are_opaque_text(reference: str) -> None:
    assert CheckoutCom.reference_problem(Kind.IDENTITY, reference, {}) is None


# --- facts, evidence, payload -----------------------------------------------------------------------------------------


def test_new_link_signatures_keep_the_digest_and_a_new_word_changes_it() -> None:
    for name in ("identity_approved_full", "identity_pending", "document_approved"):
        first, again = documented(name), documented(name)
        text = copy.deepcopy(again.payload)
        changed = _replaced(text, "canary", "fresh")
        same = Documented(name=name, subject=again.subject, payload=changed)
        assert CheckoutCom.digest(read(first)[0]) == CheckoutCom.digest(read(same)[0]), name
        moved = {**changed, "check": {**changed["check"], "modified_on": "2026-03-03T08:00:00Z"}}
        later = Documented(name=name, subject=again.subject, payload=moved)
        assert CheckoutCom.digest(read(first)[0]) != CheckoutCom.digest(read(later)[0])


def _replaced(value: Any, old: str, new: str) -> Any:
    """Signatures and tickets as another read would bring them; return addresses stay."""
    if isinstance(value, dict):
        return {key: child if key == "redirect_url" else _replaced(child, old, new) for key, child in value.items()}
    if isinstance(value, list):
        return [_replaced(child, old, new) for child in value]
    return value.replace(old, new) if isinstance(value, str) else value


@pytest.mark.parametrize("name", EXPECTED)
def test_no_live_secret_is_stored_and_no_personal_data_is_in_a_repr(name: str) -> None:
    report, assessment = read(documented(name))
    assert "canary" not in str(CheckoutCom.stored_payload(report.payload))
    shown = repr(report) + repr(assessment) + str(report)
    for secret in ("canary", "Lindqvarn", "1984-07-19", "AA0000019", "tove@", "203.0.113"):
        assert secret not in shown


# --- any JSON ---------------------------------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4))


JSON = st.recursive(SCALARS, nested, max_leaves=12)
FIELDS = ["id", "status", "response_codes", "risk_labels", "documents", "document", "face", "verified_identity"]
FIELDS += ["declared_data", "modified_on", "certifications", "monitored", "search_parameters"]
WORDS = ["approved", "declined", "Approved", "APPROVED", "created", "review_required", "", "approved "]
CHECKS = st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(WORDS), max_size=8)
KINDS = st.sampled_from([Kind.IDENTITY, Kind.FACE, Kind.DOCUMENT, Kind.AML])


@given(kind=KINDS, check=JSON | CHECKS, attempts=JSON | st.lists(CHECKS, max_size=3))
def test_of_any_json_only_the_documented_word_approves_and_nothing_raises(
    kind: Kind, check: Any, attempts: Any
) -> None:
    subject = Subject(kind=kind, reference="approved")
    try:
        report = parse({"check": check, "attempts": attempts}, subject)
    except ProviderError:
        return
    assessment = assess(report, TABLE)
    assert (assessment.outcome is Outcome.APPROVED) == (check["status"] == "approved")
    assert (assessment.verdict is Verdict.POSITIVE) == (check["status"] == "approved")
    assert assessment.reasons and all(isinstance(reason.code, str) for reason in assessment.reasons)
    assert len(CheckoutCom.digest(report)) == 64
    assert isinstance(CheckoutCom.stored_payload(report.payload), dict)


@given(status=st.text(min_size=1, max_size=60).filter(lambda text: text.strip() != ""))
def test_a_random_word_never_approves_nor_declines(status: str) -> None:
    known = {row[1] for row in MAPPING}
    _, assessment = read_built(Kind.IDENTITY, status)
    if status not in known:
        assert (assessment.outcome, assessment.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
