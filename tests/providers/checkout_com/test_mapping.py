"""Checkout.com: what its answers say and mean. No call is made here; those are in ``test_checkout_com_calls.py``."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import (
    Assessment,
    EvidenceKind,
    Kind,
    Outcome,
    ProviderError,
    ReferenceMismatch,
    Report,
    Rules,
    Subject,
    UnreadableAnswer,
    Verdict,
    code_table,
)
from providers.checkout_com import CheckoutCom
from providers.checkout_com.images import assets, report_link
from providers.checkout_com.mapping import assess
from providers.checkout_com.parse import in_order, moment, parse
from tests.providers.checkout_com.samples import Documented, answer, built, documented, file_names, given_rows

RULES = Rules(codes=code_table("checkout_com"))
TABLE = RULES.codes


def read(one: Documented) -> tuple[Report, Assessment]:
    report = parse(one.payload, one.subject, request_id="0HL80RJLS76I7")
    return report, assess(report, TABLE)


def read_built(kind: Kind, status: Any, **more: Any) -> tuple[Report, Assessment]:
    payload = built(kind, status, **more)
    return read(Documented(name="built", subject=Subject(kind=kind, reference=payload["check"]["id"]), payload=payload))


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
    assert reason.summary.endswith(f"({row['summary']})") and reason.action
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
def test_an_ended_check_is_looked_at_again_because_audits_and_monitoring_change_it(kind: Kind, status: str) -> None:
    _, assessment = read_built(kind, status)
    assert (assessment.terminal, assessment.changeable) == (True, True)


@pytest.mark.parametrize(
    "status",
    ["APPROVED", "Approved", " approved", "approved ", "approved\n", "аpproved", "approved\u200b", "ａpproved",
     "approve", "*", "10000", "completed", "checks_inconclusive", "ok", "true", "retry-required", "declined."],
)  # fmt: skip
def test_a_word_that_resembles_a_status_asks_for_a_person(status: str) -> None:
    report, assessment = read_built(Kind.IDENTITY, status)
    assert (assessment.outcome, assessment.verdict) == (Outcome.MANUAL_REVIEW, Verdict.UNKNOWN)
    assert (assessment.reasons[0].code, assessment.reasons[0].recognised) == (status, False)
    assert (report.status, assessment.terminal) == (status, False)


@pytest.mark.parametrize(
    "status", [None, "", "  ", 0, 10000, 1.5, True, [], ["approved"], {"value": "approved"}, "x" * 256]
)
def test_what_is_no_word_in_place_of_the_status_is_unreadable(status: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        read_built(Kind.IDENTITY, status)


@pytest.mark.parametrize("key", ["response_codes", "risk_labels"])
@pytest.mark.parametrize("value", [{}, "62304", 62304, True])
def test_codes_and_labels_that_are_no_list_are_unreadable(key: str, value: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        read_built(Kind.IDENTITY, "approved", **{key: value})


@pytest.mark.parametrize("key", ["response_codes", "risk_labels"])
def test_codes_and_labels_may_be_null(key: str) -> None:
    _, assessment = read_built(Kind.FACE, "approved", **{key: None})
    assert assessment.outcome is Outcome.APPROVED


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
def test_a_code_that_nobody_knows_is_shown_and_keeps_the_status(code: Any) -> None:
    _, assessment = read_built(Kind.IDENTITY, "declined", codes=[(code, "their words")])
    assert (assessment.outcome, assessment.verdict) == (Outcome.DECLINED, Verdict.NEGATIVE)
    assert [reason.recognised for reason in assessment.reasons] == [False, True]
    assert assessment.reasons[0].words == "their words"


def test_a_code_is_known_by_its_number_whatever_the_summary_says() -> None:
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


def test_attempts_come_oldest_first_and_their_unknown_statuses_are_marked() -> None:
    entries = documented("identity_declined_two_classes").payload["attempts"]
    assert [entry["status"] for entry in in_order(list(entries))] == ["expired", "completed"]
    report, assessment = read_built(Kind.IDENTITY, "pending", attempts=[("approved", []), ("COMPLETED", [])])
    assert all("not in Checkout.com's documentation" in attempt.summary for attempt in report.attempts)
    assert assessment.outcome is Outcome.PENDING


# --- pairing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["idv_01k9rbuilt0000000000000002", "IDV_01K9RBUILT0000000000000001", "idv"])
def test_an_answer_about_another_check_is_refused(reference: str) -> None:
    with pytest.raises(ReferenceMismatch):
        parse(built(Kind.IDENTITY, "approved"), Subject(kind=Kind.IDENTITY, reference=reference))


def test_an_answer_without_an_id_is_taken_for_the_one_that_was_asked_for() -> None:
    payload = built(Kind.IDENTITY, "approved")
    del payload["check"]["id"]
    report = parse(payload, Subject(kind=Kind.IDENTITY, reference="any-id"))
    assert (report.reference, assess(report, TABLE).outcome) == ("any-id", Outcome.APPROVED)


@pytest.mark.parametrize("reference", ["", " ", "idv_1 2", "idv_1\n", ".", "..", "idv_\x00", "x" * 513, "idv_\ud800"])
def test_a_reference_that_cannot_stand_in_a_path_is_refused_with_a_sentence(reference: str) -> None:
    problem = CheckoutCom.reference_problem(Kind.IDENTITY, reference, {})
    assert problem is not None and problem.endswith(".")


@pytest.mark.parametrize("reference", ["idv_01k9q2p1c5h8d3f6g9j2k4m7nq", "01k9", "x" * 255, "a/b?c#d", "fav_1"])
def test_ids_are_opaque_text(reference: str) -> None:
    assert CheckoutCom.reference_problem(Kind.IDENTITY, reference, {}) is None


# --- facts, evidence, payload -----------------------------------------------------------------------------------------


def test_facts_come_from_the_verified_identity_and_the_first_document() -> None:
    report, _ = read(documented("identity_approved_full"))
    facts = report.facts
    assert (facts.full_name, facts.given_names, facts.family_name) == (
        "Tove Maria Lindqvarn",
        "Tove Maria",
        "Lindqvarn",
    )
    assert (facts.birth_date, facts.sex, facts.nationality) == ("1984-07-19", "F", "SE")
    assert (facts.document_type, facts.document_number, facts.document_expiry) == (
        "Passport",
        "AA0000019",
        "2031-04-30",
    )
    assert (facts.issuing_country, facts.address, facts.email) == ("SE", "Sjögatan 4, 27100 Ystad", "")
    other = dict(facts.other)
    assert other["Declared e-mail"] == "tove@mail.example"
    assert other["Declared phone"] == "+46 5550199"
    assert other["Declared address"] == "Sjögatan 4, 27100, Ystad, SE"
    assert other["Second document, type"] == "Residence Permit"
    assert other["Certification"].startswith("diatf, gpg45_profile: M1A")


def test_a_document_verification_tells_one_document_as_an_object() -> None:
    report, _ = read(documented("document_approved"))
    assert (report.facts.full_name, report.facts.document_number) == ("Tove Maria Lindqvarn", "AA0000019")
    assert [item.label for item in report.evidence][:2] == ["document.front", "document.back"]


def test_nulls_and_blanks_are_no_facts() -> None:
    report, _ = read(documented("identity_nulls_and_blanks"))
    assert (report.facts.full_name, report.facts.sex, report.facts.document_type) == ("", "", "Other")
    assert [item.kind for item in report.evidence] == [EvidenceKind.REPORT_PDF, EvidenceKind.OTHER]


def test_a_screening_tells_whether_it_goes_on_watching() -> None:
    report, _ = read(documented("aml_approved_monitored"))
    assert dict(report.facts.other)["Monitored"] == "yes"
    assert report.evidence == () and report.attempts == ()


def test_pictures_are_listed_by_kind_with_labels_that_stay() -> None:
    report, _ = read(documented("identity_approved_full"))
    assert [(item.kind, item.label) for item in report.evidence] == [
        (EvidenceKind.SELFIE, "face"),
        (EvidenceKind.DOCUMENT_FRONT, "documents[0].front"),
        (EvidenceKind.DOCUMENT_BACK, "documents[0].back"),
        (EvidenceKind.DOCUMENT_SIGNATURE, "documents[0].signature"),
        (EvidenceKind.DOCUMENT_FRONT, "documents[1].front"),
        (EvidenceKind.REPORT_PDF, "pdf-report"),
        (EvidenceKind.OTHER, "attempts/iatp_01k9r000000000000000000001/assets"),
    ]


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("identity_created", []),
        ("identity_checks_in_progress", []),
        ("identity_refused", []),
        ("identity_retry_required", ["attempts/iatp_01k9r000000000000000000001/assets"]),
        ("face_declined", ["face", "attempts/fatp_01k9r000000000000000000001/assets"]),
        ("aml_declined", []),
    ],
)
def test_pictures_are_copied_once_decided_and_assets_once_an_attempt_has_ended(name: str, labels: list[str]) -> None:
    report, _ = read(documented(name))
    assert [item.label for item in report.evidence] == labels


def test_every_type_of_an_asset_has_its_kind_and_unknown_types_are_kept() -> None:
    found = assets(answer("assets")["data"], "iatp_x")
    assert [item.label.removeprefix("attempts/iatp_x/") for item in found][-1] == "retina_scan"
    half = ["document_front", "document_back", "video", "video", "document_signature"]
    assert [str(item.kind) for item in found] == ["selfie", "video", *half, *half, "other"]
    assert all(item.url.startswith("https://storage.example/kyc/") for item in found)


def test_a_report_link_is_read_under_both_names() -> None:
    assert report_link(answer("report_pdf_report")) == report_link(answer("report_signed_url")) != ""
    assert report_link({"pdf_report": None, "signed_url": "ftp://storage.example/x"}) == ""


def test_links_that_are_signed_anew_change_no_digest_and_a_new_word_does() -> None:
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
def test_no_live_secret_is_stored_and_nothing_personal_stands_in_a_repr(name: str) -> None:
    report, assessment = read(documented(name))
    assert "canary" not in str(CheckoutCom.stored_payload(report.payload))
    shown = repr(report) + repr(assessment) + str(report)
    for secret in ("canary", "Lindqvarn", "1984-07-19", "AA0000019", "tove@", "203.0.113"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T08:21:47Z", datetime(2026, 3, 2, 8, 21, 47, tzinfo=UTC)),
        ("2026-03-02T08:21:47.39415Z", datetime(2026, 3, 2, 8, 21, 47, 394150, tzinfo=UTC)),
        ("2026-03-02T08:21:47.123456Z", datetime(2026, 3, 2, 8, 21, 47, 123456, tzinfo=UTC)),
        ("2026-03-02T10:21:47+02:00", datetime(2026, 3, 2, 8, 21, 47, tzinfo=UTC)),
        ("2026-03-02T08:21:47", datetime(2026, 3, 2, 8, 21, 47, tzinfo=UTC)),
        ("9999-12-31T23:59:59-14:00", None),
        ("1969-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (1772439707, None),
        (None, None),
    ],
)
def test_times_are_utc_or_nothing(text: Any, expected: datetime | None) -> None:
    assert moment(text) == expected


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
def test_whatever_json_comes_nothing_breaks_and_only_the_documented_word_approves(
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
