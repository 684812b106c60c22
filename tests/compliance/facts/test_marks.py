"""Marks that two spellings of one name leave out, and those that make two names of them."""

import pytest

from compliance.facts.marks import agree


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("Käte Möller", "Kate Moller", True), ("Käte Moller", "Kate Möller", False), ("Élodie", "Elodie", True),
        ("Éléonore", "Eléonore", True), ("Müller", "Mûller", False), ("Łukasz Żółć", "Lukasz Zolc", True),
        ("Łukasz Zolc", "Lukasz Żółć", False), ("Nguyễn Văn Đông", "Nguyễn Văn Đồng", False),
        ("Nguyễn Văn Đông", "Nguyen Van Dong", True), ("Nguyễn Văn Đông", "Nguyễn Văn Dong", False),
        ("Trần Thị Thủy", "Trần Thị Thúy", False), ("Trần Thị Thủy", "Trần Thị Thuỷ", True),
        ("Mơ", "Mo", True), ("Adébáyọ̀", "Adebayọ", True), ("مُحمد", "محمَّد", True), ("Ada", "Ada", True),
    ],
)  # fmt: skip
def test_marks_are_left_out_by_one_side_only(ours: str, theirs: str, expected: bool) -> None:
    assert (agree(ours.split(), theirs.split()), agree(theirs.split(), ours.split())) == (expected, expected)
