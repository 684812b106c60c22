"""Error codes of BTC Direct: all are shown, the heaviest decides."""

import pytest

from providers import (
    CredentialsRefused,
    ProviderError,
    UnreadableAnswer,
)
from providers.btc_direct.errors import Redaction
from providers.btc_direct.parse import parse
from tests.providers.btc_direct.samples import ORDER, TABLE, payload


def test_the_listed_codes_are_all_shown_to_admins_in_order() -> None:
    with pytest.raises(CredentialsRefused) as raised:
        parse(payload("errors-all-listed"), ORDER)
    listed = raised.value.detail.partition(": ")[0].split(", ")
    assert listed == sorted(payload("errors-all-listed")["errors"])
    assert len(listed) == 13


def test_key_and_inner_code_are_both_kept_when_they_disagree() -> None:
    with pytest.raises(CredentialsRefused) as raised:
        parse(payload("errors-key-and-code-disagree"), ORDER)
    assert raised.value.detail.startswith("ER035, ER805: ")


def test_message_and_solution_of_an_unknown_code_are_reported() -> None:
    with pytest.raises(UnreadableAnswer) as raised:
        parse(payload("errors-unknown-code"), ORDER)
    assert "Nobody knows this one. Write to our support." in raised.value.detail


def test_a_code_that_no_read_is_answered_with_counts_as_an_unknown_one() -> None:
    row = TABLE.find("error_code", "*")
    with pytest.raises(UnreadableAnswer) as raised:
        parse({"errors": {"ER005": {"code": "ER005", "message": "", "solution": ""}}}, ORDER)
    assert row and raised.value.detail == f"ER005: {row.summary} {row.action}"
    assert raised.value.admin_action == row.admin_action


@pytest.mark.parametrize("before", [0, 85, 95, 99])
def test_no_half_of_a_secret_is_left_where_a_long_text_is_cut(before: int) -> None:
    message = "x" * before + "CANARY-SECRET-OF-OURS" + "y" * 300
    with pytest.raises(ProviderError) as raised:
        parse({"errors": {"ER035": {"message": message}}}, ORDER, Redaction(secrets=("CANARY-SECRET-OF-OURS",)))
    assert "CAN" not in raised.value.detail
    assert "x" * min(before, 80) in raised.value.detail
