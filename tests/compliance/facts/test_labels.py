"""Labels of facts, with the original value next to them."""

import pytest

from compliance.facts.labels import labelled
from tests.compliance.facts.test_matrix import built, cell_page


@pytest.mark.parametrize(
    ("fact", "original", "label"),
    [
        ("birth_date", "1999/08/11", "11 Aug 1999"),
        ("birth_date", "1990-01-31T00:00:00Z", "31 Jan 1990"),
        ("birth_date", "04/05/1990", "04/05/1990"),
        ("birth_date", "11/08/99", "11/08/99"),
        ("birth_date", "1990-**-**", "1990-**-**"),
        ("birth_date", "1990-01", "1990-01"),
        ("birth_date", "not read", "not read"),
        ("document_expiry", "permanent", "permanent"),
        ("nationality", "NGA", "Nigeria"),
        ("nationality", "NG, GBR", "Nigeria, United Kingdom"),
        ("nationality", "KOR", "South Korea"),
        ("nationality", "Utopia", "Utopia"),
        ("nationality", "NG, ZZ", "NG, ZZ"),
        ("issuing_country", "VN", "Vietnam"),
        ("issuing_country", "566", "Nigeria"),
        ("issuing_country", "COD", "The Democratic Republic of the Congo"),
        ("issuing_country", "XKX", "Kosovo"),
        ("issuing_country", "Viet Nam", "Viet Nam"),
        ("sex", "M", "Male"),
        ("sex", "FEMENINO", "Female"),
        ("sex", "?", "?"),
        ("document_type", "DRIVER_LICENSE", "Driving licence"),
        ("document_type", "ID_CARD", "Identity card"),
        ("document_type", "NG_BVN", "BVN, Nigeria"),
        ("document_type", "Diplomatic passport", "Diplomatic passport"),
        ("full_name", "NGA", "NGA"),
    ],
)
def test_an_unambiguous_value_gets_a_label_next_to_the_original(fact: str, original: str, label: str) -> None:
    (row,) = labelled(built({fact: original}, {fact: original})).rows
    replaced = "" if label == original else original
    assert (row.declared, row.declared_original) == (label, replaced)
    assert (row.cells[0].value, row.cells[0].original) == (label, replaced)


def test_a_value_that_differs_shows_the_original_next_to_its_label() -> None:
    (row,) = labelled(built({"birth_date": "1999-08-12"}, {"birth_date": "1999/08/11"})).rows
    page = cell_page(row.cells[0])
    assert "<mark>11 Aug 1999</mark>" in page and "written as 1999/08/11" in page
    (row,) = labelled(built({"birth_date": "1999-08-11"}, {"birth_date": "1999/08/11"})).rows
    page = cell_page(row.cells[0])
    assert 'title="Written as: 1999/08/11"' in page and "written as 1999/08/11" not in page
