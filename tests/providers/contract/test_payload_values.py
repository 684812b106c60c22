"""Single values of answers, of the expected type and of any other."""

from datetime import UTC, datetime
from typing import Any

import pytest

from providers.contract.payload_values import is_word, list_of, moment_of, object_of, string_of

ODD = [None, True, 7, 1.5, "", " ", "word", [], [1], {}, {"a": 1}]


@pytest.mark.parametrize("value", ODD)
def test_a_value_of_another_type_counts_as_empty(value: Any) -> None:
    assert object_of(value) == (value if isinstance(value, dict) else {})
    assert list_of(value) == (value if isinstance(value, list) else [])
    assert string_of(value) == (value if isinstance(value, str) else "")


@pytest.mark.parametrize("value", ODD)
def test_only_text_with_letters_is_a_word(value: Any) -> None:
    assert is_word(value) is (value == "word")


@pytest.mark.parametrize(
    ("milliseconds", "moment"),
    [
        (946_684_800_000, datetime(2000, 1, 1, tzinfo=UTC)),
        (1_790_000_000_500, datetime(2026, 9, 21, 14, 13, 20, 500_000, tzinfo=UTC)),
        (946_684_799_999, None),
        (4_102_444_800_000, None),
        (1_790_000_000, None),
        ("1790000000000", None),
        (1_790_000_000_000.0, None),
        (True, None),
        (None, None),
    ],
)
def test_epoch_milliseconds_of_this_century_are_a_moment(milliseconds: Any, moment: datetime | None) -> None:
    assert moment_of(milliseconds) == moment
