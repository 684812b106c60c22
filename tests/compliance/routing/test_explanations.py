"""Why a case is in its queue, in words for list rows."""

import pytest

from compliance.enums import SyncState
from compliance.models import Check
from compliance.routing.explanations import (
    LONGEST_HEAD,
    explain_outcome,
    explain_recheck,
    explain_sync_error,
    with_asker,
)
from tests.compliance.unsaved import check, reason


@pytest.mark.parametrize(
    ("reported", "head", "detail"),
    [
        (
            check(
                "declined",
                reasons=[reason("62301", summary="Document counterfeit."), reason("62304", summary="AML hit.")],
            ),
            "Checkout.com declined",
            "62301 document counterfeit, 62304 AML hit",
        ),
        (
            check("manual_review", status_word="review", reasons=[reason("review", summary="A person is asked.")]),
            "Checkout.com review",
            "review a person is asked",
        ),
        (
            check("manual_review", "unknown", reasons=[reason("odd word", recognised=False)]),
            "Checkout.com unknown status “odd word”",
            "admins have been notified",
        ),
        (check("declined", provider="not_listed", reasons=[reason("X")]), "not_listed declined", "X meaning of it"),
    ],
)
def test_the_explanation_names_status_and_reasons(reported: Check, head: str, detail: str) -> None:
    assert explain_outcome([reported]) == (head, detail)


def test_the_explanation_names_the_worst_check() -> None:
    quiet = check("incomplete", provider="bank131", kind="database")
    assert explain_outcome([quiet, check("declined")]).head == "Checkout.com declined"


def test_a_case_without_checks_says_so() -> None:
    assert explain_outcome([]) == ("No checks", "the case has no check yet")


def test_a_contradicted_decision_names_report_and_decision() -> None:
    found = explain_recheck([check("declined")], was_approved=True)
    assert found == ("Checkout.com declined after the approval", "C-1 meaning of it")


@pytest.mark.parametrize(
    ("detail", "action", "shown"),
    [
        ("The bank does not know it.", "", "the bank does not know it."),
        (
            "The bank does not know it.",
            "Correct it.",
            "the bank does not know it. An admin has to fix this.",
        ),
        ("HTTP 404: no such id.", "", "HTTP 404: no such id."),
        ("Checkout.com does not know it.", "", "Checkout.com does not know it."),
    ],
)
def test_a_sync_error_is_explained_without_the_action_of_an_admin(detail: str, action: str, shown: str) -> None:
    blocked = check("pending", sync=SyncState.BLOCKED)
    blocked.sync.fault_detail, blocked.sync.fault_admin_action = detail, action
    assert explain_sync_error(blocked) == ("Checkout.com sync error", shown)


def test_the_name_of_the_asker_fits_behind_a_long_head() -> None:
    head = with_asker("h" * 200, "Dana Whitfield")
    assert len(head) == LONGEST_HEAD
    assert head.endswith(", escalated by Dana Whitfield")
