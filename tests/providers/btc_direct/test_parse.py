"""Reading an answer of BTC Direct: shapes, and tokens that are cut."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import (
    Outcome,
    ProviderError,
    UnreadableAnswer,
)
from providers.btc_direct import BTCDirect
from providers.btc_direct.parse import parse
from tests.providers.btc_direct.samples import ORDER, PAYLOADS, assessed, payload
from tests.sampling import examples

APPLICANT_TOKEN = "_act-invented-applicant-token-7731"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "verified"},
        {"name": "liveness"},
        {"name": "liveness", "status": None},
        {"name": "liveness", "status": 1},
        {"name": "liveness", "status": True},
        {"name": "liveness", "status": ["verified"]},
        {"name": "liveness", "status": ""},
        {"name": "liveness", "status": " "},
        {"name": None, "status": "verified"},
        {"name": "", "status": "verified"},
        {"name": "liveness", "status": "verified", "errors": {}},
        {"name": "liveness", "status": "verified", "errors": []},
        {"name": "liveness", "status": "verified", "errors": [{"code": "ER124"}]},
        {"name": "liveness", "status": "verified", "errors": None},
        {"Name": "liveness", "Status": "verified"},
        [{"name": "liveness", "status": "verified"}],
        [],
        {},
        "verified",
        None,
        7,
    ],
)
def test_another_shape_than_the_documented_one_cannot_be_read(body: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        parse(body, ORDER)


@pytest.mark.parametrize("name", ["liveness-pending", "liveness-data-list", "liveness-unknown-word"])
def test_the_applicants_token_is_in_no_report(name: str) -> None:
    assert APPLICANT_TOKEN in (PAYLOADS / f"{name}.json").read_text()
    report = parse(payload(name), ORDER)
    assert APPLICANT_TOKEN not in json.dumps(dict(report.payload))
    assert APPLICANT_TOKEN not in repr(report)
    assert APPLICANT_TOKEN not in json.dumps(BTCDirect.stored_payload(report.payload))


@pytest.mark.parametrize(
    "data",
    [{"deep": [{"sdk_Token": "CANARY"}]}, {"accessToken": {"value": "CANARY"}}, "CANARY", {"REFRESHTOKEN": "CANARY"}],
)
def test_a_token_under_another_name_or_depth_is_cut_as_well(data: Any) -> None:
    report = parse({"name": "liveness", "status": "pending", "data": data}, ORDER)
    assert "CANARY" not in json.dumps(dict(report.payload))


def test_the_stored_payload_of_an_uncut_answer_has_no_token_either() -> None:
    stored = BTCDirect.stored_payload(payload("liveness-pending"))
    assert stored["data"] == {"accessToken": "[removed]"}


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)


KEYS = st.sampled_from(["name", "status", "type", "data", "errors", "code", "ER124", "ER800", "accessToken", "x"])


STATUSES = st.sampled_from(["verified", "Validated ", "pending", "rejected", "ER124"])


ANY_JSON = st.recursive(
    LEAVES | STATUSES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=6), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=examples(400), deadline=None)
@given(body=ANY_JSON)
def test_any_json_is_a_report_or_an_error_and_only_the_documented_shape_approves(body: Any) -> None:
    try:
        report = parse(body, ORDER)
    except ProviderError as error:
        assert len(error.detail) <= 400
        return
    found = assessed(report)
    assert found.reasons
    BTCDirect.digest(report)
    if found.outcome is Outcome.APPROVED:
        assert body["status"].strip().lower() in ("verified", "validated")
        assert isinstance(body["name"], str) and "errors" not in body
