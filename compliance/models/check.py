"""One verification at one provider, its polling state and its reports."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from compliance.enums import SyncState
from compliance.models.base import EncryptedRow, Row
from compliance.models.case import OUTCOMES, Case
from compliance.models.people import Person
from providers import Kind, Outcome, Verdict
from providers.models import ProviderAccount
from providers.vault import EncryptedBytesField, EncryptedJSONField

KINDS = [(kind.value, kind.value) for kind in Kind]
VERDICTS = [(verdict.value, verdict.value) for verdict in Verdict]


class Check(EncryptedRow):
    """One verification at one provider with its newest assessment; its reports are in ``CheckReport``."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="checks")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="checks")
    provider = models.CharField(max_length=40)
    environment = models.CharField(max_length=10, default="", db_default="")
    """That of the case; the database sets it."""
    kind = models.CharField(max_length=10, choices=KINDS)
    reference = models.CharField(max_length=200)
    settings = EncryptedJSONField(default=dict)
    """Settings of this check only, such as ``user_identifier``."""
    submitted_at = models.DateTimeField(null=True)
    superseded_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="supersedes")
    still_weighs = models.BooleanField(default=False)
    """Not read any more; processes of the previous release read it."""
    is_double = models.BooleanField(default=False, db_default=False)
    """An earlier release stored the reference twice: there is an older check of it."""
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    """Who added or replaced it, or corrected its reference, after the case was opened."""
    document_index = models.BinaryField(null=True, editable=False)
    """Keyed index of the document number in the newest report."""
    outcome = models.CharField(max_length=20, choices=OUTCOMES, default=Outcome.PENDING)
    provider_verdict = models.CharField(max_length=10, choices=VERDICTS, default=Verdict.NONE)
    status_word = models.CharField(max_length=200, blank=True)
    """The provider's status, unchanged."""
    reasons = models.JSONField(default=list)
    """[{code, summary, group, action, admin_action, recognised, words}, ...], most serious first. Those of earlier
    releases have the action of an admin in ``action``: ``labels.without_old_action``."""
    attempts = models.JSONField(default=list)
    """[{id, status, codes, summary, started_at}, ...], oldest first."""
    more = models.JSONField(default=dict, db_default={})
    """How many entries of a list are not shown: {"attempts": 39950}. The stored payload has them."""
    risk_labels = ArrayField(models.CharField(max_length=120), default=list)
    facts = EncryptedJSONField(default=dict, compressed=True)
    """The fields of ``providers.Facts`` that were given."""
    request_id = models.CharField(max_length=200, blank=True)
    followed_reference = models.CharField(max_length=200, blank=True)
    terminal = models.BooleanField(default=False)
    changeable = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, blank=True)
    report_count = models.PositiveIntegerField(default=0)
    report_seq = models.PositiveIntegerField(default=0)
    """Number, within the case, of its latest report."""
    difference = models.JSONField(default=dict)
    """Changes of the latest report: status, codes and names of facts, never values."""
    fence = models.BigIntegerField(default=0)
    """Fencing number of the latest stored read; earlier ones are refused."""
    reported_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    lapse = models.JSONField(null=True)
    """State of a timeout rule, {key, since, after_seconds, outcome, verdict}: set if the status does not change."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(EncryptedRow.Meta):
        constraints = (
            models.UniqueConstraint(fields=("account", "kind", "reference"), name="check_once_per_reference"),
            models.UniqueConstraint(
                fields=("provider", "environment", "kind", "reference"),
                condition=Q(is_double=False),
                name="check_once_per_environment",
            ),
            models.CheckConstraint(condition=Q(kind__in=list(Kind)), name="check_kind_known"),
            models.CheckConstraint(condition=Q(outcome__in=list(Outcome)), name="check_outcome_known"),
            models.CheckConstraint(condition=Q(provider_verdict__in=list(Verdict)), name="check_verdict_known"),
            models.CheckConstraint(
                condition=~Q(outcome="approved") | Q(provider_verdict="positive"), name="check_approved_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(outcome="pending") | Q(report_count__gt=0), name="check_outcome_needs_report"
            ),
            models.CheckConstraint(
                condition=Q(still_weighs=False) | Q(superseded_by__isnull=False), name="check_weighs_on_when_replaced"
            ),
            models.CheckConstraint(
                condition=Q(superseded_by__isnull=True) | ~Q(superseded_by=F("id")),
                name="check_not_superseded_by_itself",
            ),
        )
        indexes = (
            models.Index(fields=("case", "created_at"), name="check_of_case"),
            models.Index(fields=("reference",), name="check_reference"),
            models.Index(OpClass(Upper("reference"), "text_pattern_ops"), name="check_by_reference"),
            models.Index(
                fields=("document_index",), name="check_same_document", condition=Q(document_index__isnull=False)
            ),
        )


class CheckSync(Row):
    """Polling state of a check. Separate from ``Check``, because it is written often."""

    check_row = models.OneToOneField(
        Check, on_delete=models.PROTECT, primary_key=True, related_name="sync", db_column="check_id"
    )
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=SyncState, default=SyncState.SCHEDULED)
    next_read_at = models.DateTimeField(null=True)
    """Empty when no further read is due."""
    leased_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    """Raised by every lease."""
    attempts = models.PositiveSmallIntegerField(default=0)
    """Leases in a row that were not released: workers were lost."""
    failures = models.PositiveSmallIntegerField(default=0)
    """Faults of this check in a row."""
    failing_since = models.DateTimeField(null=True)
    fault = models.CharField(max_length=40, blank=True)
    fault_detail = models.CharField(max_length=400, blank=True)
    fault_admin_action = models.CharField(max_length=400, blank=True, default="", db_default="")
    """What an admin has to do. Rows of earlier releases have it in the detail: ``labels.without_old_action``."""
    last_read_at = models.DateTimeField(null=True)
    """The last read that succeeded, changed or not."""
    refresh_requested_at = models.DateTimeField(null=True, db_column="asked_at")
    """Time of the last "Refresh now"."""

    class Meta(Row.Meta):
        constraints = (
            models.CheckConstraint(condition=Q(state__in=SyncState.values), name="sync_state_known"),
            models.CheckConstraint(
                condition=Q(state="leased", leased_until__isnull=False)
                | (~Q(state="leased") & Q(leased_until__isnull=True)),
                name="sync_leased_has_deadline",
            ),
            models.CheckConstraint(
                condition=Q(state="blocked") | Q(state="failing") | Q(state="leased") | Q(fault=""),
                name="sync_fault_only_when_failing",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("scheduled", "failing")) | Q(next_read_at__isnull=False),
                name="sync_scheduled_has_time",
            ),
        )
        indexes = (
            models.Index(
                fields=("account", "next_read_at"), name="sync_due", condition=Q(state__in=("scheduled", "failing"))
            ),
            models.Index(
                fields=("account", "next_read_at"),
                name="sync_daily",
                condition=Q(state="settled", next_read_at__isnull=False),
            ),
            models.Index(fields=("account", "leased_until"), name="sync_leased", condition=Q(state="leased")),
        )


class CheckReport(EncryptedRow):
    """One report of a provider, never changed. Stored only when it differs from the previous one."""

    check_row = models.ForeignKey(Check, on_delete=models.PROTECT, related_name="reports", db_column="check_id")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    number = models.PositiveIntegerField()
    """1, 2, 3 within its check."""
    seq = models.PositiveIntegerField()
    """Within its case."""
    fence = models.BigIntegerField()
    status_word = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=20, choices=OUTCOMES)
    provider_verdict = models.CharField(max_length=10, choices=VERDICTS)
    codes = ArrayField(models.CharField(max_length=120), default=list)
    digest = models.CharField(max_length=64)
    request_id = models.CharField(max_length=200, blank=True)
    payload = EncryptedJSONField(default=dict, compressed=True)
    """Without secrets, queries of links and base64 bodies."""
    read_at = models.DateTimeField()

    class Meta(EncryptedRow.Meta):
        constraints = (
            models.UniqueConstraint(fields=("check_row", "number"), name="report_once_per_number"),
            models.UniqueConstraint(fields=("case", "seq"), name="report_once_per_case_seq"),
            models.UniqueConstraint(fields=("check_row", "fence"), name="report_once_per_read"),
        )


class UnreadableBody(EncryptedRow):
    """The newest unreadable answer of a check, for inspection."""

    check_row = models.OneToOneField(
        Check, on_delete=models.PROTECT, related_name="unreadable_body", db_column="check_id"
    )
    body = EncryptedBytesField(default=b"", compressed=True)
    """At most the first 64 KiB."""
    size = models.PositiveIntegerField(default=0)
    detail = models.CharField(max_length=400, blank=True)
    received_at = models.DateTimeField()
