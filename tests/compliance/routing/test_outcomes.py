"""How outcomes of checks combine."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.routing import outcomes
from tests.compliance.unsaved import check

WORST = ["declined", "manual_review", "retry_required", "incomplete", "in_progress", "pending", "approved"]


@pytest.mark.parametrize(("worse", "better"), list(itertools.combinations(WORST, 2)))
def test_the_case_has_the_worse_of_two_outcomes_in_any_order(worse: str, better: str) -> None:
    assert outcomes.case_outcome([check(worse), check(better)]) == worse
    assert outcomes.case_outcome([check(better), check(worse)]) == worse


def test_a_case_without_current_checks_has_no_outcome() -> None:
    assert outcomes.case_outcome([]) == ""
    assert outcomes.case_outcome([check("declined", superseded_by_id=check().pk)]) == ""


@given(st.lists(st.sampled_from(WORST), min_size=1, max_size=6))
def test_the_case_has_the_worst_outcome_of_its_checks(found: list[str]) -> None:
    assert outcomes.case_outcome([check(outcome) for outcome in found]) == min(found, key=WORST.index)
