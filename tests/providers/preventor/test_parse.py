"""Error envelopes, foreign tickets and other shapes."""

from typing import Any

import pytest

from providers import (
    Outcome,
    ProviderError,
    ReferenceMismatch,
    UnreadableAnswer,
)
from tests.providers.preventor.samples import assessed, names, payload, read, ticket_of


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("envelope-bdrqst-message-list", ReferenceMismatch),
        ("envelope-bdrqst-message-object", ReferenceMismatch),
        ("envelope-bdrqst-message-text", ReferenceMismatch),
        ("envelope-status-as-text", ReferenceMismatch),
        ("envelope-unknown-code", UnreadableAnswer),
        ("envelope-word-status", UnreadableAnswer),
        ("ticket-of-another", ReferenceMismatch),
    ],
)
def test_an_envelope_or_a_ticket_with_another_id_is_a_fault(name: str, error: type[ProviderError]) -> None:
    with pytest.raises(error) as caught:
        read(payload(name))
    assert caught.value.scope == "reference"
    assert "11111111" not in str(caught.value)


def test_every_envelope_file_is_expected_by_name() -> None:
    assert len(names("envelope-")) == 6


def test_an_envelope_around_accepted_does_not_approve() -> None:
    for status in (400, "400", 503, "ERROR"):
        with pytest.raises(UnreadableAnswer):
            read({"status": status, "code": "X", "message": "", "flow_status": "ACCEPTED"})


def test_a_wrapper_of_success_around_a_ticket_is_read() -> None:
    answer = {"status": 200, "message": "OK", "data": ticket_of("REJECTED", "FAILED")}
    assert assessed(answer).outcome is Outcome.DECLINED


@pytest.mark.parametrize("answer", [None, [], [{"flow_status": "ACCEPTED"}], "ACCEPTED", 200, True])
def test_anything_but_an_object_cannot_be_read(answer: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        read(answer)
