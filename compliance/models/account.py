"""Health, rate limits and token of an account. They are rows, so that they hold for all processes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from compliance.enums import AccountHealth
from compliance.models.base import Row
from providers.models import ProviderAccount
from providers.vault import EncryptedTextField, new_id


class AccountState(Row):
    """Health and rate limits of one account; locked while leasing, never during a call."""

    account = models.OneToOneField(ProviderAccount, on_delete=models.CASCADE, primary_key=True, related_name="state")
    health = models.CharField(max_length=8, choices=AccountHealth, default=AccountHealth.OK)
    """Without ``paused``, which is a column of the account."""
    fault = models.CharField(max_length=40, blank=True)
    """Code of the ``ProviderError``."""
    fault_detail = models.CharField(max_length=400, blank=True)
    fault_admin_action = models.CharField(max_length=400, blank=True, default="", db_default="")
    """As that of ``CheckSync``."""
    fault_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    """Fetches in a row that failed with a fault of the account."""
    not_before = models.DateTimeField(null=True)
    """Our own backoff: no call until then, and one probe afterwards."""
    throttled_until = models.DateTimeField(null=True, db_column="told_until")
    """From the provider's Retry-After: no call until then."""
    next_start_at = models.DateTimeField(null=True)
    """When the next call may start under the rate."""
    last_good_read_at = models.DateTimeField(null=True)
    generation = models.PositiveIntegerField(default=0)
    """Incremented by every change of the account, so that a fault of old credentials does not mark new ones."""

    class Meta(Row.Meta):
        constraints = (
            models.CheckConstraint(condition=Q(health__in=("ok", "failing", "blocked")), name="account_health_known"),
            models.CheckConstraint(
                condition=Q(health="ok", fault="", fault_since__isnull=True)
                | (~Q(health="ok") & ~Q(fault="") & Q(fault_since__isnull=False)),
                name="account_fault_has_name_and_time",
            ),
        )


class AccountToken(Row):
    """The bearer token that all processes of an account share, and the owner that may fetch the next one."""

    vault_scope: ClassVar[str] = "key_ring"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.OneToOneField(ProviderAccount, on_delete=models.CASCADE, related_name="token")
    value = EncryptedTextField(default="")
    expires_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=40, blank=True)
    owned_until = models.DateTimeField(null=True)

    class Meta(Row.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(owner="", owned_until__isnull=True) | (~Q(owner="") & Q(owned_until__isnull=False)),
                name="token_owner_has_deadline",
            ),
        )


class SyncSlot(Row):
    """A running slice and its progress, which the health pages read."""

    slot = models.PositiveSmallIntegerField(primary_key=True)
    owner = models.CharField(max_length=40, blank=True)
    until = models.DateTimeField()
    progressed_at = models.DateTimeField()
    runs = models.BigIntegerField(default=0)
