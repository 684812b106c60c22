"""Why a case is here, check by check."""

from collections.abc import Callable

import pytest
from django.test import Client

from providers import NotFoundAtProvider
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.pages import Node, case_page

pytestmark = pytest.mark.django_db


def lines(page: Node) -> list[str]:
    return [line.text for line in page.by_id("warnings").all("div", "check-line")]


def test_each_current_check_has_a_line_with_its_reasons(desk: Client) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    assertions.say(assertions.add_check(case), "approved", "positive", "10000")
    declined, passed = sorted(lines(case_page(desk, case)))
    assert declined.startswith("Declined Checkout.com Identity") and "62301" in declined
    assert passed.startswith("Passed Checkout.com Identity")


def test_codes_of_fraud_and_coercion_are_marked(desk: Client) -> None:
    case = assertions.case_with("declined", "negative", "62403")
    (reason,) = case_page(desk, case).by_id("warnings").all("span", "because")
    assert "is-severe" in reason.classes and reason.has("svg")
    quiet = assertions.case_with("retry_required", "none", "61301")
    (reason,) = case_page(desk, quiet).by_id("warnings").all("span", "because")
    assert "is-severe" not in reason.classes


@pytest.mark.django_db(transaction=True)
def test_a_score_shows_its_scale_and_limit_and_the_status_is_no_reason(
    simulator: Simulator, account: Callable[..., ProviderAccount], desk: Client
) -> None:
    attacked = factories.case_from(simulator, account("advance_ai"), "failed-liveness-injected")
    (line,) = lines(case_page(desk, attacked))
    assert "LIVENESS_ATTACK" in line and "liveness 12 (of 100; below 50 may be an attack)" in line
    assert "The applicant failed the verification" not in line, "it only repeats the status"


def test_a_check_that_cannot_be_read_says_so(desk: Client) -> None:
    case = factories.make_case()
    check = assertions.add_check(case)
    assertions.fail(check, NotFoundAtProvider("checkout_com", "Nobody knows it there."))
    (line,) = lines(case_page(desk, case))
    assert line.startswith("Sync error Checkout.com Identity")
