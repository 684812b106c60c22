"""Facts in members of an answer that are not documented, by the usual names of their keys."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.contract.negative_words import snake
from providers.contract.report import Facts, Source

_DEEPEST = 20
_KEYS: Mapping[str, tuple[str, ...]] = {
    "full_name": ("full_name", "fullname", "fio"),
    "birth_date": ("birth_date", "date_of_birth", "birthday", "birthdate", "dob"),
    "sex": ("gender", "sex"),
    "nationality": ("nationality", "citizenship"),
}
_GIVEN = (
    ("first_name", "first_names", "firstname", "given_name", "given_names"), ("middle_name", "patronymic"),
)  # fmt: skip
_FAMILY = ("last_name", "lastname", "surname", "family_name")


def named_sources(answer: Any, *, name: str) -> Iterator[Source]:
    """A source for every object that states facts. They are echoes: nothing says that the provider verified them."""
    for item in _objects(answer, 0):
        stated = {snake(str(key)): value.strip() for key, value in item.items() if isinstance(value, str)}
        facts: dict[str, Any] = {fact: _first(stated, keys) for fact, keys in _KEYS.items()}
        given = " ".join(filter(None, (_first(stated, keys) for keys in _GIVEN)))
        yield Source(
            name=name, facts=Facts(**facts, given_names=given, family_name=_first(stated, _FAMILY)), is_echo=True
        )


def _first(stated: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((stated[key] for key in keys if stated.get(key)), "")


def _objects(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
    if depth < _DEEPEST:
        children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        for child in children:
            yield from _objects(child, depth + 1)
