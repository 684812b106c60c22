"""Preventor's ticket: found by key name at any depth, because nobody publishes its schema.

The page that announces the ticket names six parts in words only ("summary details, personal information, document
information, lexical information, tracked device, process flow details") and then shows no content. So names are data
here: when a first real answer has other ones, a line in a table below is all that has to change.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from providers import payload_paths
from providers.preventor_words import Keyed, moment, text_of
from providers.report import Facts

# --- facts ------------------------------------------------------------------------------------------------------------

_DOCUMENT_MARKS = frozenset(
    ("id_number", "document_number", "document_issuing_country", "document_expiration_date", "document_issuing_date")
)
_OTHER_FACTS = (
    ("Customer key", ("cifcod", "cifcode")),
    ("Age", ("age",)),
    ("Marital status", ("marital_status",)),
    ("Risk code", ("risk_code",)),
    ("Attempts", ("attempts",)),
    ("Attempts left", ("remaining_attempts",)),
    ("Document category", ("category",)),
    ("Issued", ("document_issuing_date",)),
    ("Issuing state", ("document_issuing_state_name", "document_issuing_state")),
    ("Place of issue", ("document_place_of_issue",)),
)


def read_facts(ticket: Mapping[str, Any]) -> Facts:
    """What the ticket says about person and document, in its own spelling: country alpha-2, dates and age as text."""
    cut = _without_other_people(ticket)
    person = Keyed(cut)
    numbers = list(dict.fromkeys([*_scalars(person, "document_number"), *_scalars(person, "id_number")]))
    other = [(label, value) for label, keys in _OTHER_FACTS if (value := _first(person, *keys))]
    other += [("Second number", number) for number in numbers[1:2]]
    other += [
        (f"{_label(path.rpartition('.')[2])}, local script".removeprefix(", "), text_of(value))
        for native in Keyed(ticket).values("native_fields")
        for path, value in payload_paths.leaves(native)
        if text_of(value)
    ]
    return Facts(
        full_name=_first(person, "fullname", "full_name"),
        given_names=_first(person, "given_names") or _joined(person, "first_name", "middle_name"),
        family_name=_first(person, "surnames", "surname") or _joined(person, "last_name", "second_surname"),
        birth_date=_first(person, "date_of_birth"),
        sex=_first(person, "gender"),
        nationality=_first(person, "nationality"),
        document_type=_first(person, "document_type") or _document_type(cut),
        document_number=numbers[0] if numbers else "",
        document_expiry=_first(person, "document_expiration_date"),
        issuing_country=_first(person, "document_issuing_country"),
        address=_address(cut),
        phone=_first(person, "phone", "phone_number"),
        email=_first(person, "email"),
        scores=tuple(("confidence", score) for score in [_first(person, "confidence_score")] if score),
        other=tuple(other),
    )


def _without_other_people(value: Any) -> Any:
    """The ticket without the local-script copy of the person and without the device, whose city is not the person's."""
    if isinstance(value, Mapping):
        return {
            key: _without_other_people(child)
            for key, child in value.items()
            if snake(str(key)) != "native_fields" and _CONTAINERS.get(snake(str(key))) != "device"
        }
    return [_without_other_people(child) for child in value] if isinstance(value, list) else value


def _scalars(keyed: Keyed, name: str) -> Iterator[str]:
    for value in keyed.values(name):
        if isinstance(value, str | int | float) and not isinstance(value, bool) and (words := text_of(value).strip()):
            yield words


def _first(keyed: Keyed, *keys: str) -> str:
    return next((found for key in keys for found in _scalars(keyed, key)), "")


def _joined(keyed: Keyed, *keys: str) -> str:
    return " ".join(dict.fromkeys(found for key in keys if (found := _first(keyed, key))))


def _address(ticket: Any) -> str:
    """The parts that stand beside each other in one object; ``state`` alone is a word for many things."""
    for item in _objects(ticket):
        parts = {snake(str(key)): value for key, value in item.items()}
        if any(isinstance(parts.get(key), str) and parts[key].strip() for key in ("address", "city", "zipcode")):
            found = (parts.get(key) for key in ("address", "city", "state", "zipcode", "address_country"))
            return ", ".join(text_of(part).strip() for part in found if isinstance(part, str) and part.strip())
    return ""


def _document_type(ticket: Any) -> str:
    """A ``type`` that stands in one object with a document's number, country or dates."""
    for item in _objects(ticket):
        if _is_document(item) and isinstance(item.get("type"), str):
            return text_of(item["type"]).strip()
    return ""


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
    for child in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _objects(child)


def _is_document(item: Mapping[str, Any]) -> bool:
    return not _DOCUMENT_MARKS.isdisjoint(snake(str(key)) for key in item)


