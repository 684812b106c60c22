"""Calls of `/_simulator/`."""

import requests

from providers.simulator.server import Simulator


def control_page(simulator: Simulator, page: str) -> requests.Response:
    """Read a page of the simulator itself."""
    return requests.get(f"{simulator.url}/_simulator/{page}", timeout=10)


def control_post(simulator: Simulator, page: str, **values: object) -> requests.Response:
    """Use a switch of the simulator."""
    return requests.post(f"{simulator.url}/_simulator/{page}", json=values, timeout=10)
