"""Differences between two states of the evidence, in sentences."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.actions import cases
from compliance.models import Check, Document
from compliance.queries.evidence_changes import evidence_changes
from compliance.routing.evidence_digest import EvidenceRow
from tests.compliance import assertions

pytestmark = pytest.mark.django_db


def test_each_difference_is_one_sentence() -> None:
    case = assertions.case_with("declined", "negative", "62301")
    check = case.checks.get()
    before = cases.evidence_of(case)
    assertions.say(check, "manual_review", "none", "62305")
    after: list[EvidenceRow] = [*cases.evidence_of(case), ["document", "unknown", "blob"]]
    name = f"Checkout.com identity {check.reference}"
    was, now = "declined, negative, report 1 (62301)", "manual_review, none, report 2 (62305)"
    assert evidence_changes(case.pk, before, after) == (f"{name} was {was}; it is now {now}.", "unknown is new.")
    assert evidence_changes(case.pk, before, []) == (f"{name} is no longer part of the case.",)
    assert evidence_changes(case.pk, [], after[:1]) == (f"{name} is new: {now}.",)


def test_documents_are_named_by_kind_label_and_check() -> None:
    case = assertions.case_with("declined")
    check = Check.objects.get(case=case)
    document = Document.objects.create(
        case=case, check_row=check, data_key=check.data_key, kind="selfie", label="face.jpg", position=1
    )
    name = f"Selfie “face.jpg”, 2 of Checkout.com identity {check.reference}"
    assert evidence_changes(case.pk, [], [["document", str(document.pk), "b"]]) == (f"{name} is new.",)


def test_equal_evidence_costs_no_query() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert evidence_changes(1, [["document", "a", "b"]], [["document", "a", "b"]]) == ()
    assert len(asked) == 0
