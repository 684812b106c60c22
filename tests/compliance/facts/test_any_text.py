"""Untrusted values: every comparison answers, in time, and the same in both directions."""

import time
from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compliance.facts import dates, names, numbers, romanisation
from compliance.facts.finding import Answer
from compliance.facts.matrix import ROWS, Column, agrees, compare, matrix
from compliance.facts.name_parts import name_of
from compliance.facts.partial_values import can_match
from compliance.facts.scripts import bare, spellings
from tests.sampling import examples

FACTS = st.sampled_from([name for name, _ in ROWS])
WORDS = st.text(alphabet=st.sampled_from("abcdeéüñøłßÅİжйёΓά王가ก*'-. <,/0123459²½Ⅷ١年"), max_size=30)
TEXTS = st.one_of(WORDS, st.text(max_size=40))
A_SECOND = 1.0


@given(fact=FACTS, left=TEXTS, right=TEXTS)
@settings(max_examples=examples(400), deadline=None)
def test_the_answer_is_the_same_in_both_directions(fact: str, left: str, right: str) -> None:
    assert compare(fact, left, right).answer == compare(fact, right, left).answer


@given(fact=FACTS, left=TEXTS, right=TEXTS)
@settings(max_examples=examples(400), deadline=None)
def test_a_span_is_within_the_value(fact: str, left: str, right: str) -> None:
    span = compare(fact, left, right).span
    assert span is None or 0 <= span[0] < span[1] <= len(left)


@given(name=st.text(alphabet=st.characters(categories=("Lu", "Ll", "Lo")), min_size=2, max_size=20))
@settings(deadline=None)
def test_a_name_is_the_same_as_itself(name: str) -> None:
    parts = name_of(name)
    # A letter alone, a placeholder and crosses prove nothing.
    assume(parts.words and not parts.is_initials_only and not parts.is_unfit)
    assert names.compare(name, name).answer == Answer.SAME


@given(day=st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
@settings(deadline=None)
def test_a_day_is_the_same_in_every_unambiguous_spelling(day: date) -> None:
    spellings = [f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}", f"{day:%d.%m.%Y}", f"{day:%d %b %Y}", f"{day:%Y%m%d}"]
    assert {dates.compare(one, other).answer for one in spellings for other in spellings} == {Answer.SAME}


@given(
    day=st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)),
    other=st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)),
)
@settings(deadline=None)
def test_two_days_agree_only_when_they_are_one_or_swap_day_and_month(day: date, other: date) -> None:
    swapped = (day.year, day.day, day.month) == (other.year, other.month, other.day)
    assert agrees("birth_date", f"{day:%Y-%m-%d}", f"{other:%Y-%m-%d}") is (day == other)
    assert agrees("birth_date", f"{day:%d/%m/%Y}", f"{other:%Y-%m-%d}") is (day == other or swapped)


@given(
    number=st.text(alphabet="ABC0123456789", min_size=8, max_size=20), start=st.integers(0, 2), end=st.integers(0, 2)
)
@settings(deadline=None)
def test_a_partial_number_matches_its_whole_number(number: str, start: int, end: int) -> None:
    masked = f"{number[:start]}****{number[len(number) - end :]}"
    if start + end and not numbers.is_nothing(number) and not numbers.is_nothing(masked):
        assert numbers.compare(masked, number).answer == Answer.COMPATIBLE


def test_a_partial_value_of_hundreds_of_stars_is_compared_within_a_second() -> None:
    begun = time.thread_time()
    assert not can_match("*a" * 2000 + "*b", "a" * 4000)
    assert compare("full_name", "*a" * 500, "a" * 999 + "b").answer in Answer
    assert time.thread_time() - begun < A_SECOND


def test_many_words_that_all_match_each_other_are_compared_within_a_second() -> None:
    begun = time.thread_time()
    assert compare("full_name", "a* " * 20, "ab " * 19 + "b").answer == Answer.DIFFERS
    assert compare("full_name", "жи " * 10, "ab " * 10).answer == Answer.DIFFERS
    assert time.thread_time() - begun < A_SECOND


def hostile(alphabet: str, *, words: int, letters: int, seed: int) -> str:
    """Words with a long common prefix, so that each pair is compared to its end."""
    places = range(seed, seed + words)
    tails = ["".join(alphabet[(place // 3**digit) % len(alphabet)] for digit in range(4)) for place in places]
    return " ".join((alphabet * letters)[:letters] + tail for tail in tails)


SCRIPTS = {
    "latin": "abcdefgh",
    "umlauts": "äöüå",
    "cyrillic": "еияшч",
    "arabic": "محمد",
    "characters": "王偉李",
    "masks": "*a",
}


@pytest.mark.parametrize("left", SCRIPTS)
@pytest.mark.parametrize("right", SCRIPTS)
@pytest.mark.parametrize(("words", "letters"), [(4, 24), (10, 7), (20, 40), (40, 11), (1, 990)])
def test_hostile_names_of_any_script_are_compared_at_once(left: str, right: str, words: int, letters: int) -> None:
    one = hostile(SCRIPTS[left], words=words, letters=letters, seed=1)
    other = hostile(SCRIPTS[right], words=words, letters=letters, seed=40)
    begun = time.thread_time()
    assert compare("full_name", one, other).answer in Answer
    assert time.thread_time() - begun < A_SECOND / 4


def test_a_row_of_hostile_names_is_compared_within_a_second_and_cached() -> None:
    hostiles = [hostile("abcdefgh", words=20, letters=11, seed=30 * place) for place in range(6)]
    columns = [(Column(label=name[-4:], sub="", outcome="approved"), {"full_name": name}) for name in hostiles[1:]]
    names.compare.cache_clear()
    begun = time.thread_time()
    first = matrix({"full_name": hostiles[0]}, columns)
    assert time.thread_time() - begun < A_SECOND
    misses = names.compare.cache_info().misses
    assert matrix({"full_name": hostiles[0]}, columns) == first
    assert names.compare.cache_info().misses == misses


def test_caches_of_names_are_small() -> None:
    cached = (names.compare, romanisation.explains, romanisation.begins, romanisation.is_near, bare, spellings)
    assert all((one.cache_info().maxsize or 10**9) <= 1024 for one in cached)


def test_a_name_beyond_every_documented_length_is_compared_by_eye() -> None:
    found = compare("full_name", "a " * 100_000, "b " * 100_000)
    assert (found.answer, found.by_eye) == (Answer.NOT_COMPARABLE, True)
    assert compare("full_name", "ab " * 21, "ac " * 21).note == "too long to compare"
    assert compare("full_name", "az " * 30 + "cd", "cd " + "az " * 30).answer == Answer.SAME


def test_invisible_marks_change_no_name() -> None:
    assert compare("full_name", "\u200fعلي\u200e", "علي").answer == Answer.SAME
    assert compare("full_name", "\u200f", "علي").answer == Answer.NOT_COMPARABLE
    assert bare("A\u200bda") == "ada"


def test_a_look_alike_letter_of_another_script_is_found() -> None:
    finding = compare("full_name", "\u0410da", "Ada")
    assert (finding.answer, finding.note) == (Answer.NOT_COMPARABLE, "mixed scripts in one word")
