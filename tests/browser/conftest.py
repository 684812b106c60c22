"""Playwright's fixtures with our Chromium: `page`, `context` and `browser` work as they are."""

import os
from typing import Any

import pytest

from tests.browser.chromium import browser as find_browser


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
    """A desk's screen, in the language and the time zone that the pages are written in."""
    return {
        **browser_context_args,
        "viewport": {"width": 1440, "height": 900},
        "locale": "en-GB",
        "timezone_id": "UTC",
        "reduced_motion": "reduce",
    }
