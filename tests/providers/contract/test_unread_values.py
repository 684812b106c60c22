"""Values that nobody understands: none in documented accepted answers, and any that is added to one of them."""

import copy
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from providers import (
    Kind,
    ProviderError,
    Report,
    Rules,
    Verdict,
    code_table,
    provider_class,
    provider_names,
    with_unread_values,
)
from providers.checkout_com import CheckoutCom
from providers.contract.unread_values import MOST_UNREAD
from tests.providers.expectations import expectations_of
from tests.providers.test_hostile_answers import files_of

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
KEY = "zebraNote"
ADDED: tuple[Any, ...] = (
    "sanctioned", "Zebra note", "fine", True, 17, 1.5, -3, {"deep": [{"note": "zebra"}]}, ["zebra"], [{"list": "OFAC"}],
)  # fmt: skip
WITH_UNKNOWN_CODES = {("checkout_com", "identity_unknown_code_and_label"): ("check.response_codes[1].summary",)}
"""Files of answers that are accepted and have values that no documentation names."""


def read(provider: str, name: str, body: Any) -> Report | None:
    """The report of an accepted answer with what is not read in it; None for any other answer."""
    expected, cls = expectations_of(provider), provider_class(provider)
    try:
        report = expected.parse(body, expected.subject_of(name, body))
        rules = Rules(codes=code_table(provider), settings=cls.default_settings())
        # The mapping is pure and needs no connection.
        meaning = cls.normalise(cast(Any, None), report, rules)
    except ProviderError:
        return None
    if meaning.verdict != Verdict.POSITIVE:
        return None
    return with_unread_values(report, cls.stored_payload(report.payload), cls, now=NOW)


ACCEPTED = [
    (provider, name, body)
    for provider in provider_names()
    for name, body in files_of(provider)
    if read(provider, name, body)
]


@pytest.mark.parametrize(
    ("provider", "name", "body"), ACCEPTED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_documented_accepted_answer_has_no_unread_value(provider: str, name: str, body: Any) -> None:
    report = read(provider, name, body)
    assert report and report.facts.unread == WITH_UNKNOWN_CODES.get((provider, name), ())


def containers(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all objects and lists of an answer."""
    if isinstance(value, dict | list):
        yield way
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from containers(child, (*way, key))


def with_more(body: Any, way: tuple[Any, ...], value: Any) -> Any:
    """A copy with this value added to the object or list at a path."""
    changed = copy.deepcopy(body)
    at = changed
    for key in way:
        at = at[key]
    if isinstance(at, dict):
        at[KEY] = value
    else:
        at.append(value)
    return changed


@pytest.mark.parametrize("provider", provider_names())
def test_a_value_added_anywhere_to_an_accepted_answer_is_unread_or_worse(provider: str) -> None:
    missed, count = [], 0
    for _, name, body in (one for one in ACCEPTED if one[0] == provider):
        for way in containers(body):
            for value in ADDED:
                count += 1
                report = read(provider, name, with_more(body, way, value))
                if report and not report.facts.unread and not report.facts.negatives:
                    missed.append((name, way, value))
    assert missed == []
    assert count >= 20


def test_every_provider_has_accepted_answers() -> None:
    assert {provider for provider, _, _ in ACCEPTED} == set(provider_names())


def of_payload(payload: Mapping[str, Any], **given: Any) -> Report:
    report = Report(provider="checkout_com", kind=Kind.IDENTITY, reference="idv_1", status="approved")
    return with_unread_values(report, payload, CheckoutCom, now=NOW, **given)


@pytest.mark.parametrize("value", [None, "", "  ", False, 0, {}, [], "[removed]", "[picture, 9 bytes, sha256 0]"])
def test_a_value_without_content_is_no_unread_value(value: Any) -> None:
    assert of_payload({"check": {"other": value}}).facts.unread == ()


def test_unread_values_are_named_by_their_paths_up_to_a_limit() -> None:
    assert of_payload({"check": {"documents": [{"a.b": [1, "x"]}]}}).facts.unread == (
        'check.documents[0]."a.b"[0]',
        'check.documents[0]."a.b"[1]',
    )
    many = of_payload({"check": {f"key{at}": "x" for at in range(500)}}).facts.unread
    assert (len(many), many[0]) == (MOST_UNREAD, "check.key0")


@pytest.mark.parametrize(
    ("created", "submitted", "expected"),
    [
        ("2026-11-29T11:00:00Z", None, ()),
        ("2026-11-30T11:00:00Z", None, ()),
        ("2087-11-20T08:15:01Z", None, (("created on", "in the future"),)),
        ("2016-11-20T08:15:01Z", None, ()),
        ("2010-11-20T08:15:01Z", None, (("created on", "long before the submission"),)),
        ("2026-01-20T08:15:01Z", NOW, ()),
        ("2021-11-20T08:15:01Z", NOW, (("created on", "long before the submission"),)),
    ],
)
def test_a_time_that_cannot_be_true_is_a_contradiction(created: str, submitted: Any, expected: Any) -> None:
    found = of_payload({"check": {"created_on": created}}, submitted_at=submitted)
    assert (found.facts.unread, found.facts.negatives) == ((), expected)


def of_ticket(ticket: Mapping[str, Any]) -> tuple[str, ...]:
    report = Report(provider="preventor", kind=Kind.IDENTITY, reference="t", status="ACCEPTED")
    return with_unread_values(report, ticket, provider_class("preventor"), now=NOW).facts.unread


def test_keys_of_preventor_are_read_in_any_spelling() -> None:
    ticket = {"FlowStatus": "ACCEPTED", "idProofingResults": {"general-status": "OK", "imageQuality": "zebra"}}
    assert of_ticket(ticket) == ("idProofingResults.imageQuality",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("OK", True), ("passed", True), ("VALID", True), (True, True), (None, True), ("", True), ("GREY", False),
        ("MAYBE", False), ("NOT OK", False), ("PARTIALLY", False), ("REVIEW", False), ("NOT_PERFORMED", False),
    ],
)  # fmt: skip
def test_the_result_of_a_document_check_is_read_if_it_is_positive(value: Any, expected: bool) -> None:
    assert (of_ticket({"id_proofing_results": {"authenticity": value}}) == ()) is expected


@pytest.mark.parametrize(
    ("provider", "name", "expected"),
    [
        ("checkout_com", "identity_approved_full", "aplt_01k9r0000000000000000aplt1"),
        ("checkout_com", "aml_approved_monitored", "aplt_01k9r0000000000000000aplt1"),
        ("preventor", "ticket-accepted-passed", "CUST-000123"),
        ("advance_ai", "pass-with-links", "APP-1001"),
        ("bank131", "ok", ""),
    ],
)
def test_the_providers_own_id_of_the_person_is_a_fact(provider: str, name: str, expected: str) -> None:
    body = next(body for of, file, body in ACCEPTED if (of, file) == (provider, name))
    report = read(provider, name, body)
    assert report and report.facts.applicant_id == expected
