"""Names in parts and numbers with a meaning: when they are sources of their own, and what they state."""

from typing import Any

import pytest

from compliance.facts.inner_sources import compared_sources, inner_sources
from compliance.facts.sources import FactSource
from tests.compliance.unsaved import case, check

PESEL = "44051401359"


def inner_of(**facts: Any) -> dict[str, dict[str, str]]:
    source = FactSource(ref=("check", "7", 0), name="Checkout.com", facts=facts)
    return {"/".join(map(str, one.ref)): dict(one.facts) for one in inner_sources(source)}


@pytest.mark.parametrize(
    ("given", "family", "whole", "is_source"),
    [
        ("Ada Maria", "Example", "Ada Maria Example", False), ("ADA", "EXAMPLE", "Example, Ada Maria", False),
        ("A.", "Example", "Ada Example", False), ("A**", "E******", "Ada Example", False),
        ("Ada", "", "Ada Example", False),
        ("伟", "李", "李伟", False), ("민준", "김", "김민준", False), ("Иван", "Петров", "Ivan Petrov", False),
        ("Eve", "Example", "Ada Example", True), ("Ada", "Sample", "Ada Example", True),
        ("Ada", "Example", "A. Example", True),
        ("Ada", "Example", "A** Example", True), ("Ada Eve", "Example", "Ada Example", True),
        ("", "", "Ada Example", False),
    ],
)  # fmt: skip
def test_parts_are_a_source_if_the_whole_name_lacks_them(given: str, family: str, whole: str, is_source: bool) -> None:
    found = inner_of(given_names=given, family_name=family, full_name=whole)
    assert found == ({"check/7/0/parts": {"full_name": f"{given} {family}".strip()}} if is_source else {})


def test_the_digits_of_a_personal_number_are_a_source() -> None:
    expected = {"birth_date": "1944-05-14", "sex": "male", "issuing_country": "PL"}
    found = inner_of(personal_number=PESEL, issuing_country="POL", document_type="Passport")
    assert found == {"check/7/0/personal_number": expected}
    assert inner_of(personal_number=PESEL, issuing_country="") == {}


@pytest.mark.parametrize(
    ("document_type", "is_source"), [("ID", True), ("", True), ("ZA_SAID", True), ("Passport", False)]
)
def test_the_number_of_a_card_is_a_personal_number_if_it_is_valid(document_type: str, is_source: bool) -> None:
    found = inner_of(document_number="7503305044089", issuing_country="ZAF", document_type=document_type)
    assert [*found] == (["check/7/0/document_number"] if is_source else [])
    assert [one["personal_number"] for one in found.values()] == ["7503305044089"] * is_source


def test_inner_sources_follow_their_source_and_the_declaration_has_none() -> None:
    read = check(facts={"full_name": "Ada Example", "given_names": "Eve", "family_name": "Example"})
    assert [source.name for source in compared_sources(case(), [read])] == [
        "the declaration",
        "Checkout.com",
        "Checkout.com name in parts",
    ]
