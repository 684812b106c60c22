"""Labels of times, and what an admin has to do."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings

from compliance.labels import Advice, advice_for, clock_label, without_old_action


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(minutes=5), "13:55"),
        (timedelta(hours=13, minutes=59), "00:01"),
        (timedelta(hours=14, minutes=1), "14 Nov, 23:59"),
        (timedelta(days=2), "13 Nov, 14:00"),
        (timedelta(days=400), "11 Oct 2025, 15:00"),
    ],
)
def test_a_past_time_is_shown_in_the_configured_time_zone(
    ago: timedelta, words: str, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    now = datetime(2026, 11, 15, 13, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    assert clock_label(now - ago) == words


@pytest.mark.parametrize(
    ("text", "action", "stored_today"),
    [
        ("Wait.", "", ("Wait.", "")),
        ("Wait.", "Ask them.", ("Wait.", "Ask them.")),
        ("Wait. Admin: ask them.", "", ("Wait.", "Ask them.")),
        ("Admin: ask them.", "", ("", "Ask them.")),
        ("", "", ("", "")),
    ],
)
def test_texts_of_the_release_before_are_read_as_those_of_today(
    text: str, action: str, stored_today: tuple[str, str]
) -> None:
    assert without_old_action(text, action) == stored_today


def test_analysts_read_that_an_admin_has_to_act_and_admins_what() -> None:
    assert advice_for("Wait.", "Ask them.", is_admin=True) == Advice("Wait.", "Ask them.")
    assert advice_for("Wait.", "Ask them.", is_admin=False) == Advice("Wait. An admin has to fix this.")
    assert advice_for("", "Ask them.", is_admin=False) == Advice("An admin has to fix this.")
    assert advice_for("Wait.", "", is_admin=False) == Advice("Wait.")
