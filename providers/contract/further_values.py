"""Values of an answer that no other part of its report shows: further lines of the check card, labelled by keys."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from providers.contract import payload_paths
from providers.contract.further_sources import STATED
from providers.contract.list_caps import LONGEST_TEXT, MOST
from providers.contract.negative_words import snake
from providers.contract.private_names import private_kind
from providers.contract.report import Facts, Reason, Report

_SHORTEST = 5
"""Characters of a text that is looked for inside the other parts; a shorter one can be there by chance."""
_LONGEST_LABEL = 120
_UNNAMED = frozenset(("check", "data", "result"))
"""Outermost containers whose name says nothing."""
_CAPITALS = {"id": "ID", "ip": "IP", "url": "URL", "mrz": "MRZ", "idv": "IDV", "aml": "AML", "sms": "SMS"}
_IMAGE_LINE = "[picture, "


def add_further_values(
    report: Report, reasons: Sequence[Reason], payload: Mapping[str, Any], *, shown_elsewhere: Sequence[str]
) -> tuple[Report, int]:
    """The report with every value of its stored payload in ``facts.further`` that it does not show yet, up to the cap
    of that list, and the number of values above the cap.

    ``shown_elsewhere`` are paths of values that the report shows in another form.
    """
    shown = _Shown(report, reasons)
    more = 0
    lines: list[tuple[str, str]] = []
    private: list[tuple[str, str]] = []
    for path, value in payload_paths.leaves(payload_paths.without(payload, volatile=shown_elsewhere)):
        text = text_for(value)
        if not text or shown.has(text):
            continue
        if len(lines) >= MOST["further"]:
            more += 1
            continue
        lines.append((label_of(path), text))
        if kind := private_kind([snake(key) for key in payload_paths.keys_of(path)]):
            private.append((kind, text))
    facts = replace(report.facts, further=tuple(lines), private=(*report.facts.private, *private))
    return replace(report, facts=facts), more


def text_for(value: Any) -> str:
    """A scalar as text, ``yes`` or ``no`` for a boolean; empty for null, for a removed value and for a file."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    text = value.strip() if isinstance(value, str) else json.dumps(value)
    if text == payload_paths.REMOVED or text.startswith(_IMAGE_LINE):
        return ""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def label_of(path: str) -> str:
    """The keys of a path in words: ``Attempts 2, client information, pre selected language``."""
    names: list[str] = []
    for step in payload_paths.steps_of(path):
        if isinstance(step, int):
            names[-1:] = [f"{names[-1] if names else 'entry'} {step + 1}"]
        else:
            names.append(in_words(step))
    while len(names) > 1 and names[0] in _UNNAMED:
        del names[0]
    label = ", ".join(dict.fromkeys(names))[:_LONGEST_LABEL]
    return f"{label[:1].upper()}{label[1:]}"


def in_words(key: str) -> str:
    """A key as words: ``livenessFlowCategory`` becomes ``liveness flow category``; codes stay: ``ER124``."""
    if key.isupper():
        return key
    return " ".join(_CAPITALS.get(word, word) for word in snake(key).split("_") if word)


class _Shown:
    """The texts that a report shows without its payload."""

    def __init__(self, report: Report, reasons: Sequence[Reason]) -> None:
        self._links = {payload_paths.without_query(item.url) for item in report.evidence if item.url}
        stated = (report.facts, *(source.facts for source in report.facts.also))
        self._facts = {value for facts in stated for value in _values_of(facts)}
        facts = replace(report.facts, private=(), negatives=(), unread=(), applicant_id="")
        parts = (replace(report, codes=(), facts=facts, payload={}, evidence=()), *reasons)
        self._texts = f" {' | '.join(_plain(text) for part in parts for text in _texts_in(part))} "

    def has(self, text: str) -> bool:
        """Whether the text is a fact or the link of a file, or whole words of any text that is long enough."""
        if text in self._facts or text in self._links:
            return True
        return len(text) >= _SHORTEST and f" {_plain(text)} " in self._texts


def _values_of(facts: Facts) -> Iterator[str]:
    return (getattr(facts, name) for name in STATED)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _texts_in(child)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _texts_in(getattr(value, one.name))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
