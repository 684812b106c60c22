"""Findings: what a person must look at before a case is approved. Written by ``actions.findings``."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from compliance.enums import Environment, FindingKind, FindingState, IdentityKeyKind
from compliance.models.applicant import Applicant
from compliance.models.base import EncryptedRow, Row
from compliance.models.case import Case
from compliance.models.decision import ReasonCode
from compliance.models.people import Person
from providers.vault import EncryptedTextField

UNCERTAIN = (FindingKind.BY_EYE, FindingKind.VARIES, FindingKind.MAY_BE_EXPIRED, FindingKind.RELATED)
"""Kinds that compare no two values with certainty: one person may approve over them."""
ABOUT_OTHER_CASES = frozenset({FindingKind.DUPLICATE, FindingKind.RELATED})
"""Kinds that are found by a search over other cases, not by a comparison inside the case."""
CURRENT_STATES = (FindingState.OPEN, FindingState.RESOLVED)
INFORMATION = (FindingKind.RELATED,)
"""Kinds that need no review."""


_MOST_URGENT_FIRST = (
    FindingKind.UNDECIPHERABLE, FindingKind.DUPLICATE, FindingKind.RESULTS_DISAGREE, FindingKind.CONTRADICTION,
    FindingKind.DIFFERS, FindingKind.BY_EYE, FindingKind.VARIES, FindingKind.IMPLAUSIBLE, FindingKind.EXPIRED,
    FindingKind.MAY_BE_EXPIRED, FindingKind.RELATED,
)  # fmt: skip
_ABOUT = (
    "full_name", "birth_date", "document_number", "personal_number", "tax_number", "nationality", "sex", "birth_place",
    "birth_name", "issuing_country", "document_issue", "document_expiry",
)  # fmt: skip


class Finding(EncryptedRow):
    """One contradiction between the sources of a case, expired right, implausible date, duplicate or earlier result.

    It names sources by their ids, never a value and never a sentence; pages make sentences from it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=20, choices=FindingKind)
    about = models.CharField(max_length=40)
    """Name of a fact, topic of a check, or kind of a duplicate."""
    detail = models.JSONField(default=dict)
    """Ids of sources, by kind as ``facts.conflicts`` and ``actions.duplicates`` write them."""
    state = models.CharField(max_length=10, choices=FindingState, default=FindingState.OPEN)
    since_seq = models.PositiveIntegerField()
    """Number, within the case, of the newest report when it was found."""
    found_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    versions = models.JSONField(default=dict)
    """Check id -> number of the report that a resolution was made on; empty while it is not resolved."""
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    reason = models.ForeignKey(ReasonCode, on_delete=models.PROTECT, null=True, related_name="+")
    note = EncryptedTextField(default="")

    class Meta(EncryptedRow.Meta):
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=FindingKind.values), name="finding_kind_known"),
            models.CheckConstraint(condition=Q(state__in=FindingState.values), name="finding_state_known"),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | (~Q(state="ended") & Q(ended_at__isnull=True)),
                name="finding_ended_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="resolved")
                | Q(resolved_by__isnull=False, resolved_person__isnull=False, resolved_at__isnull=False),
                name="finding_resolved_has_person",
            ),
        )
        indexes = (models.Index(fields=("case",), name="finding_of_case", condition=Q(state__in=("open", "resolved"))),)

    @property
    def rank(self) -> tuple[int, int, int]:
        """Order on pages and in sentences: by kind, then by fact; cases of others by their number, newest first."""
        about = _ABOUT.index(self.about) if self.about in _ABOUT else len(_ABOUT)
        return _MOST_URGENT_FIRST.index(FindingKind(self.kind)), about, -int(self.detail.get("case", 0))

    @property
    def needs_review(self) -> bool:
        """Whether a person has to look at it."""
        return self.kind not in INFORMATION

    @property
    def weighs(self) -> bool:
        """Whether an approval over it needs a second person, resolved or not. One about an earlier declaration does
        until another person has agreed to the correction, see ``compliance_has_weighing_finding``."""
        return self.kind not in UNCERTAIN or "earlier" in self.detail


class DistinctApplicants(EncryptedRow):
    """Two applicants of whom two people said that they are different persons, although they share a document number,
    a file, or name and birth date. A guard of the database repeats the rules about both people. Never edited."""

    first = models.ForeignKey(Applicant, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Applicant, on_delete=models.PROTECT, related_name="+")
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="+")
    """The duplicate that the first person resolved, with its reason and note."""
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agreed_person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()
    note = EncryptedTextField()
    """Of the person who agreed."""

    class Meta(EncryptedRow.Meta):
        constraints = (
            models.UniqueConstraint(fields=("first", "second"), name="applicants_distinct_once"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="applicants_distinct_in_order"),
        )


class IdentityKey(Row):
    """A keyed index of a document number, of birth date and name, or of birth date and one word of the name, that a
    source of a case stated; or of a pair of applicants whose names are spellings of one name. Never removed by a later
    answer. Applicants with the same key count as one person, except for that of a word, which finds candidates."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="identity_keys")
    environment = models.CharField(max_length=10, choices=Environment)
    kind = models.CharField(max_length=20, choices=IdentityKeyKind)
    value = models.BinaryField()

    class Meta(Row.Meta):
        constraints = (
            models.UniqueConstraint(fields=("case", "kind", "value"), name="identity_key_once_per_case"),
            models.CheckConstraint(condition=Q(kind__in=IdentityKeyKind.values), name="identity_key_kind_known"),
        )
        indexes = (models.Index(fields=("value",), name="identity_key_elsewhere"),)
