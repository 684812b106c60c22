"""The hand-written table of pairs of values and their expected answers."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from compliance.facts.finding import Answer
from compliance.facts.matrix import agrees, compare

TABLE = Path(__file__).with_name("pairs.csv")
with TABLE.open(encoding="utf-8", newline="") as lines:
    PAIRS = list(csv.DictReader(lines))
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=[f"{pair['fact']}-{pair['why']}" for pair in PAIRS])


@every_pair
def test_a_pair_has_the_answer_of_the_table(pair: dict[str, str]) -> None:
    assert compare(pair["fact"], pair["left"], pair["right"]).answer == pair["answer"]


@every_pair
def test_the_answer_is_the_same_in_both_directions(pair: dict[str, str]) -> None:
    assert compare(pair["fact"], pair["right"], pair["left"]).answer == pair["answer"]


@every_pair
def test_only_the_part_that_differs_is_marked(pair: dict[str, str]) -> None:
    span = compare(pair["fact"], pair["left"], pair["right"]).span
    if pair["differing"]:
        assert span is not None
        assert pair["left"][slice(*span)] == pair["differing"]
    elif pair["answer"] != Answer.DIFFERS:
        assert span is None


@every_pair
def test_only_same_and_compatible_values_agree(pair: dict[str, str]) -> None:
    assert agrees(pair["fact"], pair["left"], pair["right"]) is (pair["answer"] in ("same", "compatible"))


@every_pair
def test_a_note_never_repeats_a_value(pair: dict[str, str]) -> None:
    finding = compare(pair["fact"], pair["left"], pair["right"])
    values = {word for word in f"{pair['left']} {pair['right']}".casefold().split() if len(word) > 2}
    assert values.isdisjoint(finding.note.casefold().split())


def test_the_table_has_sixty_pairs_and_every_answer_for_names_and_dates() -> None:
    assert len(PAIRS) >= 60
    assert len({(pair["fact"], pair["left"], pair["right"]) for pair in PAIRS}) == len(PAIRS)
    answers = Counter((pair["fact"], pair["answer"]) for pair in PAIRS)
    assert all(answers[fact, answer] for fact in ("full_name", "birth_date") for answer in Answer)
