"""A Preventor ticket for display: in its documented parts, other fields as a tree, nothing left out."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from providers.contract import payload_paths
from providers.contract.payload_values import moment_of, object_of
from providers.contract.private_names import private_kind
from providers.preventor.parts import (
    DOCUMENT_MARKS,
    ENTRY_NAMES,
    ENTRY_STATES,
    LAST,
    NAMELESS,
    ORDER,
    PART_OF_CONTAINER,
    PART_OF_FIELD,
    STEPS,
    TITLES,
    called_beside,
    label_of,
    snake,
)

_WIDEST_TABLE = 6
"""Maximum number of columns of a list of similar objects that is shown as a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """One value of a ticket."""

    label: str
    value: str = field(repr=False)
    """The whole value as text."""
    said: str = field(default="", repr=False)
    """The provider's spelling if the text differs: ``true``, ``null``, milliseconds."""
    named: str = ""
    """The provider's own name of a step or field."""
    path: str = ""
    """Path in the payload, as ``payload_paths.leaves`` writes it."""
    private: str = ""
    """``document_number``, ``phone`` or ``address``, if a key names one."""
    is_step: bool = False
    """A step of the process flow with its state."""
    is_masked: bool = False
    """Shown in part only."""
    document: str = ""
    """Key of the document that was copied from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketNode:
    """One line of the tree of unknown fields: a value, or a container."""

    key: str
    row: TicketRow | None = None
    children: tuple["TicketNode", ...] = ()
    columns: tuple[str, ...] = ()
    """Keys of a list of similar objects, which is shown as a table; then ``grid`` and no ``children``."""
    grid: tuple[tuple[TicketRow | None, ...], ...] = field(default=(), repr=False)

    count: int = 1
    """Values in it and below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSection:
    """One part of a ticket, ready to be shown."""

    key: str
    """``summary``, ``personal``, ``document``, ``lexical``, ``device``, ``process`` or ``unknown``."""
    title: str
    rows: tuple[TicketRow, ...] = ()
    """Known names first."""
    children: tuple[TicketNode, ...] = ()
    """Only in ``unknown``: the tree of the answer without the values of other sections."""

    @property
    def steps(self) -> tuple[TicketRow, ...]:
        """The steps of a process flow, in their order."""
        return tuple(row for row in self.rows if row.is_step)

    @property
    def fields(self) -> tuple[TicketRow, ...]:
        """The rows that are not steps."""
        return tuple(row for row in self.rows if not row.is_step)


def ticket_rows(sections: tuple[TicketSection, ...]) -> Iterator[TicketRow]:
    """Every value of a ticket, in the order of the page."""
    for section in sections:
        yield from section.rows
        yield from _rows_below(section.children)


def _rows_below(nodes: tuple[TicketNode, ...]) -> Iterator[TicketRow]:
    for node in nodes:
        if node.row:
            yield node.row
        yield from (cell for line in node.grid for cell in line if cell)
        yield from _rows_below(node.children)


def with_ticket_rows(
    sections: tuple[TicketSection, ...], change: Callable[[TicketRow], TicketRow], *, keys: Callable[[str], str] = str
) -> tuple[TicketSection, ...]:
    """The same ticket with every value changed, and by ``keys`` the keys of its tree."""
    return tuple(
        replace(
            section,
            rows=tuple(change(row) for row in section.rows),
            children=tuple(_with_rows(node, change, keys) for node in section.children),
        )
        for section in sections
    )


def _with_rows(node: TicketNode, change: Callable[[TicketRow], TicketRow], keys: Callable[[str], str]) -> TicketNode:
    return replace(
        node,
        key=keys(node.key),
        row=change(node.row) if node.row else None,
        children=tuple(_with_rows(child, change, keys) for child in node.children),
        columns=tuple(keys(column) for column in node.columns),
        grid=tuple(tuple(change(cell) if cell else None for cell in line) for line in node.grid),
    )


