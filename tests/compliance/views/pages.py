"""Parse rendered pages and find elements by text and structure, never by matching markup as text."""

import re
from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from compliance.models import Case, Check, User

FRAGMENT = {"HX-Request": "true"}
_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


class Node:
    """One element of a page."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: "Node | None") -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Node | str] = []

    def __repr__(self) -> str:
        return f"<{self.tag} {self.attributes}> {self.text[:200]}"

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str) -> str:
        """An attribute; empty if it is missing."""
        return self.attributes.get(name, "")

    @cached_property
    def classes(self) -> set[str]:
        """Names in ``class``."""
        return set(self.get("class").split())

    @cached_property
    def raw(self) -> str:
        """All text below, white space unchanged."""
        return "".join(child if isinstance(child, str) else child.raw for child in self.children)

    @cached_property
    def text(self) -> str:
        """All text below, white space as a browser collapses it."""
        return re.sub(r"[ \t\n\r\f]+", " ", self.raw).strip()

    def walk(self) -> "Iterator[Node]":
        """This element and all below, in the order of the page."""
        yield self
        yield from self.below

    @cached_property
    def below(self) -> "list[Node]":
        """All elements below, in the order of the page. Pages do not change after they are parsed."""
        found: list[Node] = []
        for child in self.children:
            if isinstance(child, Node):
                found.append(child)
                found += child.below
        return found

    def all(self, tag: str = "", cls: str = "", **attributes: str) -> "list[Node]":
        """Elements below with this tag, class and attributes; ``hx_get`` stands for ``hx-get``."""
        expected = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            node
            for node in self.below
            if (not tag or node.tag == tag)
            and (not cls or cls in node.classes)
            and (not expected or expected.items() <= node.attributes.items())
        ]

    def one(self, tag: str = "", cls: str = "", **attributes: str) -> "Node":
        """The only such element."""
        found = self.all(tag, cls, **attributes)
        assert len(found) == 1, f"{len(found)} of {tag} {cls} {attributes} in {self!r}"
        return found[0]

    def by_id(self, name: str) -> "Node":
        """The element of this id."""
        return self.one(id=name)

    def has(self, tag: str = "", cls: str = "", **attributes: str) -> bool:
        """Whether there is such an element."""
        return bool(self.all(tag, cls, **attributes))

    def texts(self, tag: str = "", cls: str = "", **attributes: str) -> list[str]:
        """The text of each such element."""
        return [node.text for node in self.all(tag, cls, **attributes)]


class _Builder(HTMLParser):
    """Stricter than a browser: an element that is not closed where it was opened fails the test."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(node)
        if tag not in _VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.here.tag == tag and self.here.parent, f"</{tag}> closes {self.here!r}"
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def parsed(html: str) -> Node:
    """The page, or the fragment, as a tree. Every id occurs once."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.here is builder.root, f"not closed: {builder.here!r}"
    ids = [node["id"] for node in builder.root.walk() if "id" in node.attributes]
    assert len(ids) == len(set(ids)), f"twice: {sorted({name for name in ids if ids.count(name) > 1})}"
    return builder.root


def page_of(response: Any, status: int = 200) -> Node:
    """The page of an answer with this status."""
    html = response.content.decode()
    assert response.status_code == status, f"{response.status_code}: {html[:2000]}"
    assert response["Content-Type"] == "text/html; charset=utf-8"
    return parsed(html)


def bytes_of(response: Any, status: int = 200) -> bytes:
    """The bytes of an answer with this status, streamed or not."""
    assert response.status_code == status
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def forget_caches() -> None:
    """Drop the cached counts and filter choices."""
    for cache in caches.all(initialized_only=True):
        cache.clear()


def signed_in(user: User, **given: Any) -> Client:
    """The browser of this person."""
    client = Client(**given)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def case_page(browser: Client, case: Case) -> Node:
    """The page of a case."""
    return page_of(browser.get(reverse("case", args=[case.pk])))


def listed(page: Node) -> list[int]:
    """Numbers of the cases in the order of the list."""
    return [int(row["id"].removeprefix("case-")) for row in page.all("tr") if row.get("data-row")]


def card_of(page: Node, check: Check) -> Node:
    """The card of a check."""
    return page.by_id(f"check-{check.pk}")


def pairs(node: Node) -> dict[str, Node]:
    """The lines of a definition list: label -> value."""
    found: dict[str, Node] = {}
    for listing in node.all("dl"):
        lines = [child for child in listing.children if isinstance(child, Node)]
        # A label and its values may be in a <div>.
        groups = (line.children if line.tag == "div" else [line] for line in lines)
        items = [child for group in groups for child in group if isinstance(child, Node)]
        found |= {label.text: value for label, value in zip(items[::2], items[1::2], strict=True)}
    return found


def outcome_on(card: Node) -> str:
    """The label of the outcome in the head of a check's card."""
    return card.one("header").one("span", "outcome").text


def reasons_on(card: Node) -> list[dict[str, str]]:
    """The displayed reasons: code, summary, text below it, and advice."""
    found = []
    for reason in card.all("div", "reason"):
        code, summary = reason.all("p")[0].one("span", "code"), reason.all("p")[0].one("b")
        found.append(
            {
                "code": code.text,
                "summary": summary.text,
                "below": " ".join(reason.texts("p", "sub")),
                "action": " ".join(reason.texts("p", "todo")),
            }
        )
    return found


def says_which_of(sentence: str, page: Node) -> list[Node]:
    """The innermost elements that contain this sentence."""
    holding = [node for node in page.walk() if sentence in node.text]
    return [node for node in holding if not any(child in holding for child in node.children)]
