"""Decisions, override proposals, reason codes and policies. Decisions are never edited."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from compliance.enums import DecisionVerdict, ProposalState, Queue, Ruling
from compliance.models.base import EncryptedRow
from compliance.models.case import OUTCOMES, Case
from compliance.models.check import VERDICTS
from compliance.models.people import Person
from providers import Outcome, Verdict
from providers.vault import EncryptedTextField


class ReasonCode(models.Model):
    """A reason for a verdict, from the list that admins edit."""

    code = models.CharField(max_length=12, primary_key=True)
    label = models.CharField(max_length=120)
    verdicts = ArrayField(models.CharField(max_length=20, choices=DecisionVerdict))
    asks_note = models.BooleanField(default=False)
    for_overrides = models.BooleanField(default=True, db_default=True)
    """Whether it can justify a verdict against a provider's result."""
    suggested_by = ArrayField(models.CharField(max_length=120), default=list, db_default=[], blank=True)
    """Provider codes that suggest this reason in place of those of the code tables: ``checkout_com:62301``."""
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("code",)
        default_permissions = ("add", "change", "view")

    def __str__(self) -> str:
        return f"{self.label} ({self.code})"


class OverrideProposal(EncryptedRow):
    """A verdict against a provider's result that needs a second person."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="proposals")
    verdict = models.CharField(max_length=20, choices=DecisionVerdict)
    reason = models.ForeignKey(ReasonCode, on_delete=models.PROTECT, related_name="+")
    note = EncryptedTextField(default="")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    """Over ``evidence``."""
    evidence = models.JSONField(default=list)
    """Rows of ``routing.evidence_digest``; sentences in proposals that were answered before release 0010."""
    report_seq = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    expires_at = models.DateTimeField()
    agreed = ArrayField(models.UUIDField(), default=list, db_default=[])
    """Checks and rejections over which two people decided, set by the database when the proposal is approved."""
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolution_note = EncryptedTextField(default="")

    class Meta(EncryptedRow.Meta):
        constraints = (
            models.UniqueConstraint(fields=("case",), condition=Q(state="open"), name="proposal_one_open_per_case"),
            models.CheckConstraint(condition=Q(state__in=ProposalState.values), name="proposal_state_known"),
            models.CheckConstraint(
                condition=Q(verdict__in=("approve", "reject", "request_retry", "void")), name="proposal_verdict_rules"
            ),
            models.CheckConstraint(
                condition=Q(state="open", resolved_at__isnull=True) | (~Q(state="open") & Q(resolved_at__isnull=False)),
                name="proposal_resolved_has_time",
            ),
            models.CheckConstraint(
                condition=Q(resolved_by__isnull=True, resolved_person__isnull=True)
                | Q(resolved_by__isnull=False, resolved_person__isnull=False),
                name="proposal_resolver_has_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("approved", "refused"))
                | (Q(resolved_person__isnull=False) & ~Q(resolved_person=F("proposed_person"))),
                name="proposal_second_person",
            ),
        )
        indexes = (models.Index(fields=("proposed_at",), name="proposal_open", condition=Q(state="open")),)


class Decision(EncryptedRow):
    """A verdict that was given. ``by`` is empty for an automatic approval."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    verdict = models.CharField(max_length=20, choices=DecisionVerdict)
    reason = models.ForeignKey(ReasonCode, on_delete=models.PROTECT, null=True, related_name="+")
    note = EncryptedTextField(default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    by_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    proposal = models.OneToOneField(OverrideProposal, on_delete=models.PROTECT, null=True, related_name="decision")
    approved_by_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    decided_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    report_seq = models.PositiveIntegerField()
    """The latest report that it was made on."""
    retry_until = models.DateTimeField(null=True)

    class Meta(EncryptedRow.Meta):
        constraints = (
            models.CheckConstraint(condition=Q(verdict__in=DecisionVerdict.values), name="decision_verdict_known"),
            models.CheckConstraint(
                condition=Q(by__isnull=True, by_person__isnull=True) | Q(by__isnull=False, by_person__isnull=False),
                name="decision_by_has_person",
            ),
            models.CheckConstraint(
                condition=Q(proposal__isnull=True, approved_by_person__isnull=True)
                | (Q(proposal__isnull=False, approved_by_person__isnull=False) & ~Q(approved_by_person=F("by_person"))),
                name="decision_override_second_person",
            ),
            models.CheckConstraint(
                condition=Q(by__isnull=False, reason__isnull=False) | Q(by__isnull=True, verdict="approve"),
                name="decision_system_only_approves",
            ),
            models.CheckConstraint(
                condition=Q(verdict="request_retry", retry_until__isnull=False)
                | (~Q(verdict="request_retry") & Q(retry_until__isnull=True)),
                name="decision_retry_has_deadline",
            ),
        )
        indexes = (models.Index(fields=("case", "decided_at"), name="decision_of_case"),)


class EscalationAnswer(EncryptedRow):
    """What a manager answered to an escalation without deciding the case. Written once."""

    escalation = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="answer")
    note = EncryptedTextField(default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class PolicyRule(models.Model):
    """A ruling that is stricter than the default."""

    outcome = models.CharField(max_length=20, choices=OUTCOMES)
    provider_verdict = models.CharField(max_length=10, choices=VERDICTS)
    verdict = models.CharField(max_length=20, choices=DecisionVerdict)
    ruling = models.CharField(max_length=20, choices=Ruling)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("outcome", "provider_verdict", "verdict"), name="policy_one_rule_each"),
            models.CheckConstraint(condition=Q(ruling__in=Ruling.values), name="policy_ruling_known"),
            models.CheckConstraint(condition=Q(outcome__in=list(Outcome)), name="policy_outcome_known"),
            models.CheckConstraint(condition=Q(provider_verdict__in=list(Verdict)), name="policy_verdict_known"),
        )

    def __str__(self) -> str:
        return f"{self.outcome}/{self.provider_verdict}: {self.verdict} {self.ruling}"