# --- sorting ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Way:
    """The position of a value: its path, the keys of the path in the tables' spelling, and the sibling keys."""

    path: str = ""
    keys: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    def to(self, key: str, item: Mapping[str, Any]) -> "_Way":
        path = payload_paths.joined(self.path, key)
        name = snake(key)
        called = filter(None, (called_beside(name, item),))
        beside = tuple(snake(str(other)) for other in item)
        return _Way(path, (*self.keys, name), (*self.named, *called, name), beside)

    def at(self, index: int) -> "_Way":
        return _Way(f"{self.path}[{index}]", self.keys, self.named, self.beside)


_Ranked = tuple[int, TicketRow]


def ticket_sections(payload: Mapping[str, Any]) -> tuple[TicketSection, ...]:
    """The documented parts of a ticket, then everything else as a tree.

    Empty parts are left out. Takes a received or a stored payload. A value in a container with a part's name belongs to
    that part, any other value is sorted by its own name; nothing is dropped, and no value is cut.
    """
    ranked: dict[str, list[_Ranked]] = {key: [] for key in TITLES}
    unknown = _sort_into(payload, _Way(), ranked)
    found = [
        TicketSection(key=key, title=title, rows=tuple(row for _, row in sorted(ranked[key], key=itemgetter(0))))
        for key, title in TITLES.items()
        if ranked[key]
    ]
    if unknown:
        found.append(TicketSection(key="unknown", title="Other fields", children=unknown))
    return tuple(found)


def _sort_into(item: Mapping[str, Any], way: _Way, ranked: dict[str, list[_Ranked]]) -> tuple[TicketNode, ...]:
    """Fill the rows with the known values below ``item``; returns the others as nodes."""
    left: list[TicketNode] = []
    for key, child in item.items():
        there = way.to(str(key), item)
        name = there.keys[-1]
        part = _part_of(name, child, item)
        if part:
            ranked[part].extend(_known(name, child, there))
        elif isinstance(child, Mapping) and child:
            if nodes := _sort_into(child, there, ranked):
                left.append(_parent(str(key), nodes))
        else:
            left.append(_node(str(key), child, there))
    return tuple(left)


def _part_of(name: str, child: Any, beside: Mapping[str, Any]) -> str:
    if isinstance(child, Mapping | list):
        return PART_OF_CONTAINER.get(name, "") if child else ""
    if name == "type" and not DOCUMENT_MARKS.isdisjoint(snake(str(key)) for key in beside):
        return "document"
    return PART_OF_FIELD.get(name, "")


def _known(name: str, value: Any, way: _Way) -> Iterator[_Ranked]:
    """The rows of one known value; of a container, one row for each value in it, labelled by its path."""
    if isinstance(value, Mapping | list):
        yield from _lines(value, () if name in NAMELESS else (label_of(name),), way)
    else:
        yield ORDER.get(name, LAST), _row(label_of(name), name, value, way)


def _lines(value: Any, trail: tuple[str, ...], way: _Way, name: str = "") -> Iterator[_Ranked]:
    if isinstance(value, Mapping) and value:
        for key, child in value.items():
            there = way.to(str(key), value)
            below = there.keys[-1]
            if below in STEPS and PART_OF_CONTAINER.get(way.keys[-1]) == "process":
                yield from _step(str(key), child, there)
                continue
            nameless = isinstance(child, Mapping | list) and below in NAMELESS
            yield from _lines(child, trail if nameless else (*trail, label_of(below)), there, below)
    elif isinstance(value, list) and value:
        for index, child in enumerate(value):
            yield from _entry(child, trail, way.at(index), index + 1, name)
    else:
        rank = ORDER.get(name, LAST) if len(trail) == 1 else LAST
        yield rank, _row(" · ".join(trail) or "Value", name, value, way)


def _entry(entry: Any, trail: tuple[str, ...], way: _Way, number: int, name: str) -> Iterator[_Ranked]:
    """One element of a list: a step, a process or a field, with its name as label and its state as value."""
    known = object_of(entry)
    named = _key_of(known, ENTRY_NAMES, str)
    stated = _key_of(known, ENTRY_STATES, str | bool)
    if named is None or stated is None:
        yield from _lines(entry, (*trail, str(number)), way, name)
        return
    yield from _stated(known, stated, way, trail=trail, called=known[named], but=(named, stated))


