"""Reasons that codes and findings suggest for a decision."""

import pytest

from compliance.default_policies import REASONS
from compliance.enums import DecisionVerdict, FindingKind
from compliance.facts.plausibility import Implausible
from compliance.models import Check, Finding, ReasonCode
from compliance.routing.suggestions import OF_GROUP, suggested
from providers import CodeRow, Outcome, code_table, provider_names
from tests.compliance.unsaved import check, reason

CODES = [
    ReasonCode(code=code, label=label, verdicts=verdicts, asks_note=note, suggested_by=[])
    for code, label, verdicts, note in REASONS
]
DECLINING = (Outcome.DECLINED, Outcome.RETRY_REQUIRED, Outcome.MANUAL_REVIEW, Outcome.INCOMPLETE)
UNFAVOURABLE_GROUPS = (
    "User engagement issue", "Technical issue", "Document capture issue", "Secondary document capture issue",
    "Face capture issue", "Internal error", "Document issue", "Secondary document issue", "Copy issue",
    "Secondary document copy issue", "Identity fraud", "Suspicious behavior", "User refusal", "Attempts",
    "Website medium issue", "Website internal error", "Website compliance issue", "Unrecognised code", "risk",
)  # fmt: skip
"""Groups of Checkout.com whose codes explain a status; the status decides."""


def declining_rows() -> list[CodeRow]:
    rows = [row for name in provider_names() for row in code_table(name).rows]
    return [row for row in rows if row.outcome in DECLINING or row.group in UNFAVOURABLE_GROUPS]


def test_each_declining_code_suggests_a_reason_or_says_why_not() -> None:
    rows = declining_rows()
    assert len(rows) > 170
    silent = [
        (row.provider, row.kind, row.value)
        for row in rows
        if not (row.suggests or row.suggests_nothing or row.group.lower() in OF_GROUP)
    ]
    assert silent == []
    assert [row.value for row in rows if row.suggests and row.suggests_nothing] == []


def test_suggestions_are_default_reasons_and_never_an_approval_against_a_negative_result() -> None:
    known = {code.code: code for code in CODES}
    used = {code for name in provider_names() for row in code_table(name).rows for code in row.suggests}
    used |= {code for codes in OF_GROUP.values() for code in codes}
    assert used <= known.keys()
    approving = [
        (row.provider, row.value)
        for name in provider_names()
        for row in code_table(name).rows
        if any(DecisionVerdict.APPROVE in known[code].verdicts for code in row.suggests)
    ]
    assert approving == [("checkout_com", "review_required")], "a screening hit may be another person"


def finding(kind: FindingKind, about: str = "full_name", **detail: str) -> Finding:
    return Finding(kind=kind, about=about, detail=detail, state="open", since_seq=1)


PASSED = check("approved", "positive", reasons=[reason("10000")])


@pytest.mark.parametrize(
    ("checks", "findings", "codes"),
    [
        ([check("declined", reasons=[reason("62301"), reason("62304")])], [], ("FRD-01", "FRD-02")),
        ([PASSED, check("declined", reasons=[reason("declined"), reason("62101")])], [], ("REJ-03", "RTY-03")),
        (
            [
                check("incomplete", "none", provider="advance_ai", reasons=[reason("USER_TIMEOUT")]),
                check("declined", reasons=[reason("62302")]),
            ],
            [],
            ("FRD-05", "RTY-04"),
        ),
        ([check("retry_required", "none", reasons=[reason("XX", group="document capture")])], [], ("RTY-01",)),
        ([check("manual_review", "unknown", reasons=[reason("odd word")])], [], ()),
        ([PASSED], [], ("OK-01",)),
        ([PASSED], [finding(FindingKind.DIFFERS)], ("REJ-01", "OK-03")),
        ([PASSED], [finding(FindingKind.BY_EYE)], ("OK-03", "REJ-01")),
        ([PASSED], [finding(FindingKind.EXPIRED, "document_expiry")], ("REJ-03", "RTY-03")),
        ([PASSED], [finding(FindingKind.IMPLAUSIBLE, "birth_date", reason=Implausible.UNDER_AGE)], ("REJ-05",)),
        ([PASSED], [finding(FindingKind.RESULTS_DISAGREE, "face")], ()),
        ([], [], ()),
    ],
)
def test_the_likeliest_reason_comes_first(checks: list[Check], findings: list[Finding], codes: tuple[str, ...]) -> None:
    assert suggested(checks, findings, CODES) == codes


def test_a_positive_check_suggests_nothing_by_its_codes() -> None:
    passed = check("approved", "positive", reasons=[reason("62301")])
    assert suggested([passed, check("declined", reasons=[reason("62304")])], [], CODES) == ("FRD-02",)


def test_admins_replace_suggestions_and_inactive_reasons_are_left_out() -> None:
    declined = check("declined", reasons=[reason("62301")])
    own = [ReasonCode(code="X-1", verdicts=["reject"], suggested_by=["checkout_com:62301", "preventor:62302"])]
    assert suggested([declined], [], [*CODES, *own]) == ("X-1",)
    assert suggested([declined], [], [code for code in CODES if code.code != "FRD-01"]) == ()
    assert suggested([check("declined", reasons=[reason("62302")])], [], [*CODES, *own]) == ("FRD-05",)
