"""Lines of a check's card."""

from typing import Any

import pytest

from compliance.case_page.check_values import check_values
from compliance.case_page.redactor import Redactor, redactor_of
from compliance.models import Check
from tests.compliance import unsaved

FACTS: dict[str, Any] = {
    "full_name": "Ada Maria Example",
    "given_names": "Ada Maria",
    "family_name": "Exempel",
    "document_number": "AA0000019",
    "phone": "+46 5550199",
    "other": [["Place of birth", "Ystad"], ["Personal number", "771122-33"], ["Remark", "see aa0000019"]],
    "further": [["Attempts 1, IP address", "203.0.113.24"], ["Tax number", "12"], ["Declared phone", "+46 5550199"]],
    "private": [["document_number", "771122-33"], ["document_number", "12"]],
    "also": [{"name": "second document", "facts": {"given_names": "Eve", "document_number": "RP000007"}}],
}


def lines(shown: set[str]) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    check = unsaved.check(facts=FACTS)
    values = check_values(check, redactor_of(unsaved.case(), [check], shown=shown))
    return {one.label: one.value for one in (*values.other, *values.further)}, values.masked, values.revealed


def test_every_value_has_a_line_and_private_ones_are_masked() -> None:
    assert lines(set()) == (
        {
            "Family name": "Exempel",
            "Place of birth": "Ystad",
            "Personal number": "•••••33",
            "Remark": "see •••••",
            "Attempts 1, IP address": "203.0.113.24",
            "Tax number": "•••••",
            "Declared phone": "+46•••••99",
        },
        ("document_number", "phone"),
        (),
    )


@pytest.mark.parametrize("kind", ["document_number", "phone"])
def test_revealed_values_are_shown(kind: str) -> None:
    found, masked, revealed = lines({kind})
    is_number = kind == "document_number"
    assert (found["Personal number"] == "771122-33") is is_number
    assert (found["Remark"] == "see aa0000019") is is_number
    assert (found["Tax number"] == "12") is is_number
    assert (found["Declared phone"] == "+46 5550199") is not is_number
    assert (kind in masked, revealed) == (False, (kind,))


def test_a_check_without_such_values_has_no_lines() -> None:
    values = check_values(Check(facts={}), Redactor())
    assert (values.other, values.further, values.private) == ((), (), ())
