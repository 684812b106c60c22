"""The deciding and explaining words of a Preventor ticket, found by key name at any depth."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from providers.contract.payload_values import list_of, moment_of

_SPACES = " \t\r\n"
"""Only these are trimmed: a word with a no-break space at its end is another word."""
_ERROR_CODES = ("code", "info_message_error_code", "error_code")
LONGEST_TEXT = 500
"""Maximum length of a value in words, facts and rows; the payload has the whole value."""


class Keyed:
    """Every value of an answer by its key in any spelling: ``flow_status``, ``flowStatus`` and ``Flow-Status``.

    Built in one walk, level by level, so that the value nearest to the top is first.
    """

    def __init__(self, answer: Any) -> None:
        self._found: dict[str, list[tuple[int, Any]]] = {}
        level, count = [answer], 0
        while level:
            deeper: list[Any] = []
            for value in level:
                if isinstance(value, Mapping):
                    for key, child in value.items():
                        count += 1
                        self._found.setdefault(_spelled(str(key)), []).append((count, child))
                    deeper.extend(value.values())
                elif isinstance(value, list):
                    deeper.extend(value)
            level = [child for child in deeper if isinstance(child, Mapping | list)]

    def values(self, *names: str) -> Iterator[Any]:
        """The values of any of the names, the nearest to the top first."""
        found = [pair for name in names for pair in self._found.get(_spelled(name), ())]
        return (value for _, value in sorted(found, key=lambda pair: pair[0]))


@lru_cache(maxsize=4096)
def _spelled(key: str) -> str:
    return key.strip().replace("_", "").replace("-", "").casefold() if len(key) <= 64 else key


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One error of a ticket: which process, which code, and their text for display."""

    code: str
    process: str = ""
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The state words of a ticket, in the provider's own spelling."""

    flow: str | None = None
    """``flow_status``, else ``transaction_status``, else a ``status`` at the top level."""
    flow_kind: str = "flow_status"
    """The kind of the flow word's row in the code table."""
    other_flows: tuple[str, ...] = ()
    """Further flow or transaction words of the same ticket."""
    disposition: str | None = None
    other_dispositions: tuple[str, ...] = ()
    remaining: str = ""
    failures: tuple[Failure, ...] = ()
    proofing: tuple[str, ...] = ()
    flow_types: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The error codes, each once, in the order of the answer."""
        return tuple(dict.fromkeys(failure.code for failure in self.failures if failure.code))


def read_words(ticket: Mapping[str, Any]) -> Words:
    """The state words of a ticket. If a key occurs at several depths, the one nearest to the top is used."""
    keyed = Keyed(ticket)
    flows = list(_texts(keyed, "flow_status"))
    transactions = list(_texts(keyed, "transaction_status"))
    kind = "flow_status" if flows or not transactions else "transaction_status"
    stated = [*flows, *transactions] or list(_top_status(ticket))
    dispositions = list(_texts(keyed, "disposition"))
    return Words(
        flow=stated[0] if stated else None,
        flow_kind=kind,
        other_flows=tuple(dict.fromkeys(stated[1:])),
        disposition=dispositions[0] if dispositions else None,
        other_dispositions=tuple(dict.fromkeys(dispositions[1:])),
        remaining=next(_texts(keyed, "remaining_attempts"), ""),
        failures=tuple(_failures(keyed)),
        proofing=tuple(dict.fromkeys(_texts(keyed, "id_proofing_state"))),
        flow_types=tuple(dict.fromkeys(_texts(keyed, "flow_type", "flow_kind"))),
    )


def plain(word: str | None) -> str | None:
    """The word in the tables' spelling: trimmed, upper case, ASCII only, so that look-alikes do not match."""
    if word is None:
        return None
    trimmed = word.strip(_SPACES)
    return trimmed.upper() if trimmed.isascii() else trimmed


def text_of(value: Any) -> str:
    """A value as text: text unchanged, anything else as JSON, cut at ``LONGEST_TEXT``; empty for null."""
    if value is None:
        return ""
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return words if len(words) <= LONGEST_TEXT else f"{words[:LONGEST_TEXT]}…"


def _texts(keyed: Keyed, *keys: str) -> Iterator[str]:
    """Every value of the keys: null and blank text count as absent, other types as a word."""
    for value in keyed.values(*keys):
        if words := text_of(value).strip(_SPACES):
            yield words


def _top_status(ticket: Mapping[str, Any]) -> Iterator[str]:
    """``status`` at the top level. A number there, or a code or message beside it, makes it an error envelope."""
    status = ticket.get("status")
    if isinstance(status, str) and status.strip(_SPACES) and not status.strip(_SPACES).isdigit():
        yield text_of(status).strip(_SPACES)


def _failures(keyed: Keyed) -> Iterator[Failure]:
    named: set[str] = set()
    for value in keyed.values("error", "errors"):
        for item in value if isinstance(value, list) else [value]:
            if failure := _failure(item):
                named.update(_codes_in(item))
                yield failure
    for code in _texts(keyed, "info_message_error_code", "error_code"):
        if code not in named:
            named.add(code)
            yield Failure(code=code)


def _failure(item: Any) -> Failure | None:
    """``error``: an object with process, code, message and info_message_error_code, or a code alone."""
    if isinstance(item, str):
        code = item.strip(_SPACES)
        return Failure(code=code) if re.fullmatch(r"[A-Z][A-Z0-9_-]{4,40}", code) else None
    if not isinstance(item, Mapping):
        return None
    codes = _codes_in(item)
    process = text_of(item.get("process")).strip(_SPACES)
    if not codes and not process:
        return None
    return Failure(code=codes[0] if codes else "", process=process, message=message_text(item.get("message")))


def _codes_in(item: Any) -> list[str]:
    if not isinstance(item, Mapping):
        return [text_of(item).strip(_SPACES)]
    return [code for key in _ERROR_CODES if (code := text_of(item.get(key)).strip(_SPACES))]


def message_text(message: Any) -> str:
    """A message as one line, from text, a list of texts, or an object with message and fields."""
    if isinstance(message, Mapping):
        named = ", ".join(text_of(item) for item in list_of(message.get("fields")))
        words = text_of(message.get("message"))
        return f"{words} ({named})" if named else words
    if isinstance(message, list):
        return "; ".join(text_of(item) for item in message)
    return text_of(message)


def ticket_id(ticket: Mapping[str, Any]) -> str:
    """The id in the answer, the one nearest to the top; empty if there is none."""
    for value in Keyed(ticket).values("ticket", "ticket_id"):
        if isinstance(value, str) and value.strip(_SPACES):
            return value.strip(_SPACES)
        if isinstance(value, Mapping) and isinstance(value.get("id"), str):
            return str(value["id"]).strip(_SPACES)
    return ""


def reported_at(ticket: Mapping[str, Any]) -> datetime | None:
    """The reported time of the end of the ticket, else of its creation."""
    keyed = Keyed(ticket)
    reported = (value for key in ("processed", "created") for value in keyed.values(key))
    return next(filter(None, map(moment_of, reported)), None)
