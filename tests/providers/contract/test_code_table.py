"""Code tables: severity, wildcard rows, and what a row says."""

import pytest

from providers import FaultCode, Outcome, Verdict, code_table, provider_class, provider_names

SEVERE = {
    "advance_ai": {"Holder's Death", "LIVENESS_ATTACK", "NUMBER_DECEASED", "RISK_STRATEGY_HIT"},
    "checkout_com": {
        *("62301", "62302", "62303", "62304", "62305", "62306", "62307", "62321"),
        *("62331", "62332", "62333", "62334", "62399", "62403"),
    },
}


@pytest.mark.parametrize("name", ["btc_direct", "bank131", "preventor", "advance_ai", "checkout_com"])
def test_fraud_coercion_and_death_are_severe_and_nothing_else(name: str) -> None:
    assert {row.value for row in code_table(name).rows if row.severe} == SEVERE.get(name, set())
    assert all(provider_class(name).is_severe(code) for code in SEVERE.get(name, ()))
    assert not provider_class(name).is_severe("no such code")


@pytest.mark.parametrize("name", provider_names())
def test_every_row_names_its_provider_and_has_a_sentence(name: str) -> None:
    rows = code_table(name).rows
    assert rows
    assert {row.provider for row in rows} == {name}
    assert [row for row in rows if not (row.summary and row.group and row.evidence)] == []


@pytest.mark.parametrize("name", provider_names())
def test_no_wildcard_row_approves(name: str) -> None:
    wildcards = [row for row in code_table(name).rows if row.value == "*" and row.outcome]
    assert wildcards
    assert [row for row in wildcards if row.outcome is Outcome.APPROVED or row.verdict is Verdict.POSITIVE] == []


@pytest.mark.parametrize("name", provider_names())
def test_what_an_admin_has_to_do_is_a_column_of_its_own(name: str) -> None:
    rows = code_table(name).rows
    assert [row.value for row in rows if "admin" in f"{row.summary} {row.action} {row.admin_action}".lower()] == []
    assert [row.value for row in rows if row.admin_action[:1].islower()] == []


def test_a_detail_joins_the_texts_of_a_row_and_carries_the_action_of_an_admin() -> None:
    row = code_table("bank131").row("http_status", "422")
    detail = row.detail("HTTP 422:", "The bank says: no.", FaultCode.HTTP_ERROR)
    assert detail == f"HTTP 422: {row.summary} The bank says: no."
    assert (detail.code, detail.params) == (FaultCode.HTTP_ERROR, {"admin_action": row.admin_action})
    assert row.admin_action == "Read the code and its text, then correct the account."
    assert code_table("bank131").row("status", "pending").detail().params == {}
