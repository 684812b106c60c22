"""Findings and identity keys as rows, the queue "Ready to approve", and a search for duplicates that is due."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import providers.vault

rights = import_module("compliance.migrations.0002_trail_is_append_only").rights
TABLES = ("compliance_finding", "compliance_identitykey")
READY_TERM = """
INSERT INTO compliance_queueterm (queue, hours) SELECT 'ready', 72 WHERE EXISTS (SELECT FROM compliance_deskpolicy)
ON CONFLICT DO NOTHING
"""
NO_READY_CASES = """
UPDATE compliance_case SET queue = 'manual_review', priority = 0 WHERE queue = 'ready';
DELETE FROM compliance_queueterm WHERE queue = 'ready';
"""
# A file in another case of the same applicant is information.
WEIGHING = """
CREATE OR REPLACE FUNCTION compliance_has_weighing_finding(of_case bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM compliance_finding WHERE case_id = of_case AND state IN ('open', 'resolved')
                   AND kind NOT IN ('by_eye', 'varies', 'may_be_expired', 'related'))
$$;
ALTER FUNCTION compliance_same_person(bigint) RENAME TO compliance_same_person_by_index;
CREATE FUNCTION compliance_same_person(of_case bigint) RETURNS SETOF uuid LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT compliance_same_person_by_index(of_case)
     UNION
    SELECT other.applicant_id
      FROM compliance_case this
      JOIN compliance_case mine ON mine.applicant_id = this.applicant_id
      JOIN compliance_finding f ON f.case_id = mine.id AND f.kind = 'duplicate' AND f.state IN ('open', 'resolved')
      JOIN compliance_case other ON other.id = (f.detail ->> 'case')::bigint
     WHERE this.id = of_case
