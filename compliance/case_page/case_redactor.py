"""The redactor of a case for pages other than its own, and its payloads without masked values."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from compliance.case_page.redactor import Redactor, redactor_of
from compliance.models import Case, Check
from compliance.queries.corrections import earlier_declarations
from providers import private_kind, snake

_SHORTEST_NUMBER = 5
"""Digits from which a number may be one of a document or a phone."""
_AT_ONCE = 500
"""Values of a list that are searched together."""


def case_redactor(case_id: int, payloads: Iterable[Any]) -> Redactor:
    """The redactor of a case, which hides the values with private names in these payloads, too."""
    case = Case.objects.select_related("applicant__data_key").get(pk=case_id)
    checks = list(Check.objects.filter(case=case).select_related("data_key"))
    earlier = earlier_declarations([case])[case.applicant_id]
    private = [found for value in payloads for found in _private(value, ())]
    return redactor_of(case, checks, private, earlier=earlier)


def _private(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Kind and text of each value below keys of which one names it private."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _private(child, (*keys, key))
    elif isinstance(value, list):
        for child in value:
            yield from _private(child, keys)
    elif value is not None and (kind := _kind_of(keys)):
        yield kind, str(value)


@lru_cache(maxsize=4096)
def _kind_of(keys: tuple[str, ...]) -> str:
    return private_kind([snake(key) for key in keys])


def masked_payload(value: Any, redactor: Redactor) -> Any:
    """A decoded JSON value without masked values, also where one is a number or a key.

    A part whose texts together contain none is returned as it is: most of a large payload is.
    """
    if not redactor.secrets.kinds_in("\n".join(_texts(value))):
        return value
    if isinstance(value, dict):
        return {redactor.text(key): masked_payload(child, redactor) for key, child in value.items()}
    if isinstance(value, list):
        if len(value) <= _AT_ONCE:
            return [masked_payload(child, redactor) for child in value]
        parts = (value[begin : begin + _AT_ONCE] for begin in range(0, len(value), _AT_ONCE))
        return [child for part in parts for child in masked_payload(part, redactor)]
    return redactor.text(str(value))


def _texts(value: Any) -> Iterator[str]:
    """All texts, keys and long numbers inside."""
    if isinstance(value, dict):
        yield from value
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)
    elif isinstance(value, str) or (isinstance(value, int | float) and len(str(value)) >= _SHORTEST_NUMBER):
        yield str(value)
