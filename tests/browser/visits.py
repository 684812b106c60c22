"""Visits in a real browser by a person, and the assertions for every page."""

import os
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from compliance.models import User

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BACKEND = "django.contrib.auth.backends.ModelBackend"
SCREENS = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
EVERY_VIEW = [{"viewport": screen, "color_scheme": theme} for theme in ("light", "dark") for screen in SCREENS.values()]
VIEWS = EVERY_VIEW if os.environ.get("SOAK") == "1" else [EVERY_VIEW[0], EVERY_VIEW[3]]
"""Widths and themes: both of both, and every pair of them in the full counts."""

VIOLATIONS = """async ([part, options]) => {
  const found = await (part ? axe.run(part, options) : axe.run(options));
  return found.violations.flatMap((rule) => rule.nodes.map((node) => [rule.id, node.target]));
}"""

SHOWN_OTHERWISE = ("Failed to load resource", "htmx:afterRequest", "htmx:sendAbort")
"""What the network refused is kept by status and address, which says more; an aborted request is no fault."""


def view_name(view: dict[str, Any]) -> str:
    """Test id of a view: width and theme."""
    return f"{view['viewport']['width']}-{view['color_scheme']}"


@dataclass(slots=True)
class Visit:
    """One person's page, with the errors of its console and network."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Collect errors of the console and of the network."""
        self.page.on("console", lambda message: self._keep(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", lambda answer: self._answered(answer.status, answer.url))

    def _keep(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith(SHOWN_OTHERWISE):
            self.complaints.append(text)

    def _answered(self, status: int, url: str) -> None:
        if status >= 400:
            self.complaints.append(f"{status} {url.removeprefix(self.url)}")

    def go(self, path: str) -> None:
        """Open a page and wait until everything on it is loaded."""
        self.page.goto(self.url + path)

    def show(self, view: dict[str, Any]) -> None:
        """The next page is opened at this width and in this theme."""
        self.page.set_viewport_size(view["viewport"])
        self.page.emulate_media(color_scheme=view["color_scheme"])

    def focused(self) -> str:
        """Id of the element that has the focus."""
        return str(self.page.evaluate("document.activeElement.id"))


def visit(browser: Browser, url: str, user: User | None = None, **context: Any) -> Visit:
    """A browser of its own for this person, signed in; without a person, a stranger's."""
    opened = browser.new_context(**({"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"} | context))
    if user is not None:
        client = Client()
        client.force_login(user, backend=BACKEND)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        opened.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": url}])
    visited = Visit(page=opened.new_page(), url=url)
    visited.listen()
    return visited


def barriers(page: Page, part: str | None = None) -> list[str]:
    """What the accessibility rules find on the page, or in a part of it, one line each, once the page is still."""
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
    found = _broken(page, part, {"type": "tag", "values": RULES})
    return [line for line, target in found if not line.startswith("target-size") or _is_small(page, target)]


def _broken(page: Page, part: str | None, only: dict[str, Any]) -> list[tuple[str, str]]:
    """Each broken rule and place as a line, and the place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    options = {"runOnly": only, "resultTypes": ["violations"]}
    found = page.evaluate(VIOLATIONS, [part, options])
    return [(f"{rule}: {target}", target[0]) for rule, target in found]


def _is_small(page: Page, target: str) -> bool:
    """Whether a button is too small where nothing covers it: a button half under a sticky bar counts as small, too."""
    page.evaluate("target => document.querySelector(target).scrollIntoView({block: 'center'})", target)
    return bool(_broken(page, target, {"type": "rule", "values": ["target-size"]}))


def overhang(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
