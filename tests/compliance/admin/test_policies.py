"""Reason codes, rulings, deadlines and the policy."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from compliance import audit
from compliance.enums import DeskEventType
from compliance.models import DeskEvent, DeskPolicy, PolicyRule, QueueTerm, ReasonCode


def test_reason_codes_are_added_and_deactivated_never_deleted(desk: Client) -> None:
    data = {"code": "X1", "label": "Cut", "verdicts": ["reject", "escalate"], "asks_note": "on", "active": "on"}
    assert desk.post(reverse("admin:compliance_reasoncode_add"), data).status_code == 302
    url = reverse("admin:compliance_reasoncode_change", args=["X1"])
    assert desk.post(url, {**data, "active": ""}).status_code == 302
    code = ReasonCode.objects.get(pk="X1")
    assert (code.verdicts, code.asks_note, code.active) == (["reject", "escalate"], True, False)
    events = DeskEvent.objects.filter(type=DeskEventType.REASON_CODE_CHANGED).order_by("pk")
    assert events[1].data["changed"] == {"active": [True, False]}
    assert desk.post(reverse("admin:compliance_reasoncode_delete", args=["X1"]), {"post": "yes"}).status_code == 403


def test_a_reason_is_suggested_by_known_codes_only(desk: Client) -> None:
    url = reverse("admin:compliance_reasoncode_change", args=["FRD-02"])
    data = {"label": "Another person's face", "verdicts": ["reject"], "active": "on"}
    answer = desk.post(url, data | {"suggested_by": "checkout_com:62301,checkout_com:NONE,nobody:62301"})
    assert "No code table has checkout_com:NONE, nobody:62301." in answer.content.decode()
    assert desk.post(url, data | {"suggested_by": "checkout_com:62301"}).status_code == 302
    assert ReasonCode.objects.get(pk="FRD-02").suggested_by == ["checkout_com:62301"]


def test_a_ruling_must_be_stricter_than_the_default_and_can_be_deleted(desk: Client) -> None:
    rule = {"outcome": "approved", "provider_verdict": "positive", "verdict": "approve", "ruling": "needs_approval"}
    lax = {"outcome": "declined", "provider_verdict": "negative", "verdict": "approve", "ruling": "free"}
    answer = desk.post(reverse("admin:compliance_policyrule_add"), lax)
    assert "may only be stricter" in answer.content.decode()
    assert desk.post(reverse("admin:compliance_policyrule_add"), rule).status_code == 302
    stored = PolicyRule.objects.get()
    url = reverse("admin:compliance_policyrule_delete", args=[stored.pk])
    assert desk.post(url, {"post": "yes"}).status_code == 302
    assert not PolicyRule.objects.exists()
    assert DeskEvent.objects.filter(type=DeskEventType.POLICY_CHANGED).count() == 2


def test_deadlines_and_the_policy_are_changed_and_recorded(desk: Client) -> None:
    QueueTerm.objects.get_or_create(queue="declined", defaults={"hours": 24})
    policy, _ = DeskPolicy.objects.get_or_create()
    url = reverse("admin:compliance_queueterm_change", args=["declined"])
    assert desk.post(url, {"hours": "12"}).status_code == 302
    data = {
        "auto_close": "on",
        "required_kinds": ["document", "aml"],
        "retry_days": 5,
        "proposal_days": 2,
        "claim_minutes": 20,
    }
    assert desk.post(reverse("admin:compliance_deskpolicy_change", args=[policy.pk]), data).status_code == 302
    assert QueueTerm.objects.get(queue="declined").hours == 12
    assert DeskPolicy.objects.get().required_kinds == ["document", "aml"]
    assert DeskEvent.objects.filter(type=DeskEventType.POLICY_CHANGED).count() == 2
    for name in ("queueterm", "deskpolicy"):
        assert desk.get(reverse(f"admin:compliance_{name}_add")).status_code == 403


class _Full(Exception):
    """The trail cannot be written."""


def test_no_policy_changes_without_its_event(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise _Full

    monkeypatch.setattr(audit, "record_desk", refuse)
    data = {"code": "X2", "label": "Cut", "verdicts": ["reject"], "active": "on"}
    with pytest.raises(_Full):
        desk.post(reverse("admin:compliance_reasoncode_add"), data)
    assert not ReasonCode.objects.filter(pk="X2").exists()
