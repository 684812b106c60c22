"""The override card names the images and payloads that its two people have not opened."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from compliance import audit
from compliance.actions import overrides
from compliance.enums import AccessKind, DecisionVerdict
from compliance.models import Case, OverrideProposal, User, ViewRecord
from tests.compliance import assertions
from tests.compliance.views.pages import bytes_of, case_page, signed_in
from tests.compliance.views.test_documents import copied, png
from tests.factories import decision_request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_cache")]


def proposed(case: Case, by: User) -> OverrideProposal:
    return overrides.propose(case.pk, by=by, request=decision_request(case, DecisionVerdict.APPROVE, "OK-04"))


def unopened(client: Client, case: Case) -> dict[str, str]:
    """``you`` or the name of the proposer -> the line about this person."""
    card = case_page(client, case).by_id("override")
    lines = [node.text for node in card.walk() if "data-unopened" in node.attributes]
    return {re.split(" opened by ", line)[1].partition(":")[0].rstrip("."): line for line in lines}


def opened(case: Case, by: User, kind: AccessKind, **columns: object) -> None:
    audit.record_views(ViewRecord(kind=kind, user=by, case=case, page="check-payload", **columns))


def test_the_approver_sees_what_both_people_have_not_opened(analyst: User, manager: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    check = case.checks.get()
    proposed(case, analyst)
    missing = "Checkout.com identity payload"
    browser = signed_in(manager)
    assert unopened(browser, case) == {
        "you": f"Not opened by you: {missing}",
        "Dana Whitfield": f"Not opened by Dana Whitfield: {missing}",
    }
    opened(case, analyst, AccessKind.PAYLOAD, check_row=check, report_number=check.report_count)
    assert unopened(browser, case)["Dana Whitfield"] == "All images and payloads opened by Dana Whitfield."
    assert unopened(browser, case)["you"] == f"Not opened by you: {missing}"


def test_an_earlier_report_does_not_count_as_opened(analyst: User, manager: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    check = case.checks.get()
    opened(case, manager, AccessKind.PAYLOAD, check_row=check, report_number=check.report_count)
    assertions.say(check, "declined", "negative", "62304")
    proposed(Case.objects.get(pk=case.pk), analyst)
    assert unopened(signed_in(manager), case)["you"].startswith("Not opened by you: ")


def test_the_proposer_sees_the_own_line_only(analyst: User) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    proposed(case, analyst)
    assert list(unopened(signed_in(analyst), case)) == ["you"]


def test_a_loaded_thumbnail_is_not_an_opened_image(analyst: User, manager: User, decode_in_process: None) -> None:
    case = assertions.case_with("declined", "negative", "62301")
    image = copied(case.checks.get(), png())
    proposed(Case.objects.get(pk=case.pk), analyst)
    browser = signed_in(manager)
    opened(case, manager, AccessKind.THUMBNAIL, document=image)
    assert "Selfie" in unopened(browser, case)["you"]
    assert bytes_of(browser.get(reverse("document-image", args=[image.pk, "view"])))
    assert "Selfie" not in unopened(browser, case)["you"]
