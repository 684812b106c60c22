"""Facts in members that no documentation names."""

from typing import Any

import pytest

from providers.contract.named_facts import named_sources


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"lastName": "Kovac", "firstName": "Ivan", "patronymic": "P."}, ["Ivan P.", "Kovac"]),
        ({"a": [{"b": {"surname": " KOVAC "}}]}, ["KOVAC"]), ({"Date-Of-Birth": "1970-01-02"}, ["1970-01-02"]),
        ({"name": "liveness", "full_name": None, "sex": 1}, []), ("KOVAC", []), (None, []),
        ({"citizenship": "SI", "gender": "F", "fio": "Иванов Иван"}, ["Иванов Иван", "F", "SI"]),
    ],
)  # fmt: skip
def test_objects_that_state_facts_are_echoes(answer: Any, expected: list[str]) -> None:
    found = list(named_sources(answer, name="data"))
    facts = [one.facts for one in found]
    names = ("full_name", "given_names", "family_name", "birth_date", "sex", "nationality")
    assert [value for one in facts for name in names if (value := getattr(one, name))] == expected
    assert all(one.is_echo and one.name == "data" for one in found)


def test_a_deep_answer_is_read_to_a_limit() -> None:
    answer: Any = {"surname": "KOVAC"}
    for _ in range(5000):
        answer = {"a": answer}
    assert all(not one.facts.family_name for one in named_sources(answer, name="data"))
