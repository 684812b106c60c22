"""The card of a check: faults of check and account, and what an admin has to do."""

from typing import Any

import pytest

from compliance.case_page.checks import CheckCard, check_card
from compliance.case_page.redactor import Redactor
from compliance.enums import SyncState
from compliance.labels import Advice, clock_label
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


@pytest.mark.parametrize(
    ("provider", "name", "scale"),
    [
        ("advance_ai", "liveness", "of 100; below 50 may be an attack"),
        ("advance_ai", "similarity", "of 100; below 70 may be another person, the account's own limit may differ"),
        ("advance_ai", "other", "scale not documented"),
        ("preventor", "confidence", "scale not documented"),
    ],
)
def test_a_score_has_its_scale_and_limit(provider: str, name: str, scale: str) -> None:
    made = card(is_admin=False, provider=provider, facts={"scores": [[name, "61.5"]]})
    assert made.scores == ((name, "61.5", scale),)


LAST = "The last outcome still applies."
SINCE = clock_label(unsaved.NOW)


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ({"health": "ok", "fault_detail": ""}, ""),
        ({"health": "blocked", "fault_admin_action": DUTY}, f"Blocked. {LAST} {TO_ANALYSTS}"),
        ({"health": "blocked", "fault_detail": f"Gone. Admin: {DUTY}"}, f"Blocked. {LAST} {TO_ANALYSTS}"),
        ({"health": "blocked"}, f"Blocked. {LAST} {TO_ANALYSTS}"),
        ({"health": "blocked", "fault_since": unsaved.NOW}, f"Blocked since {SINCE}. {LAST} {TO_ANALYSTS}"),
        ({"health": "failing"}, f"Failing. {LAST} Retries are automatic."),
        ({"health": "failing", "fault_admin_action": DUTY}, f"Failing. {LAST} Retries are automatic. {TO_ANALYSTS}"),
    ],
)
def test_a_faulty_account_has_one_short_line_without_its_fault(state: dict[str, Any], line: str) -> None:
    for is_admin in (True, False):
        made = card(is_admin=is_admin, account={"fault_detail": "Gone."} | state)
        assert made.account_problem == line
        assert bool(made.account_url) == (is_admin and bool(line))


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
