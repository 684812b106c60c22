"""Values of a line or form."""

import pytest

from compliance.errors import InvalidInput
from compliance.imports import values


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1e400}', r'{"a": "\ud800"}', r'{"a": "\u0000"}', "[1]", "{"])
def test_settings_that_cannot_be_stored_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        values.settings_of(text)
