"""Windows, changes and hits of the payload page."""

import pytest

from compliance.case_page.payload import WINDOW, Found, may_compare, payload_page
from compliance.case_page.payload_difference import MOST_LINES
from compliance.case_page.payload_lines import PayloadText


def text(count: int) -> PayloadText:
    """A payload of ``count`` numbers: one line each, and two brackets."""
    return PayloadText({"numbers": list(range(count))})


@pytest.mark.parametrize(("at", "begin", "previous"), [(7, 0, None), (WINDOW + 7, WINDOW, 0)])
def test_a_long_payload_has_windows(at: int, begin: int, previous: int | None) -> None:
    page = payload_page(text(3 * WINDOW), None, at=at)
    assert (page.begin, page.end, page.previous, page.following) == (begin, begin + WINDOW, previous, begin + WINDOW)
    assert not page.is_whole
    assert page.lines == f"Lines {begin + 1:,} to {begin + WINDOW:,} of {page.total:,}"


def test_a_short_payload_is_whole() -> None:
    page = payload_page(text(3), None)
    assert (page.is_whole, page.previous, page.following, page.changed) == (True, None, None, "")


@pytest.mark.parametrize(
    ("count", "label"),
    [(0, "No matching line"), (1, "1 match"), (7, "Match 2 of 7")],
)
def test_hits_are_counted(count: int, label: str) -> None:
    assert Found(words="x", count=count, number=2).label == label


def test_only_payloads_of_a_limited_length_are_compared() -> None:
    assert may_compare(text(10))
    assert not may_compare(text(MOST_LINES))
