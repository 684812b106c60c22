"""Files of cases that were uploaded in the browser, and the entry of their import in the activity log."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import providers.vault
import providers.vault.keys


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0030_history_is_planned_once"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseImport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "Checking"),
                            ("checked", "Checked"),
                            ("importing", "Importing"),
                            ("imported", "Imported"),
                        ],
                        default="checking",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("content", providers.vault.EncryptedBytesField(compressed=True, default=b"")),
                ("encoding", models.CharField(max_length=20)),
                ("notice", models.CharField(blank=True, max_length=200)),
                ("lines", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("last_line", models.PositiveIntegerField(default=0)),
                ("cases", models.PositiveIntegerField(default=0)),
                ("checks", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("errors", models.JSONField(default=list)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="deskevent",
            name="desk_event_type_known",
        ),
        migrations.AlterField(
            model_name="deskevent",
            name="type",
            field=models.CharField(
                choices=[
                    ("account_created", "Account created"),
                    ("account_changed", "Account changed"),
                    ("account_tested", "Connection tested"),
                    ("account_paused", "Account paused"),
                    ("account_resumed", "Account resumed"),
                    ("account_failing", "Account failing"),
                    ("account_blocked", "Account blocked"),
                    ("account_recovered", "Account recovered"),
                    ("word_unrecognised", "Unknown status"),
                    ("word_first_seen", "Undocumented status seen for the first time"),
                    ("person_changed", "Person or user changed"),
                    ("emails_to_correct", "E-mail addresses missing or shared"),
                    ("policy_changed", "Policy changed"),
                    ("reason_code_changed", "Reason code changed"),
                    ("cases_imported", "Cases imported from a file"),
                    ("value_undecipherable", "Stored value cannot be decrypted"),
                    ("signed_in", "Signed in"),
                    ("sign_in_refused", "Sign-in refused"),
                    ("signed_out", "Signed out"),
                ],
                max_length=30,
            ),
        ),
        migrations.AddConstraint(
            model_name="deskevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "type__in",
                        [
                            "account_created",
                            "account_changed",
                            "account_tested",
                            "account_paused",
                            "account_resumed",
                            "account_failing",
                            "account_blocked",
                            "account_recovered",
                            "word_unrecognised",
                            "word_first_seen",
                            "person_changed",
                            "emails_to_correct",
                            "policy_changed",
                            "reason_code_changed",
                            "cases_imported",
                            "value_undecipherable",
                            "signed_in",
                            "sign_in_refused",
                            "signed_out",
                        ],
                    )
                ),
                name="desk_event_type_known",
            ),
        ),
        migrations.AddField(
            model_name="caseimport",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="caseimport",
            index=models.Index(fields=["created_at"], name="import_oldest_first"),
        ),
        migrations.AddConstraint(
            model_name="caseimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["checking", "checked", "importing", "imported"])),
                name="import_state_known",
            ),
        ),
    ]
