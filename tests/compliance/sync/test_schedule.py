"""When a check is read next, and whether its account can be read."""

from datetime import timedelta
from typing import Any

import pytest

from compliance.models import AccountState, Check
from compliance.sync.schedule import backoff, is_overdue, next_read, why_not_fetch
from providers.models import ProviderAccount
from tests.compliance import unsaved
from tests.compliance.unsaved import NOW


def open_check(*, age: timedelta = timedelta(0), interval: int | None = 600, **fields: Any) -> Check:
    made = unsaved.check("in_progress", created_at=NOW - age, **fields)
    made.account = ProviderAccount(name="Main", poll_interval_seconds=interval)
    return made


@pytest.mark.parametrize(
    ("age", "seconds"),
    [
        (timedelta(0), 600),
        (timedelta(hours=6), 600),
        (timedelta(hours=12), 1200),
        (timedelta(days=30), 7200),
    ],
)
def test_an_open_check_is_read_less_often_with_its_age_up_to_two_hours(age: timedelta, seconds: int) -> None:
    for _ in range(20):
        due = next_read(open_check(age=age), now=NOW)
        assert due and 0.75 * seconds <= (due - NOW).total_seconds() <= 1.25 * seconds


def test_an_interval_above_two_hours_is_not_shortened() -> None:
    due = next_read(open_check(age=timedelta(days=30), interval=86_400), now=NOW)
    assert due and due - NOW >= timedelta(hours=18)


def test_a_final_check_is_read_once_a_day_only_if_it_can_change() -> None:
    assert next_read(open_check(terminal=True), now=NOW) is None
    due = next_read(open_check(terminal=True, changeable=True), now=NOW)
    assert due and timedelta(hours=21.6) <= due - NOW <= timedelta(hours=26.4)


@pytest.mark.parametrize("minutes", [0, 5])
def test_a_check_is_read_when_its_timeout_rule_applies(minutes: int) -> None:
    lapse = {"since": NOW.isoformat(), "after_seconds": minutes * 60, "outcome": "declined"}
    assert next_read(open_check(lapse=lapse), now=NOW) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(("failures", "most"), [(0, 10), (3, 80), (9, 3600), (500, 3600)])
def test_the_backoff_grows_to_an_hour_and_never_ends(failures: int, most: int) -> None:
    waits = [backoff(failures).total_seconds() for _ in range(50)]
    assert 5 <= min(waits) <= max(waits) <= most


def test_an_open_check_is_overdue_after_the_hours_of_its_provider() -> None:
    bank: dict[str, Any] = {"provider": "bank131", "kind": "database"}
    assert not is_overdue(open_check(age=timedelta(hours=47), **bank), now=NOW)
    assert is_overdue(open_check(age=timedelta(hours=49), **bank), now=NOW)
    assert not is_overdue(open_check(age=timedelta(hours=49), terminal=True, **bank), now=NOW)


@pytest.mark.parametrize(
    ("state", "paused", "refusal"),
    [
        ({}, {}, None),
        ({"health": "failing"}, {}, None),
        ({"health": "blocked"}, {}, "The account Main is blocked. An admin has to fix it first."),
        (
            {"health": "blocked", "fault_detail": "Key refused. Admin: enter it again."},
            {},
            "The account Main is blocked. An admin has to fix it first.",
        ),
        (
            {},
            {"paused_at": NOW, "paused_by": "Priya"},
            "Priya paused the account Main. It is not read until it is resumed.",
        ),
    ],
)
def test_a_paused_or_blocked_account_is_not_read(
    state: dict[str, str], paused: dict[str, Any], refusal: str | None
) -> None:
    account = ProviderAccount(name="Main", **paused)
    AccountState(account=account, **state)
    assert why_not_fetch(account) == refusal
