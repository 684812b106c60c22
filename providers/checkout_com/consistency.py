"""What contradicts an approved check of Checkout.com outside its status and codes: ids in links, times, attempts."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from providers.checkout_com.products import documents_of, read_codes, spellings, text_of
from providers.contract.payload_values import list_of, object_of
from providers.contract.report import Kind
from providers.contract.value_table import time_of

PASSED_CLASS = "10"
"""Class of the codes that say "approved"."""
_FIRST = datetime.min.replace(tzinfo=UTC)


def inconsistencies(check: Mapping[str, Any], kind: Kind, attempts: Any) -> Iterator[tuple[str, str]]:
    """(where, what) of each. ``attempts``: the attempts as answered, in any order."""
    applicant = text_of(check.get("applicant_id"))
    yield from _of_entry(check, "", {"self": spellings(kind, text_of(check.get("id"))), "applicant": (applicant,)})
    entries = [entry for entry in list_of(attempts) if isinstance(entry, Mapping)]
    for entry in entries:
        yield from _of_entry(entry, "attempt ", {"self": (text_of(entry.get("id")),)})
    if entries:
        last = max(enumerate(entries), key=lambda pair: (time_of(pair[1].get("created_on")) or _FIRST, pair[0]))[1]
        yield from _of_last_attempt(last, check)


def _of_entry(entry: Mapping[str, Any], prefix: str, ids: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """A link to another id, and a change before the creation."""
    for name, expected in ids.items():
        href = text_of(object_of(object_of(entry.get("_links")).get(name)).get("href"))
        if href and re.split(r"[?#]", href)[0].rstrip("/").rpartition("/")[2] not in expected:
            yield f"{prefix}link of {name}", "another id"
    created, modified = (time_of(entry.get(key)) for key in ("created_on", "modified_on"))
    if created and modified and modified < created:
        yield f"{prefix}modified on", "before it was created"


def _of_last_attempt(last: Mapping[str, Any], check: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The attempt that decided, if it did not pass or was about another document. Earlier ones may have failed."""
    if (status := text_of(last.get("status"))) != "completed":
        yield "last attempt", status or "no status"
    yield from (("last attempt", code) for code in read_codes(last.get("response_codes")) if code[:2] != PASSED_CLASS)
    session = object_of(last.get("applicant_session_information"))
    known = {_document(one, "document_issuing_country") for one in documents_of(check)}
    for selected in map(object_of, list_of(session.get("selected_documents"))):
        if known and _document(selected, "country") not in known:
            yield "selected document", text_of(selected.get("document_type")) or "no type"


def _document(item: Mapping[str, Any], country: str) -> tuple[str, str]:
    return text_of(item.get("document_type")).casefold(), text_of(item.get(country)).casefold()
