"""Words and keys by which applicants are found by name, and indexes for identifiers in any case and by their beginning.

``manage.py prepare`` fills the new columns afterwards.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0031_uploaded_files_of_cases"),
        ("providers", "0002_poll_interval_of_an_account"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="applicant",
            name="applicant_external_id",
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_reference",
        ),
        migrations.RemoveIndex(
            model_name="check",
            name="check_reference_any_case",
        ),
        migrations.AddField(
            model_name="applicant",
            name="search_keys",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.AddField(
            model_name="applicant",
            name="search_text",
            field=models.TextField(db_default="", default="", editable=False),
        ),
        migrations.AddIndex(
            model_name="applicant",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Lower("external_id"), "text_pattern_ops"
                ),
                name="applicant_by_external_id",
            ),
        ),
        migrations.AddIndex(
            model_name="applicant",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Lower("email"), "text_pattern_ops"
                ),
                name="applicant_by_email",
            ),
        ),
        migrations.AddIndex(
            model_name="applicant",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("search_text", "gin_trgm_ops"), name="applicant_by_part_of_name"
            ),
        ),
        migrations.AddIndex(
            model_name="applicant",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search_keys"], name="applicant_by_name_key"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Lower("reference"), "text_pattern_ops"
                ),
                name="case_by_reference",
            ),
        ),
        migrations.AddIndex(
            model_name="casevisit",
            index=models.Index(fields=["person", "-seen_at"], name="visit_newest_of_person"),
        ),
        migrations.AddIndex(
            model_name="check",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("reference"), "text_pattern_ops"
                ),
                name="check_by_reference",
            ),
        ),
    ]
