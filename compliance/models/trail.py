"""The audit trail: events of cases, activity log, view records. Append-only, in Python and in PostgreSQL.

No row has personal data of an applicant: only ids, our words, providers' statuses and codes, names of colleagues.
"""

from typing import Any, Never

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTextTransform

from compliance.enums import AccessKind, DeskEventType, EventType
from compliance.models.base import Row
from compliance.models.case import Case
from compliance.models.check import Check
from compliance.models.document import Document
from compliance.models.people import Person


class AppendOnlyError(Exception):
    """A row of the trail was about to be changed or deleted."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """A query set that cannot update or delete. Triggers in PostgreSQL forbid it, too."""

    def update(self, **kwargs: Any) -> Never:
        raise AppendOnlyError("The trail is append-only.")

    def delete(self) -> Never:
        raise AppendOnlyError("The trail is append-only.")


class AppendOnlyModel(Row):
    """A row that is written once."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta(Row.Meta):
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert. Raises: AppendOnlyError for a row that is stored already."""
        if not self._state.adding:
            raise AppendOnlyError("The trail is append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise AppendOnlyError("The trail is append-only.")


class Event(AppendOnlyModel):
    """One event of a case, chained by hash to the one before."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=30, choices=EventType)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)
    data = models.JSONField(default=dict)
    text = models.TextField()
    """The canonical text that was hashed; ``data`` is the same for queries."""
    hash = models.BinaryField()
    """SHA-256 over the previous hash and ``text``."""

    class Meta(AppendOnlyModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("case", "seq"), name="event_one_per_case_and_number"),
            models.CheckConstraint(condition=Q(type__in=EventType.values), name="event_type_known"),
            models.CheckConstraint(
                condition=Q(actor__isnull=True, actor_name="") | (Q(actor__isnull=False) & ~Q(actor_name="")),
                name="event_actor_has_name",
            ),
        )
        indexes = (models.Index(fields=("case", "-seq"), name="event_newest_first"),)


class DeskEvent(AppendOnlyModel):
    """One entry of the activity log: accounts, people, policies, signing in and out."""

    type = models.CharField(max_length=30, choices=DeskEventType)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)
    data = models.JSONField(default=dict)
    text = models.TextField()
    """The canonical text of the entry."""

    class Meta(AppendOnlyModel.Meta):
        verbose_name = "activity log entry"
        verbose_name_plural = "activity log"
        constraints = (
            models.CheckConstraint(condition=Q(type__in=DeskEventType.values), name="desk_event_type_known"),
            models.UniqueConstraint(
                *(KeyTextTransform(name, "data") for name in ("table", "column", "row", "mark")),
                name="desk_event_undecipherable_once",
                condition=Q(type="value_undecipherable"),
            ),
        )
        indexes = (
            models.Index(fields=("-at",), name="desk_event_newest_first"),
            models.Index(fields=("actor",), name="desk_event_of_people", condition=Q(type="person_changed")),
            models.Index(
                KeyTextTransform("account_id", "data"),
                F("at").desc(),
                name="desk_event_last_test",
                condition=Q(type="account_tested"),
            ),
        )


class ViewRecord(AppendOnlyModel):
    """One row of the access log: a person viewed something of a case. Written before anything is served."""

    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="views", null=True)
    kind = models.CharField(max_length=20, choices=AccessKind, blank=True, default="", db_default="")
    check_row = models.ForeignKey(Check, on_delete=models.PROTECT, related_name="+", null=True, db_column="check_id")
    report_number = models.PositiveIntegerField(null=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="views", null=True)
    document_page = models.PositiveSmallIntegerField(null=True)
    fact = models.CharField(max_length=40, blank=True, default="", db_default="")
    """Name of the masked fact that was revealed."""
    old_text = models.CharField(max_length=40, blank=True, default="", db_column="what")
    """One text with all of this in rows of earlier releases, "payload:0c5e6d7f8a9b-2"; empty in new rows."""
    page = models.CharField(max_length=60)
    """Name of the route."""
    session = models.CharField(max_length=16, blank=True)
    """Keyed fingerprint of the session."""

    class Meta(AppendOnlyModel.Meta):
        indexes = (models.Index(fields=("case", "-at"), name="view_of_case"),)
        constraints = (
            models.CheckConstraint(
                # The database default of ``kind`` serves a web server of the previous release, during an upgrade.
                condition=Q(kind__in=AccessKind.values, old_text="") | (Q(kind="") & ~Q(old_text="")),
                name="view_has_kind_or_old_text",
            ),
        )
