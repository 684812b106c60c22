"""Cases, their claims, and the visits of people."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from compliance.enums import CaseStatus, Environment, Priority, Queue
from compliance.models.applicant import Applicant
from compliance.models.base import Row
from compliance.models.people import Person
from providers import Outcome

OUTCOMES = [(outcome.value, outcome.value) for outcome in Outcome]


class Case(Row):
    """One onboarding of one applicant under review. Only ``compliance.actions.cases.move`` assigns ``status``."""

    applicant = models.ForeignKey(Applicant, on_delete=models.PROTECT, related_name="cases")
    environment = models.CharField(max_length=10, choices=Environment)
    reference = models.CharField(max_length=120)
    """The caller's id of the onboarding; by default the applicant's external id."""
    country = models.CharField(max_length=2, blank=True)
    status = models.CharField(max_length=20, choices=CaseStatus, default=CaseStatus.WAITING)
    outcome = models.CharField(max_length=20, choices=OUTCOMES, blank=True)
    queue = models.CharField(max_length=20, choices=Queue, blank=True)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    due_at = models.DateTimeField(null=True)
    entered_queue_at = models.DateTimeField(null=True)
    why_head = models.CharField(max_length=160, blank=True)
    """Head of ``routing.explanations``: "PROVIDER declined". Statuses and codes, nothing personal."""
    why = models.CharField(max_length=400, blank=True)
    """Its detail: "62301 document counterfeit, 62304 face mismatch"."""
    checks_summary = models.JSONField(default=list)
    """For list rows: [[kind, outcome or "unreadable", provider], ...] of the current checks."""
    facets = ArrayField(models.CharField(max_length=80), default=list)
    """Values that lists filter by: ``p:<provider>``, ``k:aml``, ``r:62304``, ``g:fraud``, ``c:NG``, ``a:<account>``."""
    question = models.BooleanField(default=False)
    """Escalated and not answered: only the manager who has taken it over, which is a claim, may decide."""
    escalated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    """The colleague who escalated last, answered or not; so the next three."""
    escalated_at = models.DateTimeField(null=True)
    escalation = models.ForeignKey("compliance.Decision", on_delete=models.PROTECT, null=True, related_name="+")
    """The escalating decision, whose encrypted note is the question."""
    answered_at = models.DateTimeField(null=True)
    """When a manager answered or decided, or the asker withdrew the escalation."""
    decision = models.ForeignKey("compliance.Decision", on_delete=models.PROTECT, null=True, related_name="+")
    """The decision in force: approve, reject or void."""
    report_seq = models.PositiveIntegerField(default=0)
    """Number of the latest report of any of its checks."""
    handled_report_seq = models.PositiveIntegerField(default=0)
    """The latest report that the decision was made on; only a later one reopens the case."""
    retry_until = models.DateTimeField(null=True)
    """Deadline of a requested retry, after which the case returns to its queue."""
    duplicates_due = models.BooleanField(default=False, db_default=False)
    """Set when a file or an identity key is stored: ``actions.duplicates`` searches other cases once."""
    event_seq = models.PositiveIntegerField(default=0)
    event_hash = models.BinaryField(default=b"")
    """Head of the case's event chain."""
    opened_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)

    class Meta(Row.Meta):
        permissions = (
            ("review_case", "May review cases and decide them"),
            ("open_case", "May open cases by form or import"),
            ("mend_case", "May correct, add and replace checks"),
            ("add_document", "May add pictures and files to a case"),
            ("approve_override", "May approve overrides that somebody else proposed"),
        )
        constraints = (
            models.UniqueConstraint(fields=("environment", "reference"), name="case_once_per_reference"),
            models.CheckConstraint(condition=Q(environment__in=Environment.values), name="case_environment_known"),
            models.CheckConstraint(condition=Q(status__in=CaseStatus.values), name="case_status_known"),
            models.CheckConstraint(condition=Q(queue__in=("", *Queue.values)), name="case_queue_known"),
            models.CheckConstraint(condition=Q(outcome__in=("", *Outcome)), name="case_outcome_known"),
            models.CheckConstraint(
                condition=(Q(status__in=("in_review", "awaiting_approval")) & ~Q(queue="") & Q(due_at__isnull=False))
                | (Q(status__in=("waiting", "decided")) & Q(queue="")),
                name="case_in_review_has_queue_and_due",
            ),
            models.CheckConstraint(
                condition=~Q(status="decided") | Q(decision__isnull=False), name="case_decided_has_decision"
            ),
            models.CheckConstraint(
                condition=Q(
                    escalated_by__isnull=True,
                    escalated_at__isnull=True,
                    escalation__isnull=True,
                    answered_at__isnull=True,
                )
                | Q(escalated_by__isnull=False, escalated_at__isnull=False, escalation__isnull=False),
                name="case_escalation_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(handled_report_seq__lte=F("report_seq")), name="case_handled_not_beyond_reports"
            ),
        )
        indexes = (
            models.Index(
                F("environment"),
                F("queue"),
                (-F("priority")),
                F("due_at"),
                F("id"),
                name="case_queue_order",
                condition=Q(status="in_review"),
            ),
            models.Index(
                F("environment"),
                (-F("priority")),
                F("due_at"),
                F("id"),
                name="case_open_order",
                condition=Q(status__in=("in_review", "awaiting_approval")),
            ),
            models.Index(
                F("environment"),
                (-F("priority")),
                F("due_at"),
                F("id"),
                name="case_escalated_order",
                condition=Q(question=True),
            ),
            models.Index(
                F("environment"),
                F("due_at"),
                F("id"),
                name="case_approval_order",
                condition=Q(status="awaiting_approval"),
            ),
            models.Index(
                F("environment"),
                F("decided_at").desc(),
                F("id").desc(),
                name="case_decided_order",
                condition=Q(status="decided"),
            ),
            models.Index(OpClass(Lower("reference"), "text_pattern_ops"), name="case_by_reference"),
            models.Index(F("id"), name="case_duplicates_due", condition=Q(duplicates_due=True)),
            models.Index(F("retry_until"), name="case_retry_deadline", condition=Q(retry_until__isnull=False)),
            GinIndex(
                fields=("facets",), name="case_open_facets", condition=Q(status__in=("in_review", "awaiting_approval"))
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The case number as people write it."""
        return f"KYC-{self.pk}"


class CaseVisit(Row):
    """The events of a case that a person has seen. Not on the case row and not in the trail: every visit updates it."""

    # No constraint: its check would lock the row of the case, and opening a page would wait for a decision.
    # Cases are never deleted, so no visit loses its case.
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="visits", db_constraint=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    seen_seq = models.PositiveIntegerField()
    """The newest event that was on the page when the person last opened it."""
    seen_at = models.DateTimeField()
    since_seq = models.PositiveIntegerField(null=True)
    """The newest event seen before this visit; later ones are new to the person. Empty at the first visit."""
    since_at = models.DateTimeField(null=True)

    class Meta(Row.Meta):
        constraints = (
            models.UniqueConstraint(fields=("case", "person"), name="visit_once_per_person"),
            models.CheckConstraint(
                condition=Q(since_seq__isnull=True, since_at__isnull=True)
                | Q(since_seq__isnull=False, since_at__isnull=False, since_seq__lte=F("seen_seq")),
                name="visit_since_is_whole",
            ),
        )
        indexes = (models.Index(fields=("person", "-seen_at"), name="visit_newest_of_person"),)


class Claim(Row):
    """The holder of a case and the end of the claim. Not on the case row, which fetches lock."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="claim")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="claims")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="claims")
    taken_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta(Row.Meta):
        indexes = (models.Index(fields=("person", "until"), name="claim_of_person"),)
