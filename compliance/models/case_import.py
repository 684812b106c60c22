"""An uploaded file of cases, from its preview to its import."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from compliance.enums import ImportState
from compliance.models.base import Row
from providers.vault import EncryptedBytesField, new_id


class CaseImport(Row):
    """One uploaded file and how far it is processed. Deleted after some hours; its events stay."""

    vault_scope: ClassVar[str] = "key_ring"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.CHECKING)
    created_at = models.DateTimeField(auto_now_add=True)
    content = EncryptedBytesField(default=b"", compressed=True)
    """The file; empty after its import."""
    encoding = models.CharField(max_length=20)
    notice = models.CharField(max_length=200, blank=True)
    """About the encoding."""
    lines = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    """Lines that this state has processed."""
    last_line = models.PositiveIntegerField(default=0)
    """Number of the last processed line of the file."""
    cases = models.PositiveIntegerField(default=0)
    checks = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    """Line number and sentence of failed lines, without values of applicants; at most ``MOST_ERRORS``."""

    class Meta(Row.Meta):
        constraints = (models.CheckConstraint(condition=Q(state__in=ImportState.values), name="import_state_known"),)
        indexes = (models.Index(fields=("created_at",), name="import_oldest_first"),)
