"""Every reachable row of Checkout.com's code table, sent by the simulator over HTTP and read back."""

from typing import Any

import pytest

from providers import (
    Assessment,
    CodeRow,
    CredentialsRefused,
    NotFoundAtProvider,
    Outcome,
    Provider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    ReferenceMismatch,
    UnreadableAnswer,
    code_table,
)
from providers.simulator.checkout_com.scenarios import CLOSED_WITH, KINDS, UNKNOWN_CODE, UNKNOWN_LABEL, UNKNOWN_STATUS
from tests.providers.checkout_com.calls import PLAYED, asked
from tests.providers.checkout_com.expectations import HTTP_SCENARIOS
from tests.providers.conftest import ClientFactory

TABLE = code_table("checkout_com")


@pytest.fixture
def checkout(client: ClientFactory) -> Provider:
    return client("checkout_com")


# --- every reachable row of the code table ----------------------------------------------------------------------------


def rows_of(kind: str) -> list[Any]:
    """(row, kind of check) for every reachable row and every product that it applies to."""
    return [
        pytest.param(row, KINDS[product], id=f"{row.value}-{KINDS[product]}")
        for row in TABLE.rows
        if row.kind == kind and row.reachable
        for product in row.applies_to
        if product in KINDS
    ]


def reason_of(assessment: Assessment, code: str) -> tuple[str, str, str, str, bool]:
    reason = next(reason for reason in assessment.reasons if reason.code == code)
    return reason.summary, reason.group, reason.action, reason.admin_action, reason.recognised


def what(row: CodeRow) -> tuple[str, str, str, str, bool]:
    return row.summary, row.group, row.action, row.admin_action, row.value != "*"


@pytest.mark.parametrize(("row", "kind"), rows_of("check_status"))
def test_a_status_row_is_sent_and_read(checkout: Provider, row: CodeRow, kind: str) -> None:
    name, word = ("unknown-status", UNKNOWN_STATUS) if row.value == "*" else (row.value.replace("_", "-"), row.value)
    report, assessment = asked(checkout, f"{kind}-{name}")
    assert (report.status, assessment.outcome, assessment.verdict) == (word, row.outcome, row.verdict)
    assert reason_of(assessment, word) == what(row)
    assert report.request_id


@pytest.mark.parametrize(("row", "kind"), rows_of("attempt_status"))
def test_an_attempt_row_is_sent_and_reported(checkout: Provider, row: CodeRow, kind: str) -> None:
    report, _ = asked(checkout, f"{kind}-attempt-{row.value.replace('_', '-')}")
    assert (report.attempts[0].status, report.attempts[0].summary) == (row.value, row.summary)


@pytest.mark.parametrize(("row", "kind"), rows_of("response_code"))
def test_a_code_row_is_sent_and_becomes_a_reason(checkout: Provider, row: CodeRow, kind: str) -> None:
    code = str(UNKNOWN_CODE) if row.value == "*" else row.value
    status = {"10": "approved", "61": "retry_required", "62": "declined", "63": "refused", "64": "inconclusive"}[
        code[:2]
    ]
    report, assessment = asked(checkout, f"{kind}-{status.replace('_', '-')}-{code}")
    assert report.codes == (code,)
    assert reason_of(assessment, code) == what(row)
    expected = {"approved": "approved", "retry_required": "retry_required", "declined": "declined"}
    assert assessment.outcome == expected.get(status, "incomplete")


@pytest.mark.parametrize("status", CLOSED_WITH)
def test_a_closed_attempt_comes_with_three_statuses_and_the_status_decides(checkout: Provider, status: str) -> None:
    _, assessment = asked(checkout, f"identity-{status.replace('_', '-')}-64001")
    assert assessment.outcome == {"pending": "pending", "inconclusive": "incomplete"}.get(status, "retry_required")
    assert assessment.reasons[0].code == "64001"


@pytest.mark.parametrize(("row", "kind"), rows_of("risk_label"))
def test_a_risk_label_row_is_sent_and_shown(checkout: Provider, row: CodeRow, kind: str) -> None:
    label = UNKNOWN_LABEL if row.value == "*" else row.value
    report, assessment = asked(checkout, f"{kind}-risk-{label.replace('_', '-')}")
    assert (report.risk_labels, assessment.outcome) == ((label,), Outcome.APPROVED)
    assert reason_of(assessment, label) == what(row)


HTTP_FAULTS: dict[str, type[ProviderError]] = {
    "400": ReferenceMismatch,
    "401": CredentialsRefused,
    "403": CredentialsRefused,
    "404": NotFoundAtProvider,
    "422": ReferenceMismatch,
    "429": ProviderThrottled,
    "500": ProviderUnavailable,
    "502": ProviderUnavailable,
    "503": ProviderUnavailable,
    "*": ProviderUnavailable,
}


def test_every_http_row_that_names_a_fault_has_its_scenario() -> None:
    rows = {row.value for row in TABLE.rows if row.kind == "http_status" and row.reachable and row.fault}
    assert rows == set(HTTP_FAULTS) == set(HTTP_SCENARIOS)


@pytest.mark.parametrize("value", HTTP_FAULTS)
def test_an_http_row_is_sent_and_is_a_fault_of_its_scope(checkout: Provider, value: str) -> None:
    scenario, error = HTTP_SCENARIOS[value], HTTP_FAULTS[value]
    row = next(row for row in TABLE.rows if row.kind == "http_status" and row.value == value)
    with pytest.raises(error) as caught:
        asked(checkout, scenario)
    assert (type(caught.value), caught.value.scope) == (error, row.fault)
    assert row.summary in caught.value.detail and row.action in caught.value.detail
    assert caught.value.admin_action == row.admin_action


TOKEN_WORDS = ["invalid_client", "invalid_grant", "unauthorized_client", "access_denied", "invalid_context", "odd_word"]


def test_every_token_row_has_its_word() -> None:
    rows = {row.value for row in TABLE.rows if row.kind == "token_error"}
    assert rows == {"*" if word == "odd_word" else word for word in TOKEN_WORDS}


@pytest.mark.parametrize("word", TOKEN_WORDS)
def test_a_refused_sign_in_is_a_fault_of_the_account(client: ClientFactory, word: str) -> None:
    row = TABLE.find_or_any("token_error", word)
    with pytest.raises(CredentialsRefused) as caught:
        asked(client("checkout_com", credentials=PLAYED.other_credentials[f"sign-in-{word}"]), "identity-approved")
    assert row and row.summary in caught.value.detail and f"({word})" in caught.value.detail
    assert caught.value.admin_action == row.admin_action
    assert caught.value.scope == row.fault == "account"


@pytest.mark.parametrize(
    ("scenario", "value"),
    [("identity-no-status", "status_missing"), ("identity-status-null", "status_missing"),
     ("fault-empty-200", "not_readable"), ("fault-html-200", "not_readable"), ("fault-truncated-json", "not_readable")],
)  # fmt: skip
def test_an_answer_of_another_shape_is_a_fault_of_the_reference(checkout: Provider, scenario: str, value: str) -> None:
    row = TABLE.find("shape", value)
    with pytest.raises(UnreadableAnswer) as caught:
        asked(checkout, scenario)
    assert row and row.summary in caught.value.detail
    assert caught.value.admin_action == row.admin_action
    assert (caught.value.scope, caught.value.retryable) == (row.fault, True)
