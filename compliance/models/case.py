"""One onboarding of one applicant under review, and who has taken it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from compliance.enums import CaseStatus, Environment, Priority, Queue
from compliance.models.applicant import Applicant
from compliance.models.people import Person
from providers import Outcome

OUTCOMES = [(outcome.value, outcome.value) for outcome in Outcome]


class Case(models.Model):
    """Where an applicant's onboarding stands. Only ``compliance.actions.cases.move`` assigns ``status``."""

    applicant = models.ForeignKey(Applicant, on_delete=models.PROTECT, related_name="cases")
    environment = models.CharField(max_length=10, choices=Environment)
    reference = models.CharField(max_length=120)
    """Our caller's name for the onboarding; by default the applicant's external id."""
    country = models.CharField(max_length=2, blank=True)
    status = models.CharField(max_length=20, choices=CaseStatus, default=CaseStatus.WAITING)
    outcome = models.CharField(max_length=20, choices=OUTCOMES, blank=True)
    queue = models.CharField(max_length=20, choices=Queue, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    due_at = models.DateTimeField(null=True)
    entered_queue_at = models.DateTimeField(null=True)
    why_head = models.CharField(max_length=160, blank=True)
    """Who says what: "Checkout.com declined". Provider words and codes, nothing personal."""
    why = models.CharField(max_length=400, blank=True)
    """The detail behind it: "document counterfeit (62301), face mismatch (62304)"."""
    checks_summary = models.JSONField(default=list)
    """For list rows: [[kind, outcome or "unreadable", provider], ...] of the current checks."""
    facets = ArrayField(models.CharField(max_length=80), default=list)
    """What the queue filters by: ``p:checkout_com``, ``k:aml``, ``r:62304``, ``g:fraud``, ``c:NG``, ``a:<account>``."""
    question = models.BooleanField(default=False)
    """Escalated: a colleague's question waits (its text is the note of the escalating decision)."""
    decision = models.ForeignKey("compliance.Decision", on_delete=models.PROTECT, null=True, related_name="+")
    """The standing decision."""
    report_seq = models.PositiveIntegerField(default=0)
    """Number of the latest report of any of its checks."""
    handled_report_seq = models.PositiveIntegerField(default=0)
    """The latest report that the standing decision saw; only a later one brings the case back."""
    retry_until = models.DateTimeField(null=True)
    """A retry was requested: when the case comes back if nothing happens."""
    event_seq = models.PositiveIntegerField(default=0)
    event_hash = models.BinaryField(default=b"")
    """Head of the case's event chain."""
    opened_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
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
                condition=Q(handled_report_seq__lte=F("report_seq")), name="case_handled_not_beyond_reports"
            ),
        )
        indexes = (
            models.Index(
                F("queue"),
                (-F("priority")),
                F("due_at"),
                F("id"),
                name="case_queue_order",
                condition=Q(status="in_review"),
            ),
            models.Index(
                (-F("priority")),
                F("due_at"),
                F("id"),
                name="case_open_order",
                condition=Q(status__in=("in_review", "awaiting_approval")),
            ),
            models.Index(F("due_at"), F("id"), name="case_approval_order", condition=Q(status="awaiting_approval")),
            models.Index(
                F("decided_at").desc(), F("id").desc(), name="case_decided_order", condition=Q(status="decided")
            ),
            models.Index(fields=("reference",), name="case_reference"),
            models.Index(F("retry_until"), name="case_retry_deadline", condition=Q(retry_until__isnull=False)),
            GinIndex(
                fields=("facets",), name="case_open_facets", condition=Q(status__in=("in_review", "awaiting_approval"))
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def number(self) -> int:
        """The number by which people call it."""
        return self.pk

    @property
    def label(self) -> str:
        """The number as people write it."""
        return f"KYC-{self.pk}"


class CaseVisit(models.Model):
    """How much of a case a person has seen. Apart from the case and from the trail: it moves with every visit."""

    # Without a constraint: its check would lock the case's row, and opening a page would wait for whoever decides.
    # Nobody is lost by it, since cases are never deleted.
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="visits", db_constraint=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    seen_seq = models.PositiveIntegerField()
    """The newest event that was on the page when the person last opened it."""
    seen_at = models.DateTimeField()
    since_seq = models.PositiveIntegerField(null=True)
    """What was seen before this visit began: what came later is new to the person. Empty until the
    case is opened a second time."""
    since_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("case", "person"), name="visit_once_per_person"),
            models.CheckConstraint(
                condition=Q(since_seq__isnull=True, since_at__isnull=True)
                | Q(since_seq__isnull=False, since_at__isnull=False, since_seq__lte=F("seen_seq")),
                name="visit_since_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"visit {self.pk}"


class Claim(models.Model):
    """Who has taken a case, and until when. Apart from the case, so that reads of checks and claims do not meet."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="claim")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="claims")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="claims")
    taken_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = (models.Index(fields=("person", "until"), name="claim_of_person"),)

    def __str__(self) -> str:
        return f"claim of case {self.pk}"
