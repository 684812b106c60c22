"""Facts about person and document in Preventor's ticket, by key name at any depth (unpublished schema)."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.contract import payload_paths
from providers.contract.further_sources import with_sources
from providers.contract.negative_words import negatives_in
from providers.contract.payload_values import moment_of
from providers.contract.report import Facts
from providers.preventor.parts import DOCUMENT_MARKS, PART_OF_CONTAINER, PART_OF_FIELD, label_of, snake
from providers.preventor.sources import family_name, read_sources
from providers.preventor.status_words import Keyed, read_words, text_of

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


_READ_BY_THE_MAPPING = frozenset(
    ("flow_status", "transaction_status", "disposition", "code", "info_message_error_code")
)
_OF_A_DOCUMENT = frozenset(("category", "document_issuing_state_name", "document_place_of_issue", "native_fields"))


def read_facts(ticket: Mapping[str, Any]) -> Facts:
    """The ticket's facts about person and document, in its own spelling: country alpha-2, dates and age as text."""
    cut = _without_other_people(ticket)
    person = Keyed(cut)
    numbers = list(dict.fromkeys([*_scalars(person, "document_number"), *_scalars(person, "id_number")]))
    other = [(label, value) for label, keys in _OTHER_FACTS if (value := _first(person, *keys))]
    other += [("Second number", number) for number in numbers[1:2]]
    other += [
        (f"{label_of(payload_paths.last_key(path))}, local script".removeprefix(", "), text_of(value))
        for native in Keyed(ticket).values("native_fields")
        for path, value in payload_paths.leaves(native)
        if text_of(value)
    ]
    main = Facts(
        full_name=_first(person, "fullname", "full_name"),
        given_names=_first(person, "given_names") or _joined(person, "first_name", "middle_name"),
        family_name=family_name(
            _first(person, "surnames", "surname", "last_name"), {"secondsurname": _first(person, "second_surname")}
        ),
        birth_date=_first(person, "date_of_birth"),
        birth_place=_first(person, "place_of_birth", "birth_place"),
        age=_first(person, "age"),
        sex=_first(person, "gender"),
        nationality=_first(person, "nationality"),
        document_type=_first(person, "document_type") or _document_type(cut),
        document_number=numbers[0] if numbers else "",
        document_issue=_first(person, "document_issuing_date"),
        document_expiry=_first(person, "document_expiration_date"),
        issuing_country=_first(person, "document_issuing_country"),
        personal_number=_first(person, "personal_number") or _second_number(person),
        address=_address(cut),
        phone=_first(person, "phone", "phone_number"),
        email=_first(person, "email"),
        applicant_id=_first(person, "cifcod", "cifcode"),
        scores=tuple(("confidence", score) for score in [_first(person, "confidence_score")] if score),
        other=tuple(other),
    )
    return with_sources(main, read_sources(ticket, main), negatives=_negatives(ticket))


def _negatives(ticket: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Negative words of the ticket besides flow and last step, which the mapping reads: errors, checks, sections.

    Every error counts, one that asks for a review or a new attempt as well.
    """
    errors = read_words(ticket).codes
    yield from (("error code", code) for code in errors)
    created, processed = (
        next(filter(None, map(moment_of, Keyed(ticket).values(key))), None) for key in ("created", "processed")
    )
    if created and processed and processed < created:
        yield "processed", "before it was created"
    yield from ((where, word) for where, word in negatives_in(ticket, skips=_skips) if word not in errors)


def _skips(keys: tuple[str, ...]) -> bool:
    """Whether a value is no word about the ticket: data of a person, a device, a word that the mapping reads."""
    last = keys[-1]
    part = PART_OF_CONTAINER.get(last) or PART_OF_FIELD.get(last)
    # A state is a part of an address or, of a step, its result.
    is_personal = (PART_OF_FIELD.get(last) == "personal" and last != "state") or last in _OF_A_DOCUMENT
    return is_personal or part == "device" or last in _READ_BY_THE_MAPPING


def _without_other_people(value: Any) -> Any:
    """The ticket without the local-script copy of the person and without the device, whose city is not the person's."""
    if isinstance(value, Mapping):
        return {
            key: _without_other_people(child)
            for key, child in value.items()
            if snake(str(key)) != "native_fields" and PART_OF_CONTAINER.get(snake(str(key))) != "device"
        }
    return [_without_other_people(child) for child in value] if isinstance(value, list) else value


def _scalars(keyed: Keyed, name: str) -> Iterator[str]:
    for value in keyed.values(name):
        if isinstance(value, str | int | float) and not isinstance(value, bool) and (words := text_of(value).strip()):
            yield words


def _first(keyed: Keyed, *keys: str) -> str:
    return next((found for key in keys for found in _scalars(keyed, key)), "")


def _second_number(keyed: Keyed) -> str:
    """The number of the person, where the document has one of its own beside it."""
    own, found = _first(keyed, "document_number"), _first(keyed, "id_number")
    return found if own and found != own else ""


def _joined(keyed: Keyed, *keys: str) -> str:
    return " ".join(dict.fromkeys(found for key in keys if (found := _first(keyed, key))))


def _address(ticket: Any) -> str:
    """The address parts of one object; ``state`` alone is ambiguous."""
    for item in _objects(ticket):
        parts = {snake(str(key)): value for key, value in item.items()}
        if any(isinstance(parts.get(key), str) and parts[key].strip() for key in ("address", "city", "zipcode")):
            found = (parts.get(key) for key in ("address", "city", "state", "zipcode", "address_country"))
            return ", ".join(text_of(part).strip() for part in found if isinstance(part, str) and part.strip())
    return ""


def _document_type(ticket: Any) -> str:
    """A ``type`` in one object with a document's number, country or dates."""
    for item in _objects(ticket):
        is_document = not DOCUMENT_MARKS.isdisjoint(snake(str(key)) for key in item)
        if is_document and isinstance(item.get("type"), str):
            return text_of(item["type"]).strip()
    return ""


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
    for child in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _objects(child)
