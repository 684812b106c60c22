"""Fixtures of the tests of polling and copying."""

from collections.abc import Iterator

import pytest

from tests.decoded_files import decoded_once


@pytest.fixture(scope="module", autouse=True)
def decoder() -> Iterator[None]:
    """The same few images are in most of these tests; the decoder has tests of its own."""
    with decoded_once():
        yield