class QueueTerm(models.Model):
    """Hours that a case may be in a queue before it is overdue (SLA)."""

    queue = models.CharField(max_length=20, choices=Queue, primary_key=True)
    hours = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = "queue deadline"
        verbose_name_plural = "queue deadlines (SLA)"
        default_permissions = ("change", "view")
        constraints = (
            models.CheckConstraint(condition=Q(queue__in=Queue.values), name="term_queue_known"),
            models.CheckConstraint(condition=Q(hours__gte=1, hours__lte=2160), name="term_hours_sensible"),
        )

    def __str__(self) -> str:
        return f"{self.queue}: {self.hours} h"


class DeskPolicy(models.Model):
    """The single row of settings for all cases."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    auto_close = models.BooleanField(default=False)
    """Automatic approval when every check is positive and nothing is missing."""
    required_kinds = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    """Kinds that the automatic approval requires; empty means one of identity, document, database."""
    retry_days = models.PositiveSmallIntegerField(default=7)
    proposal_days = models.PositiveSmallIntegerField(default=3)
    claim_minutes = models.PositiveSmallIntegerField(default=30)

    class Meta:
        verbose_name = "policy"
        verbose_name_plural = "policy"
        default_permissions = ("change", "view")
        constraints = (
            models.CheckConstraint(condition=Q(only=True), name="policy_only_one"),
            models.CheckConstraint(
                condition=Q(retry_days__gte=1, retry_days__lte=90), name="policy_retry_days_sensible"
            ),
            models.CheckConstraint(
                condition=Q(proposal_days__gte=1, proposal_days__lte=30), name="policy_proposal_days_sensible"
            ),
            models.CheckConstraint(
                condition=Q(claim_minutes__gte=5, claim_minutes__lte=480), name="policy_claim_minutes_sensible"
            ),
        )

    def __str__(self) -> str:
        return "policy"