# --- sections for the case page ---------------------------------------------------------------------------------------

_TITLES = {
    "summary": "Summary",
    "personal": "Personal information",
    "document": "Document information",
    "lexical": "Lexical information",
    "device": "Tracked device",
    "process": "Process flow",
}
_FIELDS = {
    "summary": (
        "ticket", "flow_status", "transaction_status", "status", "disposition", "confidence_score", "risk_code",
        "attempts", "remaining_attempts", "cifcod", "cifcode", "flow_type", "flow_id", "created", "processed",
    ),
    "personal": (
        "fullname", "full_name", "given_names", "first_name", "middle_name", "surnames", "surname", "last_name",
        "second_surname", "date_of_birth", "age", "gender", "nationality", "marital_status", "address", "city", "state",
        "zipcode", "address_country", "height", "email", "phone", "phone_number",
    ),
    "document": (
        "document_type", "category", "document_number", "id_number", "document_issuing_country",
        "document_issuing_state", "document_issuing_state_name", "document_place_of_issue", "document_issuing_date",
        "document_expiration_date",
    ),
    "lexical": ("id_proofing_state",),
    "device": ("ip", "ip_address", "user_agent", "device_model", "device_id"),
    "process": ("error", "info_message_error_code", "error_code"),
}  # fmt: skip
_SECTION_OF = {name: section for section, names in _FIELDS.items() for name in names}
_ORDER = {"type": -1, **{name: position for names in _FIELDS.values() for position, name in enumerate(names)}}
_LAST = 99
_CONTAINERS = {
    name: section
    for section, names in {
        "summary": "summary summary_details ticket_summary",
        "personal": "personal personal_information personal_info personal_data user user_information native_fields",
        "document": "document document_information document_info document_data",
        "lexical": "lexical lexical_information lexical_info lexical_analysis id_proofing_results ocr_validations",
        "device": "device tracked_device device_information device_info tracking",
        "process": "process_flow process_flow_details processes process steps flow_details workflow error errors",
    }.items()
    for name in names.split()
}
# Containers whose name says no more than the title of their part.
_NAMELESS = frozenset((*_CONTAINERS, "flow_steps", "results")) - {"native_fields", "ocr_validations", "error", "errors"}
_LABELS = {
    "flow_status": "Flow",
    "transaction_status": "Result",
    "disposition": "Last step",
    "confidence_score": "Score",
    "remaining_attempts": "Attempts left",
    "cifcod": "Customer key",
    "cifcode": "Customer key",
    "fullname": "Full name",
    "date_of_birth": "Birth date",
    "zipcode": "Postcode",
    "address_country": "Country of residence",
    "document_type": "Type",
    "document_number": "Number",
    "id_number": "Id number",
    "document_issuing_country": "Issuing country",
    "document_issuing_state": "Issuing state",
    "document_issuing_state_name": "Issuing state, name",
    "document_place_of_issue": "Place of issue",
    "document_issuing_date": "Issued",
    "document_expiration_date": "Expires",
    "native_fields": "Local script",
    "general_status": "General",
    "mrz": "Machine-readable lines",
    "id_proofing_state": "Document check",
    "ocr_validations": "Read fields",
    "actual_age_out_of_range": "Age out of range",
    "id_proofing": "ID proofing",
    "info_message_error_code": "Code for the applicant",
    "error": "Failure",
    "errors": "Failure",
    "ip": "IP address",
    "ip_address": "IP address",
    "os": "System",
    "otp_email": "Code by e-mail",
    "otp_phone": "Code by phone",
}
_ENTRY_NAMES = ("process", "step", "name", "process_name", "step_name", "user_step", "field_name", "type")
_ENTRY_STATES = ("disposition", "status", "state", "result", "flow_status", "required")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One line of the tree of what the desk has no name for."""

    key: str
    value: str = field(default="", repr=False)
    children: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a ticket, ready to be shown."""

    key: str
    """``summary``, ``personal``, ``document``, ``lexical``, ``device``, ``process`` or ``unknown``."""
    title: str
    rows: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """(label, value), the best known names first."""
    children: tuple[Node, ...] = ()
    """Only in ``unknown``: the answer's own tree, cut down to what no other section shows."""


