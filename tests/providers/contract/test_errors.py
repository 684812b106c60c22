"""Errors of reads, and the details that they carry."""

import pytest

from providers import Detail, FaultCode, ProviderUnavailable, UnreadableAnswer, code_of, params_of, reworded


def test_a_detail_is_its_text_with_code_and_parameters() -> None:
    detail = Detail("Not fetched.", FaultCode.HOST_NOT_ALLOWED, host="a.example")
    assert detail == "Not fetched."
    assert (code_of(detail), params_of(detail)) == (FaultCode.HOST_NOT_ALLOWED, {"host": "a.example"})
    assert (code_of("Not fetched."), params_of("Not fetched.")) == (None, {})


@pytest.mark.parametrize(
    ("detail", "code", "params"),
    [
        ("Gone.", None, {"came": "2"}),
        (Detail("Gone.", FaultCode.LINK_EXPIRED, status="403"), FaultCode.LINK_EXPIRED, {"status": "403", "came": "2"}),
    ],
)
def test_a_reworded_detail_keeps_code_and_parameters(
    detail: str, code: FaultCode | None, params: dict[str, str]
) -> None:
    found = reworded(detail, f"Only 2 came: {detail}", came="2")
    assert (found, found.code, found.params) == ("Only 2 came: Gone.", code, params)


def test_an_error_names_the_action_of_an_admin_apart_from_its_detail() -> None:
    error = ProviderUnavailable("bank131", Detail("No such address.", admin_action="Check the base URL."))
    assert (error.detail, error.admin_action) == ("No such address.", "Check the base URL.")
    assert str(error) == "bank131: No such address."
    assert UnreadableAnswer("bank131", "It is no JSON.").admin_action == ""
