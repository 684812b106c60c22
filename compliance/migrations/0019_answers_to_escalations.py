"""Managers answer escalations without deciding; answers are written once."""

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


class Migration(migrations.Migration):
    dependencies = [("compliance", "0018_chains_and_approvals_by_definers")]

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
        migrations.RunSQL(WRITTEN_ONCE, migrations.RunSQL.noop),
    ]
