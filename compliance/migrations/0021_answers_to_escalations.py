"""Managers answer escalations without deciding; nobody else decides meanwhile, which guards repeat."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import providers.vault

EVENT_TYPES = [
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
]

WRITTEN_ONCE = """
CREATE TRIGGER compliance_escalationanswer_no_change BEFORE UPDATE OR DELETE ON compliance_escalationanswer
    FOR EACH ROW EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_escalationanswer_no_truncate BEFORE TRUNCATE ON compliance_escalationanswer
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_refuse_change();
DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'desk_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON compliance_escalationanswer FROM desk_app;
END IF; END $$;
"""

GUARD = """
CREATE FUNCTION compliance_may_answer(of_case bigint, by_user bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    -- A manager who did not ask, unless the claim of another person is running.
    SELECT EXISTS (
        SELECT FROM compliance_case c JOIN compliance_user u ON u.id = by_user
          LEFT JOIN compliance_user asker ON asker.id = c.escalated_by_id
         WHERE c.id = of_case AND compliance_may_approve(u.id) AND u.person_id IS DISTINCT FROM asker.person_id
           AND NOT EXISTS (SELECT FROM compliance_claim k
                            WHERE k.case_id = c.id AND k.until > now() AND k.person_id <> u.person_id))
$$;
CREATE FUNCTION compliance_took_over(of_case bigint, person bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    -- A process of the previous release records the claim of a manager as 'claimed'.
    SELECT EXISTS (
        SELECT FROM compliance_case c JOIN compliance_event e ON e.case_id = c.id
          JOIN compliance_user u ON u.id = e.actor_id
          LEFT JOIN compliance_user asker ON asker.id = c.escalated_by_id
         WHERE c.id = of_case AND u.person_id = person AND u.person_id IS DISTINCT FROM asker.person_id
           AND e.at >= coalesce(c.escalated_at, '-infinity')
           AND (e.type = 'escalation_taken_over' OR e.type = 'claimed' AND compliance_may_approve(u.id)))
$$;
CREATE FUNCTION compliance_guard_escalation() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    new_row jsonb := to_jsonb(NEW);
    by_user bigint := coalesce(new_row ->> 'by_id', new_row ->> 'proposed_by_id')::bigint;
    is_past boolean;
BEGIN
    IF NOT (SELECT question FROM compliance_case WHERE id = NEW.case_id) THEN
        RETURN NEW;
    END IF;
    IF new_row ->> 'proposal_id' IS NOT NULL THEN
        is_past := compliance_took_over(NEW.case_id, (new_row ->> 'by_person_id')::bigint);
    ELSE
        is_past := compliance_may_answer(NEW.case_id, by_user)
            AND EXISTS (SELECT FROM compliance_claim k JOIN compliance_user u ON u.person_id = k.person_id
                         WHERE k.case_id = NEW.case_id AND k.until > now() AND u.id = by_user);
    END IF;
    IF NOT is_past THEN
        RAISE EXCEPTION 'an escalated case is decided by the manager who took it over'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_escalation BEFORE INSERT ON compliance_decision
    FOR EACH ROW EXECUTE FUNCTION compliance_guard_escalation();
CREATE TRIGGER compliance_guard_escalation BEFORE INSERT ON compliance_overrideproposal
    FOR EACH ROW EXECUTE FUNCTION compliance_guard_escalation();
CREATE FUNCTION compliance_guard_answer() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE of_case bigint;
BEGIN
    SELECT c.id INTO of_case FROM compliance_decision d JOIN compliance_case c ON c.id = d.case_id
     WHERE d.id = NEW.escalation_id AND d.verdict = 'escalate' AND c.question AND c.status = 'in_review'
       AND d.id = coalesce(c.escalation_id, d.id);
    IF of_case IS NULL OR NOT compliance_may_answer(of_case, NEW.by_id)
            OR NEW.by_person_id IS DISTINCT FROM (SELECT person_id FROM compliance_user WHERE id = NEW.by_id) THEN
        RAISE EXCEPTION 'an open escalation is answered by a manager who did not ask' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_answer BEFORE INSERT ON compliance_escalationanswer
    FOR EACH ROW EXECUTE FUNCTION compliance_guard_answer();
CREATE FUNCTION compliance_guard_question() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE asked uuid := coalesce(OLD.escalation_id, (
    SELECT id FROM compliance_decision WHERE case_id = OLD.id AND verdict = 'escalate' ORDER BY decided_at DESC LIMIT 1));
BEGIN
    IF (NEW.escalated_by_id, NEW.escalated_at, NEW.escalation_id)
            IS DISTINCT FROM (OLD.escalated_by_id, OLD.escalated_at, OLD.escalation_id) THEN
        RAISE EXCEPTION 'an open escalation is not changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT NEW.question
            AND NOT EXISTS (SELECT FROM compliance_escalationanswer WHERE escalation_id = asked)
            AND NOT EXISTS (SELECT FROM compliance_decision d JOIN compliance_decision a ON a.id = asked
                             WHERE d.case_id = OLD.id AND d.verdict <> 'escalate' AND d.decided_at >= a.decided_at)
            AND NOT EXISTS (SELECT FROM compliance_event e JOIN compliance_user u ON u.id = e.actor_id
                              JOIN compliance_decision a ON a.id = asked
                             WHERE e.case_id = OLD.id AND e.type = 'escalation_withdrawn' AND e.at >= a.decided_at
                               AND u.person_id = a.by_person_id) THEN
        RAISE EXCEPTION 'an escalation ends with an answer, a decision or its withdrawal'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_question BEFORE UPDATE ON compliance_case
    FOR EACH ROW WHEN (OLD.question AND (NOT NEW.question OR (NEW.escalated_by_id, NEW.escalated_at, NEW.escalation_id)
        IS DISTINCT FROM (OLD.escalated_by_id, OLD.escalated_at, OLD.escalation_id)))
    EXECUTE FUNCTION compliance_guard_question();
"""
UNDO = """
DROP TRIGGER compliance_guard_question ON compliance_case;
DROP FUNCTION compliance_guard_question();
DROP TRIGGER compliance_guard_answer ON compliance_escalationanswer;
DROP FUNCTION compliance_guard_answer();
DROP TRIGGER compliance_guard_escalation ON compliance_overrideproposal;
DROP TRIGGER compliance_guard_escalation ON compliance_decision;
DROP FUNCTION compliance_guard_escalation();
DROP FUNCTION compliance_took_over(bigint, bigint);
DROP FUNCTION compliance_may_answer(bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("compliance", "0020_declared_data_are_corrected")]

    operations = [
        migrations.AlterField(
            model_name="event", name="type", field=models.CharField(choices=EVENT_TYPES, max_length=30)
        ),
        migrations.RemoveConstraint(model_name="event", name="event_type_known"),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", [value for value, _ in EVENT_TYPES])), name="event_type_known"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                django.db.models.expressions.CombinedExpression(models.F("priority"), "*", models.Value(-1)),
                models.F("due_at"),
                models.F("id"),
                name="case_escalated_order",
                condition=models.Q(("question", True)),
            ),
        ),
        migrations.CreateModel(
            name="EscalationAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(default=providers.vault.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("note", providers.vault.EncryptedTextField(default="")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "by_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
                (
                    "escalation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answer", to="compliance.decision"
                    ),
                ),
            ],
            options={"abstract": False, "default_permissions": ()},
        ),
        migrations.RunSQL(WRITTEN_ONCE + GUARD, UNDO),
    ]