def ticket_sections(payload: Mapping[str, Any]) -> tuple[Section, ...]:
    """The parts of a ticket as they were announced, then everything else as a tree. Empty parts are left out.

    Takes the payload as it came or as it is stored. A value under a container that bears a part's name belongs to that
    part, any other value goes by its own name; nothing is dropped.
    """
    rows: dict[str, list[tuple[int, str, str]]] = {key: [] for key in _TITLES}
    unknown = _sort_into(payload, rows)
    found = [
        Section(key=key, title=title, rows=tuple((label, value) for _, label, value in sorted(rows[key], key=_rank)))
        for key, title in _TITLES.items()
        if rows[key]
    ]
    if unknown:
        found.append(Section(key="unknown", title="Not known to the desk", children=unknown))
    return tuple(found)


def _rank(row: tuple[int, str, str]) -> int:
    return row[0]


def _sort_into(item: Mapping[str, Any], rows: dict[str, list[tuple[int, str, str]]]) -> tuple[Node, ...]:
    """Fill the rows with what is known below ``item``; what is left over comes back as nodes."""
    left: list[Node] = []
    for key, child in item.items():
        name = snake(str(key))
        section = _section_of(name, child, item)
        if section:
            rows[section].extend(_rows(name, child, section))
        elif isinstance(child, Mapping) and child:
            if nodes := _sort_into(child, rows):
                left.append(Node(key=str(key), children=nodes))
        else:
            left.append(_node(str(key), child))
    return tuple(left)


def _section_of(name: str, child: Any, beside: Mapping[str, Any]) -> str:
    if isinstance(child, Mapping | list):
        return _CONTAINERS.get(name, "") if child else ""
    if name == "type" and _is_document(beside):
        return "document"
    return _SECTION_OF.get(name, "")


def _rows(name: str, value: Any, section: str) -> Iterator[tuple[int, str, str]]:
    """The lines of one known value; of a container, one line for each value in it, labelled by the way to it."""
    if not isinstance(value, Mapping | list):
        yield _ORDER.get(name, _LAST), _label(name), _shown(name, value)
        return
    yield from _lines(value, () if name in _NAMELESS else (_label(name),))


def _lines(value: Any, trail: tuple[str, ...], name: str = "") -> Iterator[tuple[int, str, str]]:
    if isinstance(value, Mapping) and value:
        for key, child in value.items():
            below = snake(str(key))
            nameless = isinstance(child, Mapping | list) and below in _NAMELESS
            yield from _lines(child, trail if nameless else (*trail, _label(below)), below)
    elif isinstance(value, list) and value:
        for number, child in enumerate(value, start=1):
            yield from _entry(child, trail, number, name)
    else:
        rank = _ORDER.get(name, _LAST) if len(trail) == 1 else _LAST
        yield rank, " · ".join(trail) or "Value", _shown(name, value)


def _entry(entry: Any, trail: tuple[str, ...], number: int, name: str) -> Iterator[tuple[int, str, str]]:
    """One element of a list. A step, a process or a field: its name as label, its state as value, the rest below."""
    known = entry if isinstance(entry, Mapping) else {}
    named = _key_of(known, _ENTRY_NAMES, str)
    stated = _key_of(known, _ENTRY_STATES, str | bool)
    if named is None or stated is None:
        yield from _lines(entry, (*trail, str(number)), name)
        return
    title = (*trail, _label(text_of(known[named]).strip().lower()))
    yield _LAST, " · ".join(title), _shown(snake(stated), known[stated])
    for key, value in known.items():
        if key not in (named, stated):
            yield from _lines(value, (*title, _label(snake(str(key)))), snake(str(key)))


def _key_of(item: Mapping[str, Any], wanted: tuple[str, ...], kind: Any) -> str | None:
    """The item's own spelling of the first wanted key that holds a value of this kind, blank text left out."""
    spelled = {snake(str(key)): key for key, value in item.items() if isinstance(value, kind) and value != ""}
    return next((spelled[name] for name in wanted if name in spelled), None)


def _node(key: str, value: Any) -> Node:
    if isinstance(value, Mapping) and value:
        return Node(key=key, children=tuple(_node(str(name), child) for name, child in value.items()))
    if isinstance(value, list) and value:
        return Node(key=key, children=tuple(_node(str(number), child) for number, child in enumerate(value, start=1)))
    return Node(key=key, value=_shown("", value))


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name in ("created", "processed") and (when := moment(value)):
        return f"{when:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, bool):
        words = ("required", "optional") if name == "required" else ("yes", "no")
        return words[0] if value else words[1]
    return "empty" if value in ({}, [], "") else text_of(value)


@lru_cache(maxsize=4096)
def snake(key: str) -> str:
    """A key in the table's spelling: ``ocrValidations`` and ``OCR-Validations`` become ``ocr_validations``."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key.strip())
    return re.sub(r"[\s-]+", "_", spaced).lower()


def _label(name: str) -> str:
    """A key in words: from the table, else with spaces and a capital."""
    words = _LABELS.get(name) or name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
