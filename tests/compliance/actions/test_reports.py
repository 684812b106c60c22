"""Storing reports, and their effect on check and case."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import cases, reports
from compliance.models import Check, CheckReport, CheckSync, DeskEvent, Event
from providers import Outcome, TimeoutRule, Verdict
from providers.models import ProviderAccount
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import events, fresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(db: None) -> ProviderAccount:
    return assertions.make_account()


def test_a_report_is_numbered_within_check_and_case() -> None:
    case = factories.make_case()
    one, two = assertions.add_check(case), assertions.add_check(case, "face")
    assertions.say(one, "in_progress")
    assertions.say(two, "in_progress")
    assertions.say(one, "declined", "negative", "62301")
    rows = CheckReport.objects.filter(case=case).order_by("seq")
    assert [(row.check_row_id, row.number, row.seq) for row in rows] == [(one.pk, 1, 1), (two.pk, 1, 2), (one.pk, 2, 3)]
    assert (rows[2].codes, rows[2].payload) == (["62301"], {"status": "declined", "codes": ["62301"]})
    assert fresh(case).report_seq == 3
    assert Event.objects.filter(case=case, type="reported").order_by("-seq")[0].data == {
        "check": str(one.pk),
        "provider": "checkout_com",
        "kind": "identity",
        "reference": one.reference,
        "report": 2,
        "digest": rows[2].digest,
        "before": "in_progress",
        "outcome": "declined",
        "verdict": "negative",
        "status": "declined",
        "codes": ["62301"],
        "difference": {
            "report": 1,
            "outcome": ["in_progress", "declined"],
            "verdict": ["none", "negative"],
            "status": ["in_progress", "declined"],
            "codes_came": ["62301"],
        },
    }


def test_an_unmapped_status_asks_for_review_and_notifies_admins() -> None:
    case = assertions.case_with("manual_review", "unknown")
    assert (case.queue, case.why_head) == ("manual_review", "Checkout.com unknown status “manual_review”")
    event = DeskEvent.objects.get(type="word_unrecognised")
    assert event.data == {"provider": "checkout_com", "word": "manual_review"}


def test_a_timeout_rule_changes_the_outcome() -> None:
    case = factories.make_case()
    check = assertions.add_check(case)
    lapse = TimeoutRule(key="k", after=timedelta(minutes=30), outcome=Outcome.INCOMPLETE, verdict=Verdict.NONE)
    assertions.say(check, "in_progress", lapse=lapse)
    assert assertions.say(check, "in_progress", lapse=lapse).unchanged == 1
    since = timezone.now() - timedelta(minutes=31)
    assert check.lapse is not None
    Check.objects.filter(pk=check.pk).update(lapse={**check.lapse, "since": since.isoformat()})
    assertions.say(check, "in_progress", lapse=lapse)
    assert (check.outcome, fresh(case).queue, CheckReport.objects.count()) == ("incomplete", "incomplete", 1)
    assert "lapsed" in events(case)


def test_a_batch_routes_each_case_once_from_all_its_reports() -> None:
    case = factories.make_case()
    pair = [assertions.add_check(case), assertions.add_check(case, "face")]
    CheckSync.objects.update(fence=1)
    template = assertions.read_of(pair[0], "approved"), assertions.read_of(pair[1], "declined")
    stored = reports.record_reports(template)
    assert (stored.changed, stored.refused) == (2, 0)
    assert (fresh(case).queue, events(case)[-3:]) == ("declined", ["reported", "reported", "queued"])
    assert cases.evidence_of(fresh(case))[0][2:] == [1, "approved", "positive"]
