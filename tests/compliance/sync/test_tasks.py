"""Task names are fixed, so that workers and schedulers of two releases work together."""

from unittest.mock import Mock

import pytest
from celery import current_app

from compliance.sync import copies, tasks


@pytest.mark.parametrize("name", ["sync_slice", "copy_evidence", "sweep"])
def test_tasks_keep_the_names_of_earlier_releases(name: str) -> None:
    assert getattr(tasks, name).name == f"compliance.tasks.{name}"


def test_a_message_with_the_name_of_an_earlier_release_reaches_its_task(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Mock()
    monkeypatch.setattr(copies, "copy_requested", copied)
    current_app.tasks["compliance.tasks.copy_evidence"].apply().get()
    copied.assert_called_once()
