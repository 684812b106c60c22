"""Sentences for analysts on why a file was not copied."""

from collections.abc import Mapping

import pytest

from compliance.evidence.fault_labels import fault_label, refusal_label
from providers import FaultCode


@pytest.mark.parametrize(
    ("code", "params", "label"),
    [
        (
            FaultCode.HOST_NOT_ALLOWED,
            {"host": "images.example.net"},
            "The link leads to images.example.net, from which copying is not allowed. An admin can allow it.",
        ),
        (FaultCode.NOT_BASE64, {}, "The provider sent something other than an image."),
        (FaultCode.LINK_EXPIRED, {"status": "403"}, "The link has expired."),
        (FaultCode.FRESH_LINK_REFUSED, {}, "The provider’s file store refused to return it."),
        (
            FaultCode.NO_FILE_BEHIND_LINK,
            {"came": "2"},
            "Only 2 saved, the others are missing: The link returned no file.",
        ),
    ],
)
def test_each_code_has_a_sentence_without_network_terms(code: str, params: Mapping[str, str], label: str) -> None:
    assert fault_label(code, params, "HTTP 500") == label


@pytest.mark.parametrize("code", ["", "of_a_later_release"])
def test_text_without_a_known_code_is_shown_as_it_is(code: str) -> None:
    for text in (
        "The image is larger than 12 MiB.",
        "HTTP 403: the link has expired; the next read returns a fresh one.",
    ):
        assert fault_label(code, {}, text) == text


def test_every_code_has_a_sentence() -> None:
    for code in FaultCode:
        assert fault_label(code, {"host": "a"}, "") != ""


@pytest.mark.parametrize(
    ("stored", "label"),
    [
        ("no_page", "it has no page"),
        ("undecodable:ValueError", "it cannot be decoded (ValueError)"),
        ("it cannot be decoded: it is damaged", "it cannot be decoded: it is damaged"),
        ("it has no page", "it has no page"),
    ],
)
def test_a_refusal_has_a_label_and_stored_sentences_stay(stored: str, label: str) -> None:
    assert refusal_label(stored) == label
