"""Places of birth: the same place in other letters, more words, and places to be compared by eye."""

import pytest

from compliance.facts.finding import Answer
from compliance.facts.places import compare


@pytest.mark.parametrize(
    ("value", "reference", "answer", "by_eye"),
    [
        ("Köln", "KOELN", Answer.SAME, False), ("São Paulo", "SAO PAULO", Answer.SAME, False),
        ("Lagos", "Lagos, Nigeria", Answer.COMPATIBLE, False), ("Paris 12e", "PARIS", Answer.COMPATIBLE, False),
        ("Berlin", "Lagos", Answer.NOT_COMPARABLE, True), ("München", "Munich", Answer.NOT_COMPARABLE, True),
        ("Москва", "Moskva", Answer.NOT_COMPARABLE, True),
        ("Lagos, Nigeria", "Abuja, Nigeria", Answer.NOT_COMPARABLE, True),
        ("-", "Lagos", Answer.NOT_COMPARABLE, False),
    ],
)  # fmt: skip
def test_places_are_the_same_or_compared_by_eye(value: str, reference: str, answer: Answer, by_eye: bool) -> None:
    for found in (compare(value, reference), compare(reference, value)):
        assert (found.answer, found.by_eye) == (answer, by_eye)
