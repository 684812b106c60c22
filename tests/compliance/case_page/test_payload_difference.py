"""Lines that differ between two payloads."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.case_page import payload_difference as differences
from compliance.case_page.payload_difference import payload_difference
from compliance.case_page.payload_lines import PayloadText
from tests import timing

LINES = st.lists(st.sampled_from(["{", "}", '"a": 1', '"b": 2', "", "x", "y", "z"]), max_size=14)


@given(before=LINES, after=LINES, short=st.sampled_from([differences.SHORT, 2]), cells=st.sampled_from([10**6, 6]))
def test_the_marked_lines_contain_both_payloads(before: list[str], after: list[str], short: int, cells: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences, "SHORT", short)
        patch.setattr(differences, "MOST_CELLS", cells)
        marked = differences.marked(before, after)
    assert [line for mark, line in marked if mark != "-"] == after
    assert [line for mark, line in marked if mark != "+"] == before
    assert not any(mark for mark, _ in differences.marked(after, after))


def common(before: list[str], after: list[str]) -> int:
    """Length of the longest common sequence, the slow way."""
    table = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for left, one in enumerate(before, 1):
        for right, other in enumerate(after, 1):
            above = max(table[left - 1][right], table[left][right - 1])
            table[left][right] = table[left - 1][right - 1] + 1 if one == other else above
    return table[-1][-1]


@given(before=st.lists(st.sampled_from("abc"), max_size=12), after=st.lists(st.sampled_from("abc"), max_size=12))
def test_a_short_stretch_of_repeated_lines_has_the_shortest_difference(before: list[str], after: list[str]) -> None:
    twice = [*before, *before], [*after, *after]
    with pytest.MonkeyPatch.context() as patch:
        # Without equal ends the rest may contain a line once, which would be an anchor.
        patch.setattr(differences, "DEEPEST", 0)
        kept = [line for mark, line in differences.marked(*twice) if not mark]
    assert len(kept) == common(*twice)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"a": 1}, {"a": 1}, "No line changed"),
        ({"a": 1}, {"a": 2}, "1 line changed in 1 place"),
        ({"a": 1, "b": 2, "c": 3}, {"a": 9, "b": 2, "c": 4}, "2 lines changed in 2 places"),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2, "c": {"d": 1}}, "4 lines changed in 1 place"),
        ({"a": [1, 2, 3, 4]}, {"a": []}, "6 lines changed in 1 place"),
        ({"a": 1}, {}, "3 lines changed in 1 place"),
    ],
)
def test_changes_of_a_payload_are_counted_by_lines_and_places(before: Any, after: Any, words: str) -> None:
    found = payload_difference(PayloadText(before), PayloadText(after))
    assert found.summary == words
    assert [line.place for line in found.lines if line.place] == list(range(1, found.places + 1))


@given(before=LINES, after=LINES)
def test_each_place_begins_at_its_first_marked_line(before: list[str], after: list[str]) -> None:
    found = payload_difference(PayloadText(before), PayloadText(after))
    marks = ["", *(line.mark for line in found.lines)]
    for number, line in enumerate(found.lines):
        assert bool(line.place) == (bool(line.mark) and not marks[number])


def hostile() -> Iterator[tuple[str, Any, Any]]:
    size = 4000
    yield "all new", list(range(size)), list(range(size, 2 * size))
    yield "turned round", list(range(size)), list(range(size, 0, -1))
    yield "two lines", [number % 2 for number in range(size)], [number % 3 % 2 for number in range(size)]
    yield "seven lines", [number % 7 for number in range(size)], [number * 3 % 7 for number in range(size)]
    yield "in blocks", [number // 9 % 50 for number in range(size)], [number // 11 % 50 for number in range(size)]
    yield "one in the middle", [0] * (size // 2) + [1] + [0] * (size // 2), [2] * (size // 2) + [1] + [3] * (size // 2)
    inner = [number // 2 for number in range(size)]
    yield "pairs", inner, [*inner[1:], *inner[:1]]


@pytest.mark.parametrize(("name", "before", "after"), list(hostile()))
def test_four_thousand_lines_are_compared_within_a_second(name: str, before: Any, after: Any) -> None:
    found = timing.within(10, lambda: payload_difference(PayloadText(before), PayloadText(after)))
    assert [line.text for line in found.lines if line.mark != "-"] == PayloadText(after).lines()


def test_a_small_change_in_a_long_payload_is_located() -> None:
    before = [{"name": f"line {number}", "seen": number % 3} for number in range(1300)]
    after = [row | ({"seen": "now"} if number in (7, 650, 1299) else {}) for number, row in enumerate(before)]
    assert payload_difference(PayloadText(before), PayloadText(after)).summary == "3 lines changed in 3 places"