$$;
"""
NOT_WEIGHING = """
DROP FUNCTION compliance_same_person(bigint);
ALTER FUNCTION compliance_same_person_by_index(bigint) RENAME TO compliance_same_person;
CREATE OR REPLACE FUNCTION compliance_has_weighing_finding(of_case bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$ SELECT false $$;
"""
# Open cases of the release before get their findings with the next sweeps; `manage.py reindex` does the same for all.
SEARCH_OPEN_CASES = "UPDATE compliance_case SET duplicates_due = true WHERE status <> 'decided'"


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0014_two_people_whatever_the_road"),
        ("providers", "0002_poll_interval_of_an_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.UUIDField(default=providers.vault.new_id, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("differs", "Sources differ on a fact"),
                            ("by_eye", "Values cannot be compared automatically"),
                            ("varies", "Values differ that may rightly differ"),
                            ("implausible", "A date that cannot be true"),
                            ("expired", "Expired"),
                            ("may_be_expired", "May have expired"),
                            ("results_disagree", "Provider results contradict each other"),
                            ("contradiction", "An accepted answer contains a negative word"),
                            ("duplicate", "Possible duplicate"),
                            ("related", "The same file in another case of this applicant"),
                        ],
                        max_length=20,
                    ),
                ),
                ("about", models.CharField(max_length=40)),
                ("detail", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("resolved", "Resolved"), ("ended", "Ended")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("since_seq", models.PositiveIntegerField()),
                ("found_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("versions", models.JSONField(default=dict)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("note", providers.vault.EncryptedTextField(default="")),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="IdentityKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "environment",
                    models.CharField(
                        choices=[("live", "Live"), ("sandbox", "Sandbox"), ("simulator", "Simulator")], max_length=10
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("document_number", "Document number"), ("birth_date", "Birth date and name")],
                        max_length=20,
                    ),
                ),
                ("value", models.BinaryField()),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="case",
            name="case_queue_known",
        ),
        migrations.RemoveConstraint(
            model_name="event",
            name="event_type_known",
        ),
        migrations.RemoveConstraint(
            model_name="queueterm",
            name="term_queue_known",
        ),
        migrations.AddField(
            model_name="case",
            name="duplicates_due",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="case",
            name="priority",
            field=models.SmallIntegerField(
                choices=[
                    (-1, "Ready to approve"),
                    (0, "Normal"),
                    (1, "Re-review"),
                    (2, "Fraud or deceased"),
                    (3, "Escalated"),
                ],
                default=0,
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="queue",
            field=models.CharField(
                blank=True,
                choices=[
                    ("declined", "Declined"),
                    ("manual_review", "Manual review"),
                    ("retry_required", "Retry required"),
                    ("incomplete", "Incomplete"),
                    ("recheck", "Re-review"),
                    ("unreadable", "Sync error"),
                    ("ready", "Ready to approve"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="type",
            field=models.CharField(
                choices=[
                    ("case_opened", "Case opened"),
                    ("check_added", "Check added"),
                    ("check_replaced", "Check replaced"),
                    ("check_corrected", "Check corrected"),
                    ("reported", "Provider reported"),
                    ("lapsed", "Timeout rule changed the outcome"),
                    ("check_blocked", "Check blocked"),
                    ("check_readable", "Check unblocked"),
                    ("read_requested", "Refresh requested"),
                    ("queued", "Entered a queue"),
                    ("claimed", "Claimed"),
                    ("released", "Released"),
                    ("decided", "Decided"),
                    ("system_closed", "Closed by the system"),
                    ("retry_deadline_passed", "Retry deadline passed"),
                    ("override_proposed", "Override proposed"),
                    ("override_withdrawn", "Override withdrawn"),
                    ("override_refused", "Override denied"),
                    ("override_approved", "Override approved"),
                    ("override_expired", "Override expired"),
                    ("override_digest_migrated", "Evidence digest of an override migrated"),
                    ("documents_copied", "Images saved"),
                    ("document_lost", "Image not saved"),
                    ("document_added", "File added"),
                    ("document_withdrawn", "File removed"),
                    ("finding_resolved", "Finding resolved"),
                    ("finding_reopened", "Finding reopened"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="queueterm",
            name="queue",
            field=models.CharField(
                choices=[
                    ("declined", "Declined"),
                    ("manual_review", "Manual review"),
                    ("retry_required", "Retry required"),
                    ("incomplete", "Incomplete"),
                    ("recheck", "Re-review"),
                    ("unreadable", "Sync error"),
                    ("ready", "Ready to approve"),
                ],
                max_length=20,
                primary_key=True,
                serialize=False,
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                models.F("id"), condition=models.Q(("duplicates_due", True)), name="case_duplicates_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "queue__in",
                        (
                            "",
                            "declined",
                            "manual_review",
                            "retry_required",
                            "incomplete",
                            "recheck",
                            "unreadable",
                            "ready",
                        ),
                    )
                ),
                name="case_queue_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "type__in",
                        [
                            "case_opened",
                            "check_added",
                            "check_replaced",
                            "check_corrected",
                            "reported",
                            "lapsed",
                            "check_blocked",
                            "check_readable",
                            "read_requested",
                            "queued",
                            "claimed",
                            "released",
                            "decided",
                            "system_closed",
                            "retry_deadline_passed",
                            "override_proposed",
                            "override_withdrawn",
                            "override_refused",
                            "override_approved",
                            "override_expired",
                            "override_digest_migrated",
                            "documents_copied",
                            "document_lost",
                            "document_added",
                            "document_withdrawn",
                            "finding_resolved",
                            "finding_reopened",
                        ],
                    )
                ),
                name="event_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="queueterm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "queue__in",
                        ["declined", "manual_review", "retry_required", "incomplete", "recheck", "unreadable", "ready"],
                    )
                ),
                name="term_queue_known",
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="findings", to="compliance.case"
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="data_key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="reason",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.reasoncode"
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="resolved_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="resolved_person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
            ),
        ),
        migrations.AddField(
            model_name="identitykey",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="identity_keys", to="compliance.case"
            ),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                condition=models.Q(("state__in", ("open", "resolved"))), fields=["case"], name="finding_of_case"
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "differs",
                            "by_eye",
                            "varies",
                            "implausible",
                            "expired",
                            "may_be_expired",
                            "results_disagree",
                            "contradiction",
                            "duplicate",
                            "related",
                        ],
                    )
                ),
                name="finding_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "resolved", "ended"])), name="finding_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", False), ("state", "ended")),
                    models.Q(models.Q(("state", "ended"), _negated=True), ("ended_at__isnull", True)),
                    _connector="OR",
                ),
                name="finding_ended_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "resolved"), _negated=True),
                    models.Q(
                        ("resolved_at__isnull", False),
                        ("resolved_by__isnull", False),
                        ("resolved_person__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="finding_resolved_has_person",
            ),
        ),
        migrations.AddIndex(
            model_name="identitykey",
            index=models.Index(fields=["value"], name="identity_key_elsewhere"),
        ),
        migrations.AddConstraint(
            model_name="identitykey",
            constraint=models.UniqueConstraint(fields=("case", "kind", "value"), name="identity_key_once_per_case"),
        ),
        migrations.AddConstraint(
            model_name="identitykey",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["document_number", "birth_date"])), name="identity_key_kind_known"
            ),
        ),
        migrations.RemoveConstraint(
            model_name="viewrecord",
            name="view_has_kind_or_old_text",
        ),
        migrations.AlterField(
            model_name="viewrecord",
            name="kind",
            field=models.CharField(
                blank=True,
                choices=[
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
                    ("resolve_finding", "Form: resolve a finding"),
                ],
                db_default="",
                default="",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="viewrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "kind__in",
                            [
                                "case",
                                "search",
                                "fact",
                                "ticket",
                                "payload",
                                "access_log",
                                "thumbnail",
                                "image",
                                "page",
                                "video",
                                "original",
                                "add_check",
                                "correct_check",
                                "replace_check",
                                "close_case",
                                "resolve_finding",
                            ],
                        ),
                        ("old_text", ""),
                    ),
                    models.Q(("kind", ""), models.Q(("old_text", ""), _negated=True)),
                    _connector="OR",
                ),
                name="view_has_kind_or_old_text",
            ),
        ),
        migrations.RunSQL(WEIGHING, NOT_WEIGHING),
        migrations.RunSQL(READY_TERM, NO_READY_CASES),
        migrations.RunSQL(SEARCH_OPEN_CASES, migrations.RunSQL.noop),
        migrations.RunSQL(rights("REVOKE", TABLES, "DELETE, TRUNCATE"), rights("GRANT", TABLES, "DELETE")),
    ]
