"""Promises and the tests that show them: ids exist, every promise has a test or a gap, and the page is current."""

from collections import Counter

from tests import promises


def test_promise_ids_are_unique() -> None:
    counts = Counter(promise.id for promise in promises.every_promise())
    assert {promise_id: count for promise_id, count in counts.items() if count > 1} == {}


def test_the_thirty_five_guarantees_are_listed() -> None:
    ids = {promise.id for promise in promises.every_promise()}
    assert {f"G{number}" for number in range(1, 36)} - ids == set()


def test_every_marker_names_a_promise_that_exists() -> None:
    ids = {promise.id for promise in promises.every_promise()}
    assert {promise_id: tests for promise_id, tests in promises.marked_tests().items() if promise_id not in ids} == {}


def test_a_promise_without_a_test_says_what_is_missing() -> None:
    tests = promises.marked_tests()
    assert [promise.id for promise in promises.every_promise() if not promise.missing and promise.id not in tests] == []


def test_most_promises_are_shown_by_a_test() -> None:
    assert len(promises.marked_tests()) >= 60


def test_the_page_is_current() -> None:
    assert promises.PAGE.read_text(encoding="utf-8") == promises.page(), "docs/promises.md is stale: run make promises"
