"""Names, birth dates and document numbers that a person typed with hiding characters are refused at entry."""

import pytest

from compliance.actions.typed_values import refuse_hidden_characters
from compliance.errors import InvalidInput


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("full_name", "J*** S***", "full name"), ("full_name", "J●●● Smith", "full name"),
        ("full_name", "Jxxxx Smith", "full name"), ("full_name", "J... Smith", "full name"),
        ("full_name", "J__ Smith", "full name"), ("full_name", "J？？ Smith", "full name"),
        ("full_name", "＊＊＊", "full name"), ("document_number", "22********7", "document number"),
        ("document_number", "XXXXX123", "document number"), ("document_number", "12#####", "document number"),
        ("birth_date", "1990-**-**", "birth date"), ("birth_date", "1990/01/**", "birth date"),
    ],
)  # fmt: skip
def test_a_value_that_hides_characters_is_refused_at_its_field(name: str, value: str, label: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        refuse_hidden_characters({name: value})
    assert refused.value.field == name
    assert str(refused.value) == f"The {label} hides characters, such as by * or xxx. Enter it in full."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("full_name", "Sean O'Connor"), ("full_name", "J. R. Smith"), ("full_name", "Anne-Marie Xu"),
        ("full_name", "Maxx Foxxman"), ("full_name", "Oʻktam Toʻraqulov"), ("full_name", "علی کریمی"),
        ("full_name", "Lê Thị Hoa"), ("full_name", "N'Golo Kanté, Jr."), ("full_name", "Xi Xx"), ("full_name", ""),
        ("document_number", "X1234567"), ("document_number", "00XX00000"), ("document_number", "12.345.678-9"),
        ("birth_date", "1990-01-31"), ("birth_date", ""), ("email", "a__b%c@example.org"),
    ],
)  # fmt: skip
def test_a_value_in_full_is_taken(name: str, value: str) -> None:
    refuse_hidden_characters({name: value})
