"""The activity log."""

from django.test import Client
from django.urls import reverse

from compliance import audit
from compliance.enums import DeskEventType
from compliance.models import DeskEvent, User


def test_the_activity_log_is_read_only_for_admins(desk: Client, admin: User) -> None:
    audit.record_desk(DeskEventType.WORD_UNRECOGNISED, by=None, provider="bank131", word="under_audit")
    event = DeskEvent.objects.latest("pk")
    page = desk.get(reverse("admin:compliance_deskevent_changelist"))
    assert "word: under_audit" in page.content.decode()
    assert desk.get(reverse("admin:compliance_deskevent_add")).status_code == 403
    change = reverse("admin:compliance_deskevent_change", args=[event.pk])
    assert desk.post(change, {"type": "signed_in"}).status_code == 403
    assert desk.post(reverse("admin:compliance_deskevent_delete", args=[event.pk])).status_code == 403
