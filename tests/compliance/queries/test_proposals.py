"""What the list of overrides shows of a note."""

from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from compliance.queries.proposals import LONGEST_NOTE, _open


def shown(note: str) -> str:
    now = timezone.now()
    row: Any = SimpleNamespace(
        verdict="approve",
        reason="",
        note=note,
        proposed_by=SimpleNamespace(label="Dana"),
        proposed_at=now,
        expires_at=now,
    )
    return _open(row).note


def test_words_with_four_digits_are_masked_and_long_notes_are_cut() -> None:
    assert shown("Passport AB-1234567,\n born 1990, page 12") == "Passport ••••• born ••••• page 12"
    assert shown("x" * 400) == "x" * LONGEST_NOTE + "…"
    assert "7" not in shown("word " * 30 + "7" * 4000)
