"""Rows of the access log get columns instead of one text, faults of copies get codes. Old rows keep their text.

Fields get names of the glossary; tables, columns and indexes keep theirs.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

ACCESS_KINDS = [
    ("case", "Case"),
    ("search", "Search result"),
    ("fact", "Masked fact"),
    ("ticket", "Masked ticket"),
    ("payload", "Payload"),
    ("access_log", "Access log"),
    ("thumbnail", "Thumbnail"),
    ("image", "Image"),
    ("page", "Page of a file"),
    ("video", "Video"),
    ("original", "Original file"),
    ("add_check", "Form: add a check"),
    ("correct_check", "Form: correct a check"),
    ("replace_check", "Form: replace a check"),
    ("close_case", "Form: close the case"),
]
ACCESS_LOG = [
    migrations.AlterField(
        model_name="viewrecord",
        name="what",
        field=models.CharField(blank=True, db_column="what", default="", max_length=40),
    ),
    migrations.RenameField(model_name="viewrecord", old_name="what", new_name="old_text"),
    # Defaults of the database serve a web server of the release before, during an upgrade.
    migrations.AddField(
        model_name="viewrecord",
        name="kind",
        field=models.CharField(blank=True, choices=ACCESS_KINDS, db_default="", default="", max_length=20),
    ),
    migrations.AddField(
        model_name="viewrecord",
        name="check_row",
        field=models.ForeignKey(
            db_column="check_id",
            null=True,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="+",
            to="compliance.check",
        ),
    ),
    migrations.AddField(
        model_name="viewrecord",
        name="report_number",
        field=models.PositiveIntegerField(null=True),
    ),
    migrations.AddField(
        model_name="viewrecord",
        name="document_page",
        field=models.PositiveSmallIntegerField(null=True),
    ),
    migrations.AddField(
        model_name="viewrecord",
        name="fact",
        field=models.CharField(blank=True, db_default="", default="", max_length=40),
    ),
    migrations.AddConstraint(
        model_name="viewrecord",
        constraint=models.CheckConstraint(
            condition=models.Q(
                models.Q(("kind__in", [value for value, _ in ACCESS_KINDS]), ("old_text", "")),
                models.Q(("kind", ""), models.Q(("old_text", ""), _negated=True)),
                _connector="OR",
            ),
            name="view_has_kind_or_old_text",
        ),
    ),
]
RENAMED_FIELDS = [
    # The index keeps its name and column; only the field that it names is renamed.
    migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveIndex(model_name="blob", name="blob_alike")]
    ),
    migrations.AlterField(
        model_name="accountstate",
        name="told_until",
        field=models.DateTimeField(db_column="told_until", null=True),
    ),
    migrations.RenameField(model_name="accountstate", old_name="told_until", new_name="throttled_until"),
    migrations.AlterField(
        model_name="blob",
        name="has_film",
        field=models.BooleanField(db_column="has_film", default=False),
    ),
    migrations.RenameField(model_name="blob", old_name="has_film", new_name="has_cleaned_video"),
    migrations.AlterField(
        model_name="blob",
        name="likeness",
        field=django.contrib.postgres.fields.ArrayField(
            base_field=models.CharField(max_length=16), db_column="likeness", default=list, size=None
        ),
    ),
    migrations.RenameField(model_name="blob", old_name="likeness", new_name="hash_bands"),
    migrations.AlterField(
        model_name="checksync",
        name="asked_at",
        field=models.DateTimeField(db_column="asked_at", null=True),
    ),
    migrations.RenameField(model_name="checksync", old_name="asked_at", new_name="refresh_requested_at"),
    migrations.SeparateDatabaseAndState(
        state_operations=[
            migrations.AddIndex(
                model_name="blob",
                index=django.contrib.postgres.indexes.GinIndex(fields=["hash_bands"], name="blob_alike"),
            )
        ]
    ),
]
FAULT_CODES = [
    operation
    for model in ("document", "piece")
    for operation in (
        migrations.AddField(
            model_name=model,
            name="fault_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name=model,
            name="fault_params",
            field=models.JSONField(db_default={}, default=dict),
        ),
    )
]


class Migration(migrations.Migration):
    dependencies = [("compliance", "0009_copies_go_on_from_what_came")]

    operations = [*ACCESS_LOG, *RENAMED_FIELDS, *FAULT_CODES]
