"""Masked values inside other texts."""

import json

import pytest

from compliance.facts import masking

NUMBER = "KX5512907"
LINE = {
    "document_number": NUMBER,
    "phone": "+31 6 8840 2217",
    "address": "Zonnebloemlaan 418, Winterswijk, NL",
}

INSIDE = [
    ("document_number", "AB12345", "the paper ab-123 45 is old", {"document_number"}),
    ("document_number", "AB12345", "xAB12345y", {"document_number"}),
    ("document_number", "12345", "number 12345 again", {"document_number"}),
    ("document_number", "12345", "at 1712345678", set()),
    ("document_number", "1", "1", set()),
    ("document_number", "NL", "NL", set()),
    ("document_number", "OK", "OK", set()),
    ("document_number", "P4471****", "P4471****", set()),
    ("phone", "+591 712 34567", "0712-34567", {"phone"}),
    ("phone", "+591 712 34567", "00591 71234567", {"phone"}),
    ("phone", "112", "112", set()),
    ("address", "Calle Sucre 1482", "1482, calle súcre", {"address"}),
    ("address", "12 Broad Street, Lagos Island, NG", "near Broad Street", {"address"}),
    ("address", "12 Broad Street, Lagos Island, NG", "a broad view of the street", set()),
    ("address", "Netherlands", "Netherlands", set()),
    ("address", "1482", "1482", set()),
    ("address", "Street 5", "a street", set()),
    ("address", "Oslo", "Oslo", set()),
    ("address", "90210", "1690210334", set()),
    ("address", "90210", "CA 90210", {"address"}),
    ("address", "北京市朝阳区建国路88号", "寄到北京市朝阳区建国路88号", {"address"}),
]


@pytest.mark.parametrize(("kind", "value", "text", "found"), INSIDE)
def test_a_masked_value_is_found_inside_another_text(kind: str, value: str, text: str, found: set[str]) -> None:
    secrets = masking.secrets_of([(kind, value)])
    assert secrets.kinds_in(text) == found
    hidden = secrets.hide(text)
    assert (hidden != text) == bool(found) and not secrets.kinds_in(hidden)
    assert secrets.hide(text, shown=[kind]) == text


def test_a_long_text_is_searched_to_its_end() -> None:
    secrets = masking.secrets_of([("document_number", NUMBER)])
    text = "word " * 5000 + NUMBER
    assert secrets.hide(text) == "word " * 5000 + masking.DOTS


def test_a_town_of_the_persons_name_does_not_hide_the_name() -> None:
    secrets = masking.secrets_of([("address", "Santiago")], names=["Rosa Santiago"])
    assert secrets.hide("Rosa Santiago") == "Rosa Santiago"


def test_many_texts_are_searched_quickly() -> None:
    text = json.dumps({"say": "sunny " * 20})
    secrets = masking.secrets_of([*LINE.items(), *(("address", f"Lane {number} Northbrook") for number in range(30))])
    assert not any(secrets.kinds_in(text) for _ in range(4000))
