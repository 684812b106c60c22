"""Labels of times."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings

from compliance.labels import clock_label


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
