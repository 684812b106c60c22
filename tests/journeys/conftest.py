"""Fixtures of the journeys."""

from collections.abc import Iterator

import pytest

from tests.decoded_files import decoded_once


@pytest.fixture(scope="module", autouse=True)
def decoder() -> Iterator[None]:
    """The same few images are in most stories; the decoder has tests of its own."""
    with decoded_once():
        yield
