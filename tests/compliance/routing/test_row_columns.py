"""Columns of a case for list pages."""

from compliance.enums import SyncState
from compliance.routing import row_columns
from tests.compliance.unsaved import case, check, reason


def test_facets_leave_replaced_checks_out() -> None:
    current = check("declined", reasons=[reason("62304", group="Face mismatch")], account_id="acc-1")
    replaced = check("declined", kind="aml", reasons=[reason("99")], superseded_by_id=current.pk, account_id="acc-2")
    assert row_columns.facets(case(), [current, replaced]) == [
        "a:acc-1",
        "c:NG",
        "e:simulator",
        "g:face mismatch",
        "k:identity",
        "p:checkout_com",
        "r:62304",
    ]


def test_a_facet_never_outgrows_its_column() -> None:
    found = row_columns.facets(case(), [check("declined", reasons=[reason("c" * 120, group="g" * 120)])])
    assert max(map(len, found)) == 80


def test_the_summary_has_the_worst_check_first_and_marks_blocked_ones() -> None:
    checks = [
        check("approved", kind="face"),
        check("declined"),
        check("pending", kind="aml", sync=SyncState.BLOCKED),
        check("incomplete", superseded_by_id=check().pk),
    ]
    assert row_columns.checks_summary(checks) == [
        ["aml", "unreadable", "checkout_com"],
        ["identity", "declined", "checkout_com"],
        ["face", "approved", "checkout_com"],
    ]
