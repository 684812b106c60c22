"""Files of a case. A document has kind and source; its bytes are a blob, stored once per case."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from compliance.enums import DocumentState
from compliance.models.base import EncryptedRow, Row
from compliance.models.case import Case
from compliance.models.check import Check
from providers import EvidenceKind
from providers.vault import EncryptedBytesField, EncryptedTextField


class Blob(EncryptedRow):
    """Encrypted bytes in the document storage, once per case."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="blobs")
    path = models.CharField(max_length=120)
    """Generated name in the document storage."""
    size = models.PositiveIntegerField()
    """Bytes of the original."""
    sha256 = EncryptedTextField(default="")
    """Hex digest of the original."""
    digest_index = models.BinaryField()
    """Keyed index of the digest: finds the same bytes within a case, and duplicates across cases."""
    media_type = models.CharField(max_length=60)
    """By content, never by name."""
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    pages = models.PositiveSmallIntegerField(default=0)
    """Rendered pages of a PDF."""
    pages_in_file = models.PositiveIntegerField(default=0)
    """Page count by the PDF itself: more than ``pages`` above 20, or after a timeout."""
    has_cleaned_video = models.BooleanField(default=False, db_column="has_film")
    """Whether the video had metadata, and is played from a rendition without it."""
    hash_bands = ArrayField(models.CharField(max_length=16), default=list, db_column="likeness")
    """Keyed bands of the perceptual hash: similar images share many. The hash itself is not stored."""
    refused = models.CharField(max_length=120, blank=True)
    """A ``Refusal``, read by ``refusal_label``; rows of earlier releases have the end of a sentence."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(EncryptedRow.Meta):
        constraints = (models.UniqueConstraint(fields=("case", "digest_index"), name="blob_once_per_case"),)
        indexes = (
            models.Index(fields=("digest_index",), name="blob_same_elsewhere"),
            GinIndex(fields=("hash_bands",), name="blob_alike"),
        )


class Document(EncryptedRow):
    """One file of a case: named by a check, or added by a person."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="documents")
    check_row = models.ForeignKey(
        Check, on_delete=models.PROTECT, related_name="documents", null=True, db_column="check_id"
    )
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    """For files that people added."""
    note = EncryptedTextField(null=True)
    """Why it was added; None for files of checks."""
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_note = EncryptedTextField(null=True)
    """Why it was withdrawn."""
    kind = models.CharField(max_length=30)
    label = models.CharField(max_length=200)
    """The path in the report, or the requested image type."""
    position = models.PositiveSmallIntegerField(default=0)
    """Position among the files of one label."""
    state = models.CharField(max_length=10, choices=DocumentState, default=DocumentState.REQUESTED)
    link = EncryptedTextField(default="")
    """Link to copy from; emptied once copied."""
    inline = EncryptedBytesField(default=b"", compressed=True)
    """Base64 from the report itself; emptied once copied."""
    source = models.CharField(max_length=300, blank=True)
    """Host and path without query, for display."""
    fault_code = models.CharField(max_length=40, blank=True, default="", db_default="")
    """A ``FaultCode``; empty for other faults, and for those of earlier releases."""
    fault_params = models.JSONField(default=dict, db_default={})
    """Parameters of the sentence for analysts; ``admin_action`` is what an admin has to do."""
    fault_detail = models.CharField(max_length=300, blank=True)
    """The technical sentence, for the details."""
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    """Start of an outage of the provider or its file store; its tries are not counted."""
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="documents")
    copied_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(EncryptedRow.Meta):
        ordering = ("check_row", "kind", "label", "position")
        constraints = (
            models.UniqueConstraint(fields=("check_row", "label", "position"), name="document_once_per_label"),
            models.CheckConstraint(condition=Q(kind__in=list(EvidenceKind)), name="document_kind_known"),
            models.CheckConstraint(condition=Q(state__in=DocumentState.values), name="document_state_known"),
            models.CheckConstraint(
                condition=Q(check_row__isnull=False, added_by__isnull=True)
                | Q(check_row__isnull=True, added_by__isnull=False),
                name="document_from_check_or_person",
            ),
            models.CheckConstraint(
                condition=Q(state="copied", blob__isnull=False, copied_at__isnull=False)
                | (~Q(state="copied") & Q(blob__isnull=True, copied_at__isnull=True)),
                name="document_copied_has_blob",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="withdrawn", added_by__isnull=False, withdrawn_by__isnull=False, withdrawn_at__isnull=False
                )
                | (~Q(state="withdrawn") & Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True)),
                name="document_withdrawn_by_somebody",
            ),
        )
        indexes = (
            models.Index(fields=("next_try_at",), name="document_wanted", condition=Q(state="wanted")),
            models.Index(
                fields=("leased_until",),
                name="document_leased",
                condition=Q(state="wanted", leased_until__isnull=False),
            ),
        )


class Piece(Row):
    """One file of a label, stored on arrival, so that an interrupted copy continues and its files are shown even if the
    others never arrive. The rows of ``Document`` are written at the end."""

    check_row = models.ForeignKey(Check, on_delete=models.PROTECT, related_name="pieces", db_column="check_id")
    label = models.CharField(max_length=200)
    """The label of its documents."""
    name = models.CharField(max_length=200)
    """The provider's name: the path in the report, the asset of an attempt."""
    place = models.PositiveSmallIntegerField()
    """Its position in the latest answer."""
    kind = models.CharField(max_length=30)
    source = models.CharField(max_length=300, blank=True)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="pieces")
    problem = models.CharField(max_length=300, blank=True)
    """Why it was not copied: the technical sentence, until the rows of ``Document`` are written."""
    fault_code = models.CharField(max_length=40, blank=True, default="", db_default="")
    fault_params = models.JSONField(default=dict, db_default={})

    class Meta(Row.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("check_row", "label", "name", "kind", "blob"), nulls_distinct=False, name="piece_once"
            ),
            models.CheckConstraint(
                condition=Q(blob__isnull=False, problem="") | (Q(blob__isnull=True) & ~Q(problem="")),
                name="piece_came_or_why_not",
            ),
        )
