"""Lists of one environment, the next case claimed after a decision, and reasons that codes suggest."""

import django.contrib.postgres.fields
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("compliance", "0028_references_that_one_person_typed"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="case",
            name="case_queue_order",
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_open_order",
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_escalated_order",
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_approval_order",
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_decided_order",
        ),
        migrations.AddField(
            model_name="reasoncode",
            name="suggested_by",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=120), blank=True, db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="claims_next",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="user",
            name="environment",
            field=models.CharField(
                blank=True,
                choices=[("live", "Live"), ("sandbox", "Sandbox"), ("simulator", "Simulator")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                models.F("environment"),
                models.F("queue"),
                django.db.models.expressions.CombinedExpression(models.F("priority"), "*", models.Value(-1)),
                models.F("due_at"),
                models.F("id"),
                condition=models.Q(("status", "in_review")),
                name="case_queue_order",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                models.F("environment"),
                django.db.models.expressions.CombinedExpression(models.F("priority"), "*", models.Value(-1)),
                models.F("due_at"),
                models.F("id"),
                condition=models.Q(("status__in", ("in_review", "awaiting_approval"))),
                name="case_open_order",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                models.F("environment"),
                django.db.models.expressions.CombinedExpression(models.F("priority"), "*", models.Value(-1)),
                models.F("due_at"),
                models.F("id"),
                condition=models.Q(("question", True)),
                name="case_escalated_order",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                models.F("environment"),
                models.F("due_at"),
                models.F("id"),
                condition=models.Q(("status", "awaiting_approval")),
                name="case_approval_order",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                models.F("environment"),
                models.OrderBy(models.F("decided_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "decided")),
                name="case_decided_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("environment__in", ("", "live", "sandbox", "simulator"))),
                name="user_environment_known",
            ),
        ),
    ]
