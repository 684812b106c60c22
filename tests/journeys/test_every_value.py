"""Every member of every stored answer is on a case page: as a fact, a reason, a line of the card or the ticket."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.template.loader import render_to_string
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from compliance.case_page.page import CasePage, case_page
from compliance.facts.masking import LABELS
from compliance.labels import clock_label
from compliance.models import Check
from compliance.sync import provider_clients, reads
from providers import Kind, ProviderError, Subject, provider_class
from providers.checkout_com.parse import moment
from providers.checkout_com.parse import parse as parse_checkout_com
from providers.contract import payload_paths
from providers.contract.payload_values import moment_of
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import emptying, factories
from tests.compliance.views.pages import parsed
from tests.compliance.views.provider_answers import answer_of
from tests.journeys.test_payload_files import FILES, TICKETS, File
from tests.sampling import covering

UNKNOWN_KEY, UNKNOWN_VALUE = "undocumentedNote", "Zebra note"
PARTS = (
    "case_page/checks/_checks.html",
    "case_page/comparison/_comparison.html",
    "case_page/preventor_ticket/_tickets.html",
)
PASSPORT = {
    "document_type": "Passport",
    "document_issuing_country": "PL",
    "full_name": "Zofia Maria Lipska",
    "first_names": "Zofia Maria",
    "last_name": "Lipska",
    "last_name_at_birth": "Wrona",
    "birth_date": "1984-07-19",
    "birth_place": "Radom",
    "nationality": "PL",
    "gender": "F",
    "personal_number": "84071912345",
    "document_number": "EA1234567",
    "document_issue_place": "Mayor of Radom",
}
PERMIT = {
    "document_type": "Residence Permit",
    "document_issuing_country": "DE",
    "full_name": "Lipska Zofia",
    "document_number": "Y1234568",
    "personal_number": "99887766554",
    "tax_identification_number": "12345678901",
    "permit_type_detailed": "Blue card",
    "permit_type_remarks": "Employment permitted",
    "permit_expiry_date": "2029-01-31",
}
IDENTITY = {
    "id": "idv_1",
    "status": "approved",
    "applicant_id": "aplt_1",
    "response_codes": [{"code": 10000, "summary": "approved"}],
    "verified_identity": {"full_name": "Zofia Maria Lipska", "last_name_at_birth": "Wrona", "birth_place": "Radom"},
    "documents": [PASSPORT, PERMIT, {**PERMIT, "document_number": "Z7654321", "personal_number": "11223344556"}],
    "declared_data": {"name": "Zofia Lipska", "phone_number": {"country_code": "+48", "number": "600700800"}},
}
ATTEMPT = {
    "id": "iatp_1",
    "status": "completed",
    "created_on": "2026-03-02T08:15:04Z",
    "response_codes": [{"code": 61301, "summary": "document_video_blurry"}],
    "client_information": {"pre_selected_residence_country": "FR", "pre_selected_language": "fr-FR"},
    "applicant_session_information": {"ip_address": "203.0.113.24", "number_of_sessions": 2},
}


def of_checkout_com(name: str, kind: Kind, check: Mapping[str, Any], *attempts: Any) -> File:
    """An answer of Checkout.com besides the stored ones."""
    subject = Subject(kind=kind, reference=check["id"])
    return File("checkout_com", name, subject, parse_checkout_com, {"check": check, "attempts": list(attempts)})


def of_file(provider: str, name: str, change: Mapping[str, Any]) -> File:
    """A stored answer with these members more."""
    one = next(one for one in FILES if one.key == (provider, name))
    return File(provider, f"{name}+", one.subject, one.parse, {**one.payload, **change})


MORE = [
    of_checkout_com("three-documents", Kind.IDENTITY, IDENTITY, ATTEMPT),
    of_checkout_com("aml-risk", Kind.AML, {"id": "amlv_1", "status": "approved", "monitored": False, "risk": "LOW"}),
    of_file("btc_direct", "liveness-pending", {"data": {"applicantLevel": "basic", "steps": ["selfie", "movement"]}}),
    of_file("bank131", "ok", {"data": {"id": "7", "description": "valid", "participant": {"reference": "R-12345"}}}),
    of_file("bank131", "pending", {"data": {"id": "7", "account_number": "40817810099910004312", "inn": "5001007322"}}),
]
STORED = [one for one in FILES if not re.match(r"(check_statuses|attempt_statuses|response_codes)-", one.name)]


class Shown(NamedTuple):
    """A stored answer as the sync kept it, and its page with all values revealed and with all masked."""

    payload: Any
    revealed: str
    masked: str
    private: tuple[str, ...]


def with_unknown(value: Any, at: str = "0") -> Any:
    """The answer with an undocumented member in each of its objects."""
    if isinstance(value, dict):
        inside = {key: with_unknown(child, f"{at}-{place}") for place, (key, child) in enumerate(value.items())}
        return inside | {UNKNOWN_KEY: f"{UNKNOWN_VALUE} {at}"}
    if isinstance(value, list):
        return [with_unknown(child, f"{at}-{place}") for place, child in enumerate(value)]
    return value


ANSWERS = {
    one.key: File(one.provider, one.name, one.subject, one.parse, with_unknown(one.payload))
    for one in [*STORED, *TICKETS, *MORE]
}
"""Every stored answer with undocumented members."""


def is_answer(file: File) -> bool:
    try:
        file.parse(file.payload, file.subject)
    except ProviderError:
        return False
    return True


def members(key: tuple[str, str]) -> set[tuple[Any, ...]]:
    """The members of an answer, by place and type."""
    file = ANSWERS[key]
    return {
        (file.provider, file.subject.kind, re.sub(r"\[\d+\]", "[]", path), type(value))
        for path, value in payload_paths.leaves(file.payload)
    }


READABLE = [key for key, file in ANSWERS.items() if is_answer(file)]
SHOWN = covering(READABLE, members)
"""Answers that have every member of all of them, and every answer in the full counts."""


@pytest.fixture(scope="module")
def pages(simulator: Simulator, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Mapping[Any, Shown]:
    """(provider, name) -> its page. The database is empty afterwards."""
    hosts = frozenset({urlsplit(simulator.url).netloc})
    with django_db_blocker.unblock():
        try:
            with override_settings(PROVIDER_EXTRA_HOSTS=hosts), provider_clients.fresh_sessions():
                return show_all(simulator)
        finally:
            emptying.empty()


def show_all(simulator: Simulator) -> dict[tuple[str, str], Shown]:
    accounts: dict[str, ProviderAccount] = {}
    reader, checks, kept = factories.make_user("reader", "Rita Reader", "analyst"), {}, []
    for place, key in enumerate(SHOWN):
        file = ANSWERS[key]
        if file.provider not in accounts:
            accounts[file.provider] = factories.make_account(simulator, file.provider)
        # The simulator's accounts are no test environment, so an answer keeps the reference that it names.
        reference = f"{file.subject.reference[:-4]}{place:04}"
        checks[key] = factories.add_check(
            factories.make_case(),
            accounts[file.provider],
            reference,
            kind=file.subject.kind,
            settings=file.subject.settings,
        )
        kept.append(answer_of(checks[key], partial(file.parse, file.payload, file.subject)))
    reads.store(kept, reads.Counts())
    return {key: shown(check, ANSWERS[key], reader) for key, check in checks.items()}


def shown(check: Check, file: File, reader: Any) -> Shown:
    check.refresh_from_db()
    facts = [check.facts, *(source["facts"] for source in check.facts.get("also", ()))]
    private = [one[kind] for one in facts for kind in LABELS if one.get(kind)]
    private += [value for one in facts for _, value in one.get("private", ())]
    opened = case_page(check.case_id, reader=reader, shown=[*LABELS, f"ticket-{check.pk}"])
    closed = case_page(check.case_id, reader=reader)
    report = file.parse(file.payload, file.subject)
    # Each answer is stored under a reference of its own, and its files are copied.
    named = [file.subject.reference, *(payload_paths.without_query(item.url) for item in report.evidence)]
    payload = provider_class(file.provider).stored_payload(report.payload)
    return Shown(payload, " | ".join([text_of(opened), *named]), text_of(closed), tuple(private))


def text_of(page: CasePage) -> str:
    """Visible texts, as a whole and one by one, and titles of the parts of the page that show answers."""
    found = []
    for part in PARTS:
        root = parsed(render_to_string(part, {"page": page}))
        found.append(root.raw)
        for node in root.walk():
            found += [node.get("title"), *(child for child in node.children if isinstance(child, str))]
    return " | ".join(found)


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def forms(value: Any) -> Iterator[str]:
    """The ways in which a value may be shown."""
    yield value if isinstance(value, str) else json.dumps(value)
    if isinstance(value, bool):
        yield "yes" if value else "no"
    elif isinstance(value, float | int):
        yield f"{value:g}"
    if at := moment(value) or moment_of(value):
        yield clock_label(at)
        yield f"{at:%-d %b %Y, %H:%M}"


def not_shown(payload: Any, text: str) -> list[str]:
    """Paths of values of an answer that are nowhere in the text."""
    found, haystack = [], f" {plain(text)} "
    for path, value in payload_paths.leaves(payload):
        is_empty = value is None or not plain(json.dumps(value, ensure_ascii=False)) or value == payload_paths.REMOVED
        is_file = isinstance(value, str) and value.startswith("[picture, ")
        is_left_out = is_empty or is_file or "_links" in payload_paths.keys_of(path)
        if not is_left_out and not any(f" {plain(form)} " in haystack for form in forms(value)):
            found.append(path)
    return found


@pytest.mark.parametrize("key", SHOWN, ids="-".join)
def test_every_value_of_an_answer_is_on_the_page(key: tuple[str, str], pages: Mapping[Any, Shown]) -> None:
    assert not_shown(pages[key].payload, pages[key].revealed) == []


@pytest.mark.parametrize("key", SHOWN, ids="-".join)
def test_no_private_value_is_on_the_page_unrevealed(key: tuple[str, str], pages: Mapping[Any, Shown]) -> None:
    text = f" {plain(pages[key].masked)} "
    assert [value for value in pages[key].private if len(plain(value)) > 4 and f" {plain(value)} " in text] == []


def test_a_value_that_is_nowhere_in_the_text_is_found() -> None:
    payload = {"a": {"b": ["Zebra note 1", None, ""]}, "c": True}
    assert not_shown(payload, "A, b 1: Zebra note 12. C: no") == ["a.b[0]", "c"]
    assert not_shown(payload, "A, b 1: Zebra note 1. C: yes") == []


def test_answers_of_every_provider_are_compared() -> None:
    counts = {name: sum(provider == name for provider, _ in READABLE) for name, _ in READABLE}
    assert min(counts.values()) >= 8 and len(counts) == 5, counts
