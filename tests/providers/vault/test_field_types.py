"""Conversions of the encrypted fields."""

import math
from types import MappingProxyType
from typing import Any

import pytest

from providers.vault.field_types import EncryptedBytesField, EncryptedJSONField, EncryptedTextField


@pytest.mark.parametrize(
    ("field", "value", "plain"),
    [
        (EncryptedTextField(), "é", "é".encode()),
        (EncryptedTextField(), "", b""),
        (EncryptedBytesField(), bytearray(b"ab"), b"ab"),
        (EncryptedJSONField(), MappingProxyType({"a": (1, "é")}), '{"a":[1,"é"]}'.encode()),
    ],
)
def test_values_become_bytes_and_come_back(field: Any, value: Any, plain: bytes) -> None:
    assert field.to_bytes(field.to_python(value)) == plain
    assert field.to_bytes(field.from_bytes(plain)) == plain


@pytest.mark.parametrize(("field", "value"), [(EncryptedTextField(), 7), (EncryptedBytesField(), "text")])
def test_other_types_are_refused(field: Any, value: Any) -> None:
    with pytest.raises(TypeError):
        field.to_python(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, {"a": object()}, {1, 2}])
def test_values_that_json_does_not_have_are_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        EncryptedJSONField().to_bytes(value)
