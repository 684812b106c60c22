"""Declared values: shapes, words, limits, and the most specific declaration of a place."""

from typing import Any

import pytest

from providers import provider_names
from providers.contract.value_table import SHAPES, ValueTable, time_of, value_table

SHAPED: list[tuple[str, Any, bool]] = [
    ("id", "aplt_01k9q2m6z8x4v7n3t5r1w0y9bc", True), ("id", 5005, True), ("id", "x", True), ("id", "REVOKED", False),
    ("id", "two words 1", False), ("id", True, False), ("url", "https://shop.example/return", True),
    ("url", "REVOKED", False), ("url", "javascript:alert(1)", False), ("country", "SVN", True),
    ("country", "Iran, wanted", False), ("language", "fr-FR", True), ("language", "stolen", False),
    ("name", "Đặng O'Neil-Ålund (geb. Ŝmit)", True), ("name", "สมศรี ดี", True), ("name", "N0 SUCH PERSON", False),
    ("name", "<script>", False), ("number", "AB******56", True), ("number", "27.654.321", True),
    ("number", "REVOKED", False), ("day", "2026-01-31", True), ("day", "19**/04/13", True), ("day", "REVOKED", False),
    ("day", "2026", False), ("machine", "P<SVNNOVAK<<EVA<<<<<<<<<<<<<<<<<<<<\nPB1234567", True),
    ("machine", "NOT READABLE", False), ("email", "ada@mail.example", True), ("email", "bounced", False),
    ("address", "12 Hẻm Hoa Sữa, 530000 Huế", True), ("address", "<b>x</b>", False), ("phone", "+55******85", True),
    ("phone", "blocked", False), ("ip", "203.0.113.24", True), ("ip", "vpn", False), ("slug", "face_mismatch", True),
    ("slug", "Face Mismatch", False), ("technical", "iPhone15,2", True), ("technical", "Redmi Note 12", True),
    ("technical", "the phone was reported as stolen", False), ("agent", "Mozilla/5.0 (X11; Linux)", True),
    ("agent", "a bot", False), ("count", 3, True), ("count", -1, False), ("count", 10_001, False),
    ("count", "many", False), ("time", "2026-03-02T08:15:01.39415Z", True), ("time", 1_795_955_483_000, True),
    ("time", "yesterday", False), ("time", 12, False), ("judged", "any text", True), ("judged", True, False),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "value", "expected"), SHAPED)
def test_a_shape_accepts_its_values_only(shape: str, value: Any, expected: bool) -> None:
    found = ValueTable([{"at": ["a"], shape: ["b"]}]).test_of(("a", "b"))
    assert found is not None and found[1](value) is expected


def test_every_shape_is_tested_with_a_right_and_a_wrong_value() -> None:
    assert {(name, ok) for name in (*SHAPES, "name", "count", "time") for ok in (True, False)} <= {
        (shape, ok) for shape, _, ok in SHAPED
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [("low", True), (" Very  Low ", True), ("high", False), (True, True), (1, False), ("true", False), (None, False)],
)
def test_words_are_compared_without_letter_case_and_by_type(value: Any, expected: bool) -> None:
    found = ValueTable([{"at": [""], "words": {"risk": ["LOW", "very low", True]}}]).test_of(("risk",))
    assert found is not None and found[1](value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (50, True),
        (100.0, True),
        ("97", True),
        (49.9, False),
        (101, False),
        ("0.01", False),
        (True, False),
        ("x", False),
    ],
)
def test_a_number_has_to_be_between_its_limits(value: Any, expected: bool) -> None:
    found = ValueTable([{"at": ["face"], "numbers": {"score": [50, 100]}}]).test_of(("face", "score"))
    assert found is not None and found[1](value) is expected


def test_the_most_specific_declaration_counts() -> None:
    table = ValueTable(
        [
            {"at": ["**"], "words": {"mrz": ["OK"]}},
            {"at": ["**.lexical"], "judged": ["mrz"]},
            {"at": ["data"], "id": ["mrz"]},
        ]
    )
    found = {keys: table.test_of((*keys, "mrz")) for keys in ((), ("a", "b"), ("a", "lexical"), ("data",))}
    assert {keys: one and one[0] for keys, one in found.items()} == {
        (): ("**", "mrz"),
        ("a", "b"): ("**", "mrz"),
        ("a", "lexical"): ("**", "lexical", "mrz"),
        ("data",): ("data", "mrz"),
    }
    assert table.test_of(("data", "other")) is None


def test_a_provider_without_a_table_understands_nothing() -> None:
    assert value_table("no_such_provider").test_of(("status",)) is None
    assert all(value_table(name).test_of(()) is None for name in provider_names())


@pytest.mark.parametrize(
    "value", ["", "0000", "9" * 50, None, True, [], "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_has_none(value: Any) -> None:
    assert time_of(value) is None
