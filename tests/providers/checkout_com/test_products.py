"""Values of the four products."""

from typing import Any

import pytest

from providers.checkout_com.products import documents_of, read_codes, text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [(" a ", "a"), (3, "3"), (1.5, "1.5"), (None, ""), (True, ""), (["a"], ""), ("x" * 3000, "x" * 2000)],
)
def test_only_scalars_are_text(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("check", "count"),
    [({}, 0), ({"document": {"a": 1}}, 1), ({"documents": {"a": 1}}, 1), ({"documents": [{}, "x", {}]}, 2)],
)
def test_documents_are_read_from_a_list_or_a_single_member(check: dict[str, Any], count: int) -> None:
    assert len(documents_of(check)) == count


def test_codes_are_read_from_objects_numbers_and_text() -> None:
    entries = [{"code": 62301, "summary": "first"}, {"code": "62301", "summary": "second"}, 10000.0, {"code": []}]
    assert read_codes(entries) == {"62301": "first", "10000": "", "unreadable": ""}
    assert read_codes({"code": 1}) == {}
