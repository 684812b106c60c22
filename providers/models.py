"""Accounts at providers, with encrypted credentials."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from providers.vault import DataKey, EncryptedJSONField, new_id

__all__ = ["DataKey", "ProviderAccount"]


class ProviderAccount(models.Model):
    """A set of credentials at a provider in one environment. Written through ``compliance.actions.accounts`` only."""

    vault_scope: ClassVar[str] = "key_ring"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60, unique=True)
    # No choices: a sixth provider needs no migration.
    provider = models.CharField(max_length=40)
    environment = models.CharField(max_length=10)
    base_url = models.CharField(max_length=300)
    credentials = EncryptedJSONField(default=dict)
    credential_fingerprints = models.JSONField(default=dict, editable=False)
    """Credential key -> short keyed fingerprint, which identifies the stored secret."""
    credentials_changed_at = models.DateTimeField(null=True, editable=False)
    credentials_changed_by = models.CharField(max_length=150, blank=True, editable=False)
    rate_per_second = models.FloatField(default=5.0)
    concurrency = models.PositiveSmallIntegerField(default=8)
    poll_interval_seconds = models.PositiveIntegerField(null=True, blank=True, db_column="rhythm_seconds")
    """Seconds between two reads of an open check; empty means the provider's own interval."""
    settings = models.JSONField(default=dict, blank=True)
    evidence_hosts = models.JSONField(default=list, blank=True)
    """Hosts besides the official ones that evidence links may name."""
    paused_at = models.DateTimeField(null=True, editable=False)
    paused_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "provider account"
        ordering = ("name",)
        default_permissions = ("add", "change", "view")
        constraints = (
            models.CheckConstraint(
                condition=Q(environment__in=("live", "sandbox", "simulator")), name="account_environment_known"
            ),
            models.CheckConstraint(
                condition=Q(rate_per_second__gt=0) & Q(rate_per_second__lte=1000), name="account_rate_sensible"
            ),
            models.CheckConstraint(
                condition=Q(concurrency__gte=1) & Q(concurrency__lte=256), name="account_concurrency_sensible"
            ),
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True, paused_by="") | (Q(paused_at__isnull=False) & ~Q(paused_by="")),
                name="account_pause_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(credentials_changed_at__isnull=True, credentials_changed_by="")
                | (Q(credentials_changed_at__isnull=False) & ~Q(credentials_changed_by="")),
                name="account_credentials_have_who_and_when",
            ),
        )

    def __str__(self) -> str:
        return self.name
