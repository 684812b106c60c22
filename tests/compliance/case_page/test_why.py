"""Warnings at the top of a case page: values of an accepted answer that nobody understands."""

import pytest
from django.test import Client

from compliance.case_page.command_line import check_as_data
from compliance.models import Check
from providers import Facts
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import fresh
from tests.compliance.views.pages import case_page

pytestmark = pytest.mark.django_db
PATHS = ("check.documents[0].permit_type_remarks", "attempts[1].note")


def warnings(desk: Client, check: Check) -> str:
    return " | ".join(case_page(desk, check.case).one("section", id="warnings").texts("li"))


def read_check(*unread: str) -> Check:
    check = assertions.add_check(factories.make_case())
    assertions.say(check, "approved", facts=Facts(full_name="Ada Example", unread=unread))
    return check


def test_unread_values_are_named_on_the_page_until_the_case_is_decided(desk: Client) -> None:
    check = read_check(*PATHS)
    text = "the answer contains values that are not read: Documents 1, permit type remarks and Attempts 2, note."
    assert text in warnings(desk, check)
    case = fresh(check.case)
    assert (case.status, case.queue, case.why_head) == ("in_review", "ready", "All checks passed")
    assert "permit" not in case.why
    blocked = check_as_data(check.account.name, check.reference)["case"]["auto_approval"]["blocked_by"]
    assert blocked == [f"unread:{path}" for path in PATHS]


def test_an_answer_of_an_earlier_release_is_examined_by_the_next_read_of_the_same_answer(desk: Client) -> None:
    check = read_check("check.other")
    check.facts = {name: value for name, value in check.facts.items() if name != "unread"}
    check.save(update_fields=["facts"])
    assert "stored by an earlier release. Refresh the check" in warnings(desk, check)
    facts = Facts(full_name="Ada Example")
    assert assertions.say(check, "approved", facts=facts).unchanged == 1
    assert (check.facts["unread"], check.report_count, fresh(check.case).status) == ([], 1, "decided")
    assert "earlier release" not in warnings(desk, check)
