"""Settings of a check in an import."""

import pytest

from compliance.errors import InvalidInput
from compliance.imports import csv_cases


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1e400}', r'{"a": "\ud800"}', r'{"a": "\u0000"}', "[1]", "{"])
def test_settings_that_cannot_be_stored_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        csv_cases.settings_of(text)
