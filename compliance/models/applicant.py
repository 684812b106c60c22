"""The person being verified.

External id, full name, e-mail and country are stored in clear, because people search by them. All other personal data
is encrypted with the applicant's own data key: destroying the key erases the person.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from compliance.enums import Environment
from compliance.models.base import Row
from providers.vault import DataKey, EncryptedTextField, new_id


class Applicant(Row):
    """A person under verification, in one environment."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT, related_name="applicant")
    environment = models.CharField(max_length=10, choices=Environment)
    external_id = models.CharField(max_length=120)
    full_name = models.CharField(max_length=300)
    email = models.CharField(max_length=254, blank=True)
    country = models.CharField(max_length=2, blank=True)
    """ISO 3166-1 alpha-2, upper case."""
    birth_date = EncryptedTextField(default="")
    """ISO 8601 text, as declared."""
    document_number = EncryptedTextField(default="")
    birth_index = models.BinaryField(null=True, editable=False)
    """Keyed index of birth date with normalised name; never of the date alone."""
    document_index = models.BinaryField(null=True, editable=False)
    search_text = models.TextField(default="", db_default="", editable=False)
    """Words of the name in Latin letters, and keys of them: ``facts.search_words``."""
    search_keys = ArrayField(models.IntegerField(), default=list, db_default=[], editable=False)
    was_corrected = models.BooleanField(default=False, db_default=False)
    """Whether there are rows of ``DataCorrection``: most applicants need no query for them."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(Row.Meta):
        constraints = (
            models.UniqueConstraint(fields=("environment", "external_id"), name="applicant_once_per_environment"),
            models.CheckConstraint(condition=Q(environment__in=Environment.values), name="applicant_environment_known"),
        )
        indexes = (
            models.Index(OpClass(Lower("external_id"), "text_pattern_ops"), name="applicant_by_external_id"),
            models.Index(OpClass(Lower("email"), "text_pattern_ops"), name="applicant_by_email"),
            GinIndex(OpClass("search_text", "gin_trgm_ops"), name="applicant_by_part_of_name"),
            GinIndex(fields=("search_keys",), name="applicant_by_name_key"),
            models.Index(fields=("country",), name="applicant_country"),
            models.Index(fields=("birth_index",), name="applicant_same_birth"),
            models.Index(fields=("document_index",), name="applicant_same_document"),
        )
