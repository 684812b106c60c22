"""Rows of the access log get columns instead of one text. Old rows keep their text."""

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


class Migration(migrations.Migration):
    dependencies = [("compliance", "0009_copies_go_on_from_what_came")]

    operations = [*ACCESS_LOG]
