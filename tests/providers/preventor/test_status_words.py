"""Values of a ticket by the names of their keys."""

import pytest

from providers.preventor.status_words import Keyed


@pytest.mark.parametrize("key", ["flow_status", "flowStatus", "Flow-Status", " FLOWSTATUS "])
def test_a_key_is_found_in_any_spelling(key: str) -> None:
    assert list(Keyed({"a": [{key: "ACCEPTED"}]}).values("flow_status")) == ["ACCEPTED"]


def test_the_value_nearest_to_the_top_is_first() -> None:
    ticket = {"deep": {"deeper": {"code": 3}, "code": 2}, "code": 1}
    assert list(Keyed(ticket).values("code", "other")) == [1, 2, 3]
    assert list(Keyed(ticket).values("nothing")) == []