def _step(key: str, value: Any, way: _Way) -> Iterator[_Ranked]:
    """A step whose name is the key: its state alone, or an object with the state."""
    known = object_of(value)
    stated = _key_of(known, ENTRY_STATES, str | bool)
    if stated is not None:
        yield from _stated(known, stated, way, trail=(), called=key, but=(stated,))
    elif isinstance(value, Mapping | list) and value:
        yield from _lines(value, (label_of(key.lower()),), way)
    else:
        yield LAST, replace(_row(label_of(snake(key)), "", value, way), named=key, is_step=True)


def _stated(
    item: Mapping[str, Any], stated: str, way: _Way, *, trail: tuple[str, ...], called: str, but: tuple[str, ...]
) -> Iterator[_Ranked]:
    words = called.strip()
    title = (*trail, label_of(snake(words)) if len(words) <= 80 else words)
    row = _row(" · ".join(title), snake(stated), item[stated], way.to(stated, item))
    is_step = any(PART_OF_CONTAINER.get(key) == "process" for key in way.keys)
    yield LAST, replace(row, named=called, is_step=is_step)
    for key, value in item.items():
        if key not in but:
            there = way.to(str(key), item)
            yield from _lines(value, (*title, label_of(there.keys[-1])), there, there.keys[-1])


def _key_of(item: Mapping[str, Any], names: Sequence[str], kind: Any) -> str | None:
    """The item's own spelling of the first of these keys with a non-blank value of this type."""
    spelled = {snake(str(key)): key for key, value in item.items() if isinstance(value, kind) and value != ""}
    return next((spelled[name] for name in names if name in spelled), None)


# --- the tree ---------------------------------------------------------------------------------------------------------


def _node(key: str, value: Any, way: _Way) -> TicketNode:
    if isinstance(value, Mapping) and value:
        return _parent(key, (_node(str(name), child, way.to(str(name), value)) for name, child in value.items()))
    if not isinstance(value, list) or not value:
        return TicketNode(key=key, row=_row(key, "", value, way))
    if columns := _columns(value):
        grid = tuple(_line(item, columns, way.at(at)) for at, item in enumerate(value))
        return TicketNode(key=key, columns=columns, grid=grid, count=sum(len(item) for item in value))
    return _parent(key, (_node(str(at + 1), child, way.at(at)) for at, child in enumerate(value)))


def _parent(key: str, children: Iterable[TicketNode]) -> TicketNode:
    below = tuple(children)
    return TicketNode(key=key, children=below, count=sum(child.count for child in below))


def _columns(items: list[Any]) -> tuple[str, ...]:
    """The keys of several flat objects if they are few and mostly shared, else none."""
    if len(items) < 2 or not all(isinstance(item, Mapping) and item for item in items):
        return ()
    if any(isinstance(value, Mapping | list) for item in items for value in item.values()):
        return ()
    keys = tuple(dict.fromkeys(str(key) for item in items for key in item))
    filled = sum(len(item) for item in items)
    return keys if len(keys) <= _WIDEST_TABLE and filled * 2 >= len(keys) * len(items) else ()


def _line(item: Mapping[str, Any], columns: tuple[str, ...], way: _Way) -> tuple[TicketRow | None, ...]:
    return tuple(_row(key, "", item[key], way.to(key, item)) if key in item else None for key in columns)


# --- one value --------------------------------------------------------------------------------------------------------


def _row(label: str, name: str, value: Any, way: _Way) -> TicketRow:
    words, said = _words(name, value)
    is_filled = isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
    private = private_kind(way.named, way.beside) if is_filled else ""
    return TicketRow(label=label, value=words, said=said, path=way.path, private=private)


def _words(name: str, value: Any) -> tuple[str, str]:
    """A value as text, and the provider's spelling if it differs."""
    if value is None:
        return "–", "null"
    if isinstance(value, bool):
        words = ("required", "optional") if name == "required" else ("yes", "no")
        return words[0] if value else words[1], json.dumps(value)
    if isinstance(value, str):
        return (value, "") if value else ("empty", "")
    if value in ({}, []):
        return "empty", json.dumps(value)
    if name in ("created", "processed") and (when := moment_of(value)):
        return f"{when:%Y-%m-%d %H:%M:%S} UTC", json.dumps(value)
    return json.dumps(value, ensure_ascii=False, default=str), ""
