"""The card of a check: faults of check and account, and what an admin has to do."""

from typing import Any

import pytest

from compliance.case_page.checks import CheckCard, check_card
from compliance.case_page.redactor import Redactor
from compliance.enums import SyncState
from compliance.labels import Advice
from compliance.models import AccountState, CheckSync
from providers.models import ProviderAccount
from tests.compliance import unsaved

TO_ANALYSTS = "An admin has to fix this."
DUTY = "Check the base URL."


def card(*, is_admin: bool, account: dict[str, Any] | None = None, **given_fields: Any) -> CheckCard:
    sync = given_fields.pop("sync", {})
    made = unsaved.check("pending", **given_fields)
    made.account = ProviderAccount(name="Main", provider="checkout_com")
    AccountState(account=made.account, **(account or {}))
    CheckSync(check_row=made, **sync)
    return check_card(made, Redactor(), is_admin=is_admin, now=unsaved.NOW)


LAST = "The last outcome still applies."


@pytest.mark.parametrize(
    ("state", "everybody", "duty"),
    [
        ({"health": "blocked", "fault_admin_action": DUTY}, f"Blocked: Gone. {LAST}", DUTY),
        ({"health": "blocked", "fault_detail": f"Gone. Admin: {DUTY}"}, f"Blocked: Gone. {LAST}", DUTY),
        ({"health": "blocked"}, f"Blocked: Gone. {LAST} {TO_ANALYSTS}", ""),
        ({"health": "failing"}, f"Failing: Gone. {LAST} Retries are automatic.", ""),
        ({"health": "failing", "fault_admin_action": DUTY}, f"Failing: Gone. {LAST} Retries are automatic.", DUTY),
    ],
)
def test_a_faulty_account_has_one_sentence_for_analysts_and_a_line_for_admins(
    state: dict[str, str], everybody: str, duty: str
) -> None:
    state = {"fault_detail": "Gone."} | state
    assert card(is_admin=True, account=state).account_problem == Advice(everybody, duty)
    to_analysts = f"{everybody} {TO_ANALYSTS}" if duty else everybody
    assert card(is_admin=False, account=state).account_problem == Advice(to_analysts)


def test_a_sync_error_shows_the_action_of_an_admin_to_admins_only() -> None:
    sync = {"state": SyncState.BLOCKED, "fault": "X", "fault_detail": "Nobody knows it.", "fault_admin_action": DUTY}
    assert card(is_admin=False, sync=sync).problem == Advice(f"Nobody knows it. {TO_ANALYSTS}")
    assert card(is_admin=True, sync=sync).problem == Advice("Nobody knows it.", DUTY)
    assert card(is_admin=True).problem is None


@pytest.mark.parametrize(
    "stored",
    [
        {"action": "Review by hand.", "admin_action": DUTY},
        {"action": f"Review by hand. Admin: {DUTY}"},
    ],
    ids=["today", "release-before"],
)
def test_a_reason_shows_the_action_of_an_admin_to_admins_only(stored: dict[str, str]) -> None:
    reasons = [unsaved.reason() | stored]
    (reason,) = card(is_admin=False, reasons=reasons).reasons
    assert (reason["action"], reason["admin_action"]) == (f"Review by hand. {TO_ANALYSTS}", "")
    (reason,) = card(is_admin=True, reasons=reasons).reasons
    assert (reason["action"], reason["admin_action"]) == ("Review by hand.", DUTY)
