"""Two people can say that two applicants are different persons; a duplicate counts as the same person until then."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import providers.vault

SAME_PERSON = """
CREATE OR REPLACE FUNCTION compliance_same_person(of_case bigint) RETURNS SETOF uuid LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    WITH me AS (SELECT applicant_id AS id FROM compliance_case WHERE compliance_case.id = of_case),
         alike(id) AS (
             SELECT compliance_same_person_by_index(of_case)
              UNION
             SELECT other.applicant_id
               FROM me
               JOIN compliance_case mine ON mine.applicant_id = me.id
               JOIN compliance_finding f ON f.case_id = mine.id AND f.kind = 'duplicate'
                AND f.state IN ('open', 'resolved')
               JOIN compliance_case other ON other.id = (f.detail ->> 'case')::bigint)
    SELECT alike.id FROM alike CROSS JOIN me
     WHERE NOT EXISTS (SELECT FROM compliance_distinctapplicants pair
                        WHERE pair.first_id = least(me.id, alike.id) AND pair.second_id = greatest(me.id, alike.id))
$$;
"""
GUARD = """
CREATE FUNCTION compliance_guard_distinct() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE finding compliance_finding%ROWTYPE;
BEGIN
    SELECT * INTO finding FROM compliance_finding WHERE id = NEW.finding_id FOR UPDATE;
    NEW.agreed_at := clock_timestamp();
    IF NOT FOUND OR finding.kind <> 'duplicate' OR finding.state <> 'resolved'
            OR (SELECT array_agg(DISTINCT c.applicant_id ORDER BY c.applicant_id) FROM compliance_case c
                 WHERE c.id IN (finding.case_id, (finding.detail ->> 'case')::bigint))
               IS DISTINCT FROM ARRAY[NEW.first_id, NEW.second_id] THEN
        RAISE EXCEPTION 'only the applicants of a resolved duplicate are different persons'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT compliance_may_approve(NEW.agreed_by_id) THEN
        RAISE EXCEPTION 'only an active manager agrees' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM compliance_user u JOIN compliance_person p ON p.id = u.person_id
                    WHERE u.id = NEW.agreed_by_id AND p.id = NEW.agreed_person_id
                      AND p.id <> finding.resolved_person_id AND p.created_at < finding.resolved_at)
            OR compliance_person_depends(NEW.agreed_person_id, finding.resolved_person_id) THEN
        RAISE EXCEPTION 'a second person agrees, independent of the first' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_distinct BEFORE INSERT ON compliance_distinctapplicants
    FOR EACH ROW EXECUTE FUNCTION compliance_guard_distinct();
"""
LAST = import_module("compliance.migrations.0018_chains_and_approvals_by_definers").GUARD_DECISION
TRAIL = import_module("compliance.migrations.0002_trail_is_append_only")
TABLE = ("compliance_distinctapplicants",)
GUARD_DECISION = LAST.replace("'data_corrected', ", "'data_corrected', 'applicants_distinct', ")
SAME_PERSON_BEFORE = (
    "CREATE OR REPLACE FUNCTION compliance_same_person("
    + import_module("compliance.migrations.0015_findings_are_rows").WEIGHING.partition(
        "CREATE FUNCTION compliance_same_person("
    )[2]
)
UNDO = (
    SAME_PERSON_BEFORE
    + LAST
    + "DROP TRIGGER compliance_guard_distinct ON compliance_distinctapplicants; DROP FUNCTION compliance_guard_distinct();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0022_lists_of_a_report_are_capped"),
        ("providers", "0002_poll_interval_of_an_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="DistinctApplicants",
            fields=[
                (
                    "id",
                    models.UUIDField(default=providers.vault.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("agreed_at", models.DateTimeField()),
                ("note", providers.vault.EncryptedTextField()),
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
                    ("escalation_taken_over", "Escalation taken over"),
                    ("escalation_answered", "Escalation answered"),
                    ("escalation_withdrawn", "Escalation withdrawn"),
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
                    ("applicants_distinct", "Two people agreed: different persons"),
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
                    ("agree_to_finding", "Form: agree that applicants are different persons"),
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
                            "escalation_taken_over",
                            "escalation_answered",
                            "escalation_withdrawn",
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
                            "applicants_distinct",
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
                                "agree_to_finding",
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
            model_name="distinctapplicants",
            name="agreed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="distinctapplicants",
            name="agreed_person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
            ),
        ),
        migrations.AddField(
            model_name="distinctapplicants",
            name="data_key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
            ),
        ),
        migrations.AddField(
            model_name="distinctapplicants",
            name="finding",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.finding"
            ),
        ),
        migrations.AddField(
            model_name="distinctapplicants",
            name="first",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.applicant"
            ),
        ),
        migrations.AddField(
            model_name="distinctapplicants",
            name="second",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.applicant"
            ),
        ),
        migrations.AddConstraint(
            model_name="distinctapplicants",
            constraint=models.UniqueConstraint(fields=("first", "second"), name="applicants_distinct_once"),
        ),
        migrations.AddConstraint(
            model_name="distinctapplicants",
            constraint=models.CheckConstraint(
                condition=models.Q(("first__lt", models.F("second"))), name="applicants_distinct_in_order"
            ),
        ),
        migrations.RunSQL("".join(map(TRAIL.append_only, TABLE)), "".join(map(TRAIL.undo_append_only, TABLE))),
        migrations.RunSQL(TRAIL.rights("REVOKE", TABLE, "UPDATE, DELETE, TRUNCATE"), migrations.RunSQL.noop),
        migrations.RunSQL(SAME_PERSON + GUARD + GUARD_DECISION, UNDO),
    ]
