"""A simulator of its own for each test."""

from collections.abc import Iterator

import pytest

from providers.simulator.catalogue import all_simulators
from providers.simulator.server import Simulator


@pytest.fixture
def own() -> Iterator[Simulator]:
    """A simulator of this test alone."""
    running = Simulator(all_simulators()).start()
    yield running
    running.stop()
