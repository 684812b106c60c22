"""Corrections of declared data. The values before count for duplicates, and weigh until a second person agrees."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import providers.vault
import providers.vault.keys

BEFORE = import_module("compliance.migrations.0014_two_people_whatever_the_road")
FINDINGS = import_module("compliance.migrations.0015_findings_are_rows")
FIRST = import_module("compliance.migrations.0002_trail_is_append_only")
TABLE = "compliance_datacorrection"

GUARD_CORRECTION = """
CREATE FUNCTION compliance_guard_correction() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.corrected_by_id IS NOT NULL AND NEW.corrected_person_id IS DISTINCT FROM
            (SELECT person_id FROM compliance_user WHERE id = NEW.corrected_by_id) THEN
        RAISE EXCEPTION 'a correction names the person of its account' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_correction BEFORE INSERT ON compliance_datacorrection
    FOR EACH ROW EXECUTE FUNCTION compliance_guard_correction();
"""
# A finding about an earlier declaration weighs until another person resolves it, or an override is approved over it.
WEIGHING = """
CREATE OR REPLACE FUNCTION compliance_has_weighing_finding(of_case bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM compliance_finding f
         WHERE f.case_id = of_case AND f.state IN ('open', 'resolved')
           AND (f.kind NOT IN ('by_eye', 'varies', 'may_be_expired', 'related') OR f.detail ? 'earlier')
           AND NOT (f.detail ? 'earlier' AND (
                (f.state = 'resolved' AND NOT EXISTS (
                    SELECT FROM compliance_datacorrection k
                     WHERE k.id IN (SELECT id::uuid FROM jsonb_array_elements_text(f.detail -> 'earlier') AS one(id))
                       AND k.corrected_person_id = f.resolved_person_id))
                OR EXISTS (
                    SELECT FROM compliance_overrideproposal p
                     WHERE p.case_id = of_case AND p.state = 'approved' AND p.verdict = 'approve'
                       AND p.resolved_at >= f.found_at))))
$$;
"""
SAME_PERSON = """
CREATE OR REPLACE FUNCTION compliance_same_person_by_index(of_case bigint) RETURNS SETOF uuid LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    WITH me AS (SELECT a.id, a.environment, a.birth_index, a.document_index
                  FROM compliance_case c JOIN compliance_applicant a ON a.id = c.applicant_id WHERE c.id = of_case),
         births AS (SELECT birth_index AS birth FROM me WHERE birth_index IS NOT NULL
                    UNION
                    SELECT d.birth_index FROM me JOIN compliance_datacorrection d ON d.applicant_id = me.id
                     WHERE d.birth_index IS NOT NULL),
         numbers AS (SELECT document_index AS number FROM me WHERE document_index IS NOT NULL
                     UNION
                     SELECT d.document_index FROM me JOIN compliance_datacorrection d ON d.applicant_id = me.id
                      WHERE d.document_index IS NOT NULL
                     UNION
                     SELECT k.document_index FROM me JOIN compliance_case c ON c.applicant_id = me.id
                       JOIN compliance_check k ON k.case_id = c.id WHERE k.document_index IS NOT NULL)
    SELECT id FROM me
     UNION
    SELECT a.id FROM me CROSS JOIN births JOIN compliance_applicant a
        ON a.birth_index = births.birth AND a.environment = me.environment
     UNION
    SELECT a.id FROM me CROSS JOIN births JOIN compliance_datacorrection d ON d.birth_index = births.birth
      JOIN compliance_applicant a ON a.id = d.applicant_id AND a.environment = me.environment
     UNION
    SELECT a.id FROM me CROSS JOIN numbers JOIN compliance_applicant a
        ON a.document_index = numbers.number AND a.environment = me.environment
     UNION
    SELECT a.id FROM me CROSS JOIN numbers JOIN compliance_datacorrection d ON d.document_index = numbers.number
      JOIN compliance_applicant a ON a.id = d.applicant_id AND a.environment = me.environment
     UNION
    SELECT c.applicant_id FROM me CROSS JOIN numbers JOIN compliance_check k
        ON k.document_index = numbers.number AND k.environment = me.environment JOIN compliance_case c ON c.id = k.case_id
$$;
"""
BY_INDEX_BEFORE = BEFORE.SAME_PERSON.replace(
    "CREATE FUNCTION compliance_same_person(", "CREATE OR REPLACE FUNCTION compliance_same_person_by_index("
)
WEIGHING_BEFORE = FINDINGS.WEIGHING.partition("ALTER FUNCTION")[0]
UNDO = BY_INDEX_BEFORE + WEIGHING_BEFORE + "DROP FUNCTION compliance_guard_correction() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0018_chains_and_approvals_by_definers"),
        ("providers", "0002_poll_interval_of_an_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataCorrection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("corrected_at", models.DateTimeField()),
                ("before", providers.vault.EncryptedJSONField()),
                ("birth_index", models.BinaryField(null=True)),
                ("document_index", models.BinaryField(null=True)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="event",
            name="event_type_known",
        ),
        migrations.RemoveConstraint(
            model_name="viewrecord",
            name="view_has_kind_or_old_text",
        ),
        migrations.AddField(
            model_name="applicant",
            name="was_corrected",
            field=models.BooleanField(db_default=False, default=False),
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
                    ("data_corrected", "Declared data corrected"),
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
                    ("correct_data", "Form: correct the declared data"),
                    ("close_case", "Form: close the case"),
                    ("resolve_finding", "Form: resolve a finding"),
                ],
                db_default="",
                default="",
                max_length=20,
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
                            "data_corrected",
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
                                "correct_data",
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
        migrations.AddField(
            model_name="datacorrection",
            name="applicant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="compliance.applicant"
            ),
        ),
        migrations.AddField(
            model_name="datacorrection",
            name="corrected_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="datacorrection",
            name="corrected_person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
            ),
        ),
        migrations.AddField(
            model_name="datacorrection",
            name="data_key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
            ),
        ),
        migrations.AddIndex(
            model_name="datacorrection",
            index=models.Index(fields=["birth_index"], name="correction_same_birth"),
        ),
        migrations.AddIndex(
            model_name="datacorrection",
            index=models.Index(fields=["document_index"], name="correction_same_document"),
        ),
        migrations.AddConstraint(
            model_name="datacorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrected_by__isnull", True), ("corrected_person__isnull", True)),
                    models.Q(("corrected_by__isnull", False), ("corrected_person__isnull", False)),
                    _connector="OR",
                ),
                name="correction_by_has_person",
            ),
        ),
        migrations.RunSQL(
            FIRST.append_only(TABLE) + GUARD_CORRECTION + WEIGHING + SAME_PERSON, UNDO + FIRST.undo_append_only(TABLE)
        ),
        migrations.RunSQL(
            FIRST.rights("REVOKE", (TABLE,), "UPDATE, DELETE, TRUNCATE"),
            FIRST.rights("GRANT", (TABLE,), "UPDATE, DELETE"),
        ),
    ]
