"""Playwright's fixtures with our Chromium: `page`, `context` and `browser` work as they are."""

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import browser as find_browser
from tests.decoded_files import decoded_once


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How the plugin launches the browser; works as root and as a plain user, with and without a screen."""
    found = find_browser()
    return {
        **browser_type_launch_args,
        "executable_path": str(found.executable),
        "args": list(found.arguments),
        "env": {**os.environ, **found.variables},
        "headless": True,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desktop screen, in the language and the time zone of the pages."""
    return {
        **browser_context_args,
        "viewport": {"width": 1440, "height": 900},
        "locale": "en-GB",
        "timezone_id": "UTC",
        "reduced_motion": "reduce",
    }


@pytest.fixture(scope="module", autouse=True)
def decoder() -> Iterator[None]:
    """The browser tests show images; the decoder has tests of its own."""
    with decoded_once():
        yield


@pytest.fixture(autouse=True)
def everybody_leaves(request: pytest.FixtureRequest) -> Iterator[None]:
    """Closes every browser of a test and waits for its open requests before the tables are emptied: a pending image or
    a refreshing page would query a database that no longer exists."""
    if "live_server" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("live_server")
    browser = request.getfixturevalue("browser")
    yield
    for context in browser.contexts:
        context.close()
    until = time.monotonic() + 10
    while _connections() and time.monotonic() < until:
        time.sleep(0.01)


def _connections() -> int:
    """How many connections the live server serves, each in a thread that ends with it."""
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())
