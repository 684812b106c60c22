"""Lines of a payload, written only where they are requested: the text of the standard library, in a fraction of
its time."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.case_page import payload_lines
from compliance.case_page.payload_lines import LONGEST, MOST_FOUND, PayloadText
from tests import timing

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=25,
)


def written(value: Any) -> list[str]:
    """The lines of the standard library."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True).split("\n")


@given(VALUES, st.integers(0, 40), st.integers(0, 40))
def test_every_window_equals_that_part_of_the_whole_text(value: Any, start: int, stop: int) -> None:
    text = PayloadText(value)
    assert text.lines() == list(text) == written(value)
    assert text.total == len(written(value))
    assert text.lines(start, stop) == written(value)[start:stop]


@given(VALUES, st.data(), st.sampled_from([1, 3, 500]), st.sampled_from([2, 50_000]))
def test_a_search_finds_the_lines_that_contain_the_words(value: Any, data: Any, at_once: int, most: int) -> None:
    lines = written(value)
    line = data.draw(st.sampled_from(lines))
    begin = data.draw(st.integers(0, max(len(line) - 1, 0)))
    words = line[begin : begin + data.draw(st.integers(1, 12))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payload_lines, "_AT_ONCE", at_once)
        patch.setattr(payload_lines, "_MOST_AT_ONCE", most)
        found = PayloadText(value).find(words)
    needle = words.strip().casefold()
    assert found == ([at for at, one in enumerate(lines) if needle in one.casefold()] if needle else [])


def test_a_line_that_is_too_long_continues_in_the_next() -> None:
    value = {"a": 1, "long": "x" * (LONGEST * 2) + "needle", "z" * (LONGEST + 5): [1]}
    text = PayloadText(value)
    lines = text.lines()
    assert max(map(len, lines)) == LONGEST and "".join(lines) == "".join(written(value))
    assert len(lines) == text.total == 3 + 3 + 2 + 2
    assert lines[text.find("needle")[0]].endswith('needle",')
    assert [text.lines(at, at + 1) for at in range(text.total)] == [[line] for line in lines]


def test_a_search_stops_at_the_most_matches() -> None:
    text = PayloadText(["same"] * (MOST_FOUND * 3))
    assert text.find("SAME") == list(range(1, MOST_FOUND + 1))
    assert text.find("other") == text.find("  ") == []


def many_mebibytes() -> Any:
    return {
        "rows": [
            {"name": f"line {number} of many", "seen": number % 3, "at": f"2024-01-{number % 28 + 1:02d}T10:00:00Z"}
            for number in range(120_000)
        ]
    }


def test_the_end_of_many_mebibytes_is_reached_at_once() -> None:
    value = many_mebibytes()

    def end() -> tuple[list[str], int]:
        text = PayloadText(value)
        return text.lines(text.total - 2000), text.total

    last, total = timing.within(20, end)
    assert (len(last), last[-1], total) == (2000, "}", 120_000 * 5 + 4)


def nested(depth: int, inner: Any) -> Any:
    for _ in range(depth):
        inner = {"inner": inner}
    return inner


def test_a_deep_payload_is_searched_quickly() -> None:
    value = nested(60, [f"text number {number}" for number in range(100_000)])
    assert timing.within(10, lambda: PayloadText(value).find("number 99999")) == [60 + 99_999 + 1]
