"""Corrections of declared data: the values before, which stay a source of the comparison."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from compliance.models.applicant import Applicant
from compliance.models.base import EncryptedRow
from compliance.models.people import Person
from providers.vault import EncryptedJSONField


class DataCorrection(EncryptedRow):
    """One correction of what is declared about an applicant. Append-only; the events of its cases name it."""

    applicant = models.ForeignKey(Applicant, on_delete=models.PROTECT, related_name="corrections")
    corrected_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    """None for an import."""
    corrected_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    corrected_at = models.DateTimeField()
    before = EncryptedJSONField()
    """Name of a declared fact -> its value until then, of all facts."""
    birth_index = models.BinaryField(null=True, editable=False)
    """As ``Applicant.birth_index``, of the values before: they go on counting for duplicates."""
    document_index = models.BinaryField(null=True, editable=False)

    class Meta(EncryptedRow.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(corrected_by__isnull=True, corrected_person__isnull=True)
                | Q(corrected_by__isnull=False, corrected_person__isnull=False),
                name="correction_by_has_person",
            ),
        )
        indexes = (
            models.Index(fields=("birth_index",), name="correction_same_birth"),
            models.Index(fields=("document_index",), name="correction_same_document"),
        )
