"""All tables, guards and rights of a new installation in one step; equal to what it replaces.

An installation that has some of those migrations runs the rest of them instead. A test compares both results. The
guards are in `guards_until_0023.sql`, later migrations replace some of its functions.
"""

import re
from pathlib import Path

import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.fields.json
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import compliance.models.people
import providers.contract.report
import providers.vault
import providers.vault.keys

HERE = Path(__file__).parent
GUARDS = (HERE / "guards_until_0023.sql").read_text(encoding="utf-8")
FUNCTIONS = re.findall(r"^CREATE FUNCTION (\w+)", GUARDS, re.MULTILINE)
RIGHTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'desk_app') THEN
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON compliance_event FROM desk_app;
        REVOKE UPDATE, DELETE, TRUNCATE ON
            compliance_checkreport, compliance_datacorrection, compliance_decision, compliance_deskevent,
            compliance_distinctapplicants, compliance_escalationanswer, compliance_viewrecord
            FROM desk_app;
        REVOKE DELETE, TRUNCATE ON
            compliance_applicant, compliance_case, compliance_check, compliance_finding, compliance_identitykey,
            compliance_overrideproposal, compliance_reasoncode
            FROM desk_app;
        REVOKE ALL ON FUNCTION compliance_append_events(jsonb) FROM PUBLIC;
        REVOKE ALL ON FUNCTION compliance_approve_proposal(uuid, bigint) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION compliance_append_events(jsonb) TO desk_app;
        GRANT EXECUTE ON FUNCTION compliance_approve_proposal(uuid, bigint) TO desk_app;
    END IF;
END $$;
"""
DROP = "".join(f"DROP FUNCTION {name} CASCADE;" for name in FUNCTIONS)


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("compliance", "0001_people_cases_checks_decisions_trail"),
        ("compliance", "0002_trail_is_append_only"),
        ("compliance", "0003_files_added_by_people_and_what_was_seen"),
        ("compliance", "0004_who_took_a_file_back_and_why"),
        ("compliance", "0005_what_a_report_changed_and_visits_without_a_lock"),
        ("compliance", "0006_how_many_pages_a_file_has"),
        ("compliance", "0007_pictures_wait_while_a_provider_is_down"),
        ("compliance", "0008_videos_play_without_their_notes"),
        ("compliance", "0009_copies_go_on_from_what_came"),
        ("compliance", "0010_no_sentence_is_data"),
        ("compliance", "0011_last_test_of_an_account"),
        ("compliance", "0012_overrides_need_grounds"),
        ("compliance", "0013_admin_action_of_a_fault"),
        ("compliance", "0014_two_people_whatever_the_road"),
        ("compliance", "0015_findings_are_rows"),
        ("compliance", "0016_references_in_any_case"),
        ("compliance", "0017_the_second_person_is_independent"),
        ("compliance", "0018_chains_and_approvals_by_definers"),
        ("compliance", "0020_declared_data_are_corrected"),
        ("compliance", "0021_answers_to_escalations"),
        ("compliance", "0022_lists_of_a_report_are_capped"),
        ("compliance", "0023_two_people_distinguish_applicants"),
    ]
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("providers", "0002_poll_interval_of_an_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=150)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "people",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="ReasonCode",
            fields=[
                ("code", models.CharField(max_length=12, primary_key=True, serialize=False)),
                ("label", models.CharField(max_length=120)),
                (
                    "verdicts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("approve", "Approve"),
                                ("reject", "Reject"),
                                ("request_retry", "Request retry"),
                                ("escalate", "Escalate"),
                                ("confirm", "Confirm the decision"),
                                ("void", "Close as opened by mistake"),
                            ],
                            max_length=20,
                        ),
                        size=None,
                    ),
                ),
                ("asks_note", models.BooleanField(default=False)),
                ("for_overrides", models.BooleanField(db_default=True, default=True)),
                ("active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ("code",),
                "default_permissions": ("add", "change", "view"),
            },
        ),
        migrations.CreateModel(
            name="SyncSlot",
            fields=[
                ("slot", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("owner", models.CharField(blank=True, max_length=40)),
                ("until", models.DateTimeField()),
                ("progressed_at", models.DateTimeField()),
                ("runs", models.BigIntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="AccountState",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="state",
                        serialize=False,
                        to="providers.provideraccount",
                    ),
                ),
                (
                    "health",
                    models.CharField(
                        choices=[("ok", "OK"), ("failing", "Failing"), ("blocked", "Blocked"), ("paused", "Paused")],
                        default="ok",
                        max_length=8,
                    ),
                ),
                ("fault", models.CharField(blank=True, max_length=40)),
                ("fault_detail", models.CharField(blank=True, max_length=400)),
                ("fault_admin_action", models.CharField(blank=True, db_default="", default="", max_length=400)),
                ("fault_since", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("not_before", models.DateTimeField(null=True)),
                ("throttled_until", models.DateTimeField(db_column="told_until", null=True)),
                ("next_start_at", models.DateTimeField(null=True)),
                ("last_good_read_at", models.DateTimeField(null=True)),
                ("generation", models.PositiveIntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("health__in", ("ok", "failing", "blocked"))), name="account_health_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fault", ""), ("fault_since__isnull", True), ("health", "ok")),
                            models.Q(
                                models.Q(("health", "ok"), _negated=True),
                                models.Q(("fault", ""), _negated=True),
                                ("fault_since__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="account_fault_has_name_and_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Applicant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[("live", "Live"), ("sandbox", "Sandbox"), ("simulator", "Simulator")], max_length=10
                    ),
                ),
                ("external_id", models.CharField(max_length=120)),
                ("full_name", models.CharField(max_length=300)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("birth_date", providers.vault.EncryptedTextField(default="")),
                ("document_number", providers.vault.EncryptedTextField(default="")),
                ("birth_index", models.BinaryField(null=True)),
                ("document_index", models.BinaryField(null=True)),
                ("was_corrected", models.BooleanField(db_default=False, default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "data_key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="applicant", to="providers.datakey"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["external_id"], name="applicant_external_id"),
                    models.Index(fields=["country"], name="applicant_country"),
                    models.Index(fields=["birth_index"], name="applicant_same_birth"),
                    models.Index(fields=["document_index"], name="applicant_same_document"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "external_id"), name="applicant_once_per_environment"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("environment__in", ["live", "sandbox", "simulator"])),
                        name="applicant_environment_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeskPolicy",
            fields=[
                ("only", models.BooleanField(default=True, editable=False, primary_key=True, serialize=False)),
                ("auto_close", models.BooleanField(default=False)),
                (
                    "required_kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), blank=True, default=list, size=None
                    ),
                ),
                ("retry_days", models.PositiveSmallIntegerField(default=7)),
                ("proposal_days", models.PositiveSmallIntegerField(default=3)),
                ("claim_minutes", models.PositiveSmallIntegerField(default=30)),
            ],
            options={
                "verbose_name": "policy",
                "verbose_name_plural": "policy",
                "default_permissions": ("change", "view"),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("only", True)), name="policy_only_one"),
                    models.CheckConstraint(
                        condition=models.Q(("retry_days__gte", 1), ("retry_days__lte", 90)),
                        name="policy_retry_days_sensible",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("proposal_days__gte", 1), ("proposal_days__lte", 30)),
                        name="policy_proposal_days_sensible",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("claim_minutes__gte", 5), ("claim_minutes__lte", 480)),
                        name="policy_claim_minutes_sensible",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("in_progress", "in_progress"),
                            ("approved", "approved"),
                            ("declined", "declined"),
                            ("manual_review", "manual_review"),
                            ("retry_required", "retry_required"),
                            ("incomplete", "incomplete"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "provider_verdict",
                    models.CharField(
                        choices=[
                            ("positive", "positive"),
                            ("negative", "negative"),
                            ("none", "none"),
                            ("unknown", "unknown"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("approve", "Approve"),
                            ("reject", "Reject"),
                            ("request_retry", "Request retry"),
                            ("escalate", "Escalate"),
                            ("confirm", "Confirm the decision"),
                            ("void", "Close as opened by mistake"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "ruling",
                    models.CharField(
                        choices=[
                            ("free", "Free"),
                            ("needs_approval", "Needs a second approver"),
                            ("forbidden", "Forbidden"),
                        ],
                        max_length=20,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("outcome", "provider_verdict", "verdict"), name="policy_one_rule_each"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ruling__in", ["free", "needs_approval", "forbidden"])),
                        name="policy_ruling_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                [
                                    providers.contract.report.Outcome["PENDING"],
                                    providers.contract.report.Outcome["IN_PROGRESS"],
                                    providers.contract.report.Outcome["APPROVED"],
                                    providers.contract.report.Outcome["DECLINED"],
                                    providers.contract.report.Outcome["MANUAL_REVIEW"],
                                    providers.contract.report.Outcome["RETRY_REQUIRED"],
                                    providers.contract.report.Outcome["INCOMPLETE"],
                                ],
                            )
                        ),
                        name="policy_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "provider_verdict__in",
                                [
                                    providers.contract.report.Verdict["POSITIVE"],
                                    providers.contract.report.Verdict["NEGATIVE"],
                                    providers.contract.report.Verdict["NONE"],
                                    providers.contract.report.Verdict["UNKNOWN"],
                                ],
                            )
                        ),
                        name="policy_verdict_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QueueTerm",
            fields=[
                (
                    "queue",
                    models.CharField(
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
                ("hours", models.PositiveSmallIntegerField()),
            ],
            options={
                "verbose_name": "queue deadline",
                "verbose_name_plural": "queue deadlines (SLA)",
                "default_permissions": ("change", "view"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "queue__in",
                                [
                                    "declined",
                                    "manual_review",
                                    "retry_required",
                                    "incomplete",
                                    "recheck",
                                    "unreadable",
                                    "ready",
                                ],
                            )
                        ),
                        name="term_queue_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hours__gte", 1), ("hours__lte", 2160)), name="term_hours_sensible"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountToken",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("value", providers.vault.EncryptedTextField(default="")),
                ("expires_at", models.DateTimeField(null=True)),
                ("owner", models.CharField(blank=True, max_length=40)),
                ("owned_until", models.DateTimeField(null=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="token",
                        to="providers.provideraccount",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("owned_until__isnull", True), ("owner", "")),
                            models.Q(models.Q(("owner", ""), _negated=True), ("owned_until__isnull", False)),
                            _connector="OR",
                        ),
                        name="token_owner_has_deadline",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                (
                    "theme",
                    models.CharField(
                        choices=[("system", "Follows the system"), ("light", "Light"), ("dark", "Dark")],
                        default="system",
                        max_length=6,
                    ),
                ),
                ("single_keys", models.BooleanField(default=True)),
                (
                    "email_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Lower(
                            models.Func(
                                models.F("email"),
                                models.Value("\\+[^@]*@"),
                                models.Value("@"),
                                function="regexp_replace",
                            )
                        ),
                        output_field=models.CharField(max_length=254),
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="users", to="compliance.person"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["email_key"], name="user_email_key")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("theme__in", ["system", "light", "dark"])), name="user_theme_known"
                    )
                ],
            },
            managers=[
                ("objects", compliance.models.people.DeskUserManager()),
            ],
        ),
        migrations.CreateModel(
            name="DeskEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "type",
                    models.CharField(
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
                            ("signed_in", "Signed in"),
                            ("sign_in_refused", "Sign-in refused"),
                            ("signed_out", "Signed out"),
                        ],
                        max_length=30,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("actor_name", models.CharField(blank=True, max_length=150)),
                ("data", models.JSONField(default=dict)),
                ("text", models.TextField()),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "activity log entry",
                "verbose_name_plural": "activity log",
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["-at"], name="desk_event_newest_first"),
                    models.Index(
                        condition=models.Q(("type", "person_changed")), fields=["actor"], name="desk_event_of_people"
                    ),
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("account_id", "data"),
                        models.OrderBy(models.F("at"), descending=True),
                        condition=models.Q(("type", "account_tested")),
                        name="desk_event_last_test",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
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
                                    "signed_in",
                                    "sign_in_refused",
                                    "signed_out",
                                ],
                            )
                        ),
                        name="desk_event_type_known",
                    )
                ],
            },
        ),
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
                (
                    "applicant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="compliance.applicant",
                    ),
                ),
                (
                    "corrected_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
                (
                    "corrected_person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["birth_index"], name="correction_same_birth"),
                    models.Index(fields=["document_index"], name="correction_same_document"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("corrected_by__isnull", True), ("corrected_person__isnull", True)),
                            models.Q(("corrected_by__isnull", False), ("corrected_person__isnull", False)),
                            _connector="OR",
                        ),
                        name="correction_by_has_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "environment",
                    models.CharField(
                        choices=[("live", "Live"), ("sandbox", "Sandbox"), ("simulator", "Simulator")], max_length=10
                    ),
                ),
                ("reference", models.CharField(max_length=120)),
                ("country", models.CharField(blank=True, max_length=2)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "In progress"),
                            ("in_review", "In review"),
                            ("awaiting_approval", "Awaiting approval"),
                            ("decided", "Decided"),
                        ],
                        default="waiting",
                        max_length=20,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pending", "pending"),
                            ("in_progress", "in_progress"),
                            ("approved", "approved"),
                            ("declined", "declined"),
                            ("manual_review", "manual_review"),
                            ("retry_required", "retry_required"),
                            ("incomplete", "incomplete"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "queue",
                    models.CharField(
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
                (
                    "priority",
                    models.SmallIntegerField(
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
                ("due_at", models.DateTimeField(null=True)),
                ("entered_queue_at", models.DateTimeField(null=True)),
                ("why_head", models.CharField(blank=True, max_length=160)),
                ("why", models.CharField(blank=True, max_length=400)),
                ("checks_summary", models.JSONField(default=list)),
                (
                    "facets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), default=list, size=None
                    ),
                ),
                ("question", models.BooleanField(default=False)),
                ("escalated_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("report_seq", models.PositiveIntegerField(default=0)),
                ("handled_report_seq", models.PositiveIntegerField(default=0)),
                ("retry_until", models.DateTimeField(null=True)),
                ("duplicates_due", models.BooleanField(db_default=False, default=False)),
                ("event_seq", models.PositiveIntegerField(default=0)),
                ("event_hash", models.BinaryField(default=b"")),
                ("opened_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "applicant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="compliance.applicant"
                    ),
                ),
                (
                    "escalated_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": (
                    ("review_case", "May review cases and decide them"),
                    ("open_case", "May open cases by form or import"),
                    ("mend_case", "May correct, add and replace checks"),
                    ("add_document", "May add pictures and files to a case"),
                    ("approve_override", "May approve overrides that somebody else proposed"),
                ),
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        models.F("queue"),
                        django.db.models.expressions.CombinedExpression(models.F("priority"), "*", models.Value(-1)),
                        models.F("due_at"),
                        models.F("id"),
                        condition=models.Q(("status", "in_review")),
                        name="case_queue_order",
                    ),
                    models.Index(
                        django.db.models.expressions.CombinedExpression(models.F("priority"), "*", models.Value(-1)),
                        models.F("due_at"),
                        models.F("id"),
                        condition=models.Q(("status__in", ("in_review", "awaiting_approval"))),
                        name="case_open_order",
                    ),
                    models.Index(
                        django.db.models.expressions.CombinedExpression(models.F("priority"), "*", models.Value(-1)),
                        models.F("due_at"),
                        models.F("id"),
                        condition=models.Q(("question", True)),
                        name="case_escalated_order",
                    ),
                    models.Index(
                        models.F("due_at"),
                        models.F("id"),
                        condition=models.Q(("status", "awaiting_approval")),
                        name="case_approval_order",
                    ),
                    models.Index(
                        models.OrderBy(models.F("decided_at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("status", "decided")),
                        name="case_decided_order",
                    ),
                    models.Index(fields=["reference"], name="case_reference"),
                    models.Index(
                        models.F("id"), condition=models.Q(("duplicates_due", True)), name="case_duplicates_due"
                    ),
                    models.Index(
                        models.F("retry_until"),
                        condition=models.Q(("retry_until__isnull", False)),
                        name="case_retry_deadline",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("status__in", ("in_review", "awaiting_approval"))),
                        fields=["facets"],
                        name="case_open_facets",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "reference"), name="case_once_per_reference"),
                    models.CheckConstraint(
                        condition=models.Q(("environment__in", ["live", "sandbox", "simulator"])),
                        name="case_environment_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["waiting", "in_review", "awaiting_approval", "decided"])),
                        name="case_status_known",
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                (
                                    "",
                                    providers.contract.report.Outcome["PENDING"],
                                    providers.contract.report.Outcome["IN_PROGRESS"],
                                    providers.contract.report.Outcome["APPROVED"],
                                    providers.contract.report.Outcome["DECLINED"],
                                    providers.contract.report.Outcome["MANUAL_REVIEW"],
                                    providers.contract.report.Outcome["RETRY_REQUIRED"],
                                    providers.contract.report.Outcome["INCOMPLETE"],
                                ),
                            )
                        ),
                        name="case_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status__in", ("in_review", "awaiting_approval")),
                                models.Q(("queue", ""), _negated=True),
                                ("due_at__isnull", False),
                            ),
                            models.Q(("status__in", ("waiting", "decided")), ("queue", "")),
                            _connector="OR",
                        ),
                        name="case_in_review_has_queue_and_due",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("handled_report_seq__lte", models.F("report_seq"))),
                        name="case_handled_not_beyond_reports",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Check",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("provider", models.CharField(max_length=40)),
                ("environment", models.CharField(db_default="", default="", max_length=10)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("identity", "identity"),
                            ("document", "document"),
                            ("face", "face"),
                            ("liveness", "liveness"),
                            ("database", "database"),
                            ("aml", "aml"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(max_length=200)),
                ("settings", providers.vault.EncryptedJSONField(default=dict)),
                ("submitted_at", models.DateTimeField(null=True)),
                ("still_weighs", models.BooleanField(default=False)),
                ("is_double", models.BooleanField(db_default=False, default=False)),
                ("document_index", models.BinaryField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("in_progress", "in_progress"),
                            ("approved", "approved"),
                            ("declined", "declined"),
                            ("manual_review", "manual_review"),
                            ("retry_required", "retry_required"),
                            ("incomplete", "incomplete"),
                        ],
                        default=providers.contract.report.Outcome["PENDING"],
                        max_length=20,
                    ),
                ),
                (
                    "provider_verdict",
                    models.CharField(
                        choices=[
                            ("positive", "positive"),
                            ("negative", "negative"),
                            ("none", "none"),
                            ("unknown", "unknown"),
                        ],
                        default=providers.contract.report.Verdict["NONE"],
                        max_length=10,
                    ),
                ),
                ("status_word", models.CharField(blank=True, max_length=200)),
                ("reasons", models.JSONField(default=list)),
                ("attempts", models.JSONField(default=list)),
                ("more", models.JSONField(db_default={}, default=dict)),
                (
                    "risk_labels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=120), default=list, size=None
                    ),
                ),
                ("facts", providers.vault.EncryptedJSONField(compressed=True, default=dict)),
                ("request_id", models.CharField(blank=True, max_length=200)),
                ("followed_reference", models.CharField(blank=True, max_length=200)),
                ("terminal", models.BooleanField(default=False)),
                ("changeable", models.BooleanField(default=False)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("report_count", models.PositiveIntegerField(default=0)),
                ("report_seq", models.PositiveIntegerField(default=0)),
                ("difference", models.JSONField(default=dict)),
                ("fence", models.BigIntegerField(default=0)),
                ("reported_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField(null=True)),
                ("lapse", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checks",
                        to="providers.provideraccount",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="compliance.case"
                    ),
                ),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
                (
                    "superseded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supersedes",
                        to="compliance.check",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["case", "created_at"], name="check_of_case"),
                    models.Index(fields=["reference"], name="check_reference"),
                    models.Index(django.db.models.functions.text.Upper("reference"), name="check_reference_any_case"),
                    models.Index(
                        condition=models.Q(("document_index__isnull", False)),
                        fields=["document_index"],
                        name="check_same_document",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "kind", "reference"), name="check_once_per_reference"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_double", False)),
                        fields=("provider", "environment", "kind", "reference"),
                        name="check_once_per_environment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    providers.contract.report.Kind["IDENTITY"],
                                    providers.contract.report.Kind["DOCUMENT"],
                                    providers.contract.report.Kind["FACE"],
                                    providers.contract.report.Kind["LIVENESS"],
                                    providers.contract.report.Kind["DATABASE"],
                                    providers.contract.report.Kind["AML"],
                                ],
                            )
                        ),
                        name="check_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                [
                                    providers.contract.report.Outcome["PENDING"],
                                    providers.contract.report.Outcome["IN_PROGRESS"],
                                    providers.contract.report.Outcome["APPROVED"],
                                    providers.contract.report.Outcome["DECLINED"],
                                    providers.contract.report.Outcome["MANUAL_REVIEW"],
                                    providers.contract.report.Outcome["RETRY_REQUIRED"],
                                    providers.contract.report.Outcome["INCOMPLETE"],
                                ],
                            )
                        ),
                        name="check_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "provider_verdict__in",
                                [
                                    providers.contract.report.Verdict["POSITIVE"],
                                    providers.contract.report.Verdict["NEGATIVE"],
                                    providers.contract.report.Verdict["NONE"],
                                    providers.contract.report.Verdict["UNKNOWN"],
                                ],
                            )
                        ),
                        name="check_verdict_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "approved"), _negated=True),
                            ("provider_verdict", "positive"),
                            _connector="OR",
                        ),
                        name="check_approved_is_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome", "pending"), ("report_count__gt", 0), _connector="OR"),
                        name="check_outcome_needs_report",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("still_weighs", False), ("superseded_by__isnull", False), _connector="OR"),
                        name="check_weighs_on_when_replaced",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("superseded_by__isnull", True),
                            models.Q(("superseded_by", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="check_not_superseded_by_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="claim",
                        serialize=False,
                        to="compliance.case",
                    ),
                ),
                ("taken_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="compliance.person"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="claims", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [models.Index(fields=["person", "until"], name="claim_of_person")],
            },
        ),
        migrations.CreateModel(
            name="Blob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("path", models.CharField(max_length=120)),
                ("size", models.PositiveIntegerField()),
                ("sha256", providers.vault.EncryptedTextField(default="")),
                ("digest_index", models.BinaryField()),
                ("media_type", models.CharField(max_length=60)),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("pages", models.PositiveSmallIntegerField(default=0)),
                ("pages_in_file", models.PositiveIntegerField(default=0)),
                ("has_cleaned_video", models.BooleanField(db_column="has_film", default=False)),
                (
                    "hash_bands",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16), db_column="likeness", default=list, size=None
                    ),
                ),
                ("refused", models.CharField(blank=True, max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="blobs", to="compliance.case"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["digest_index"], name="blob_same_elsewhere"),
                    django.contrib.postgres.indexes.GinIndex(fields=["hash_bands"], name="blob_alike"),
                ],
                "constraints": [models.UniqueConstraint(fields=("case", "digest_index"), name="blob_once_per_case")],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveIntegerField()),
                (
                    "type",
                    models.CharField(
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
                ("at", models.DateTimeField()),
                ("actor_name", models.CharField(blank=True, max_length=150)),
                ("data", models.JSONField(default=dict)),
                ("text", models.TextField()),
                ("hash", models.BinaryField()),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="compliance.case"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [models.Index(fields=["case", "-seq"], name="event_newest_first")],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "seq"), name="event_one_per_case_and_number"),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("actor__isnull", True), ("actor_name", "")),
                            models.Q(("actor__isnull", False), models.Q(("actor_name", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="event_actor_has_name",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
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
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="findings", to="compliance.case"
                    ),
                ),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resolved_person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
                (
                    "reason",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.reasoncode",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("open", "resolved"))), fields=["case"], name="finding_of_case"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "resolved", "ended"])), name="finding_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", False), ("state", "ended")),
                            models.Q(models.Q(("state", "ended"), _negated=True), ("ended_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="finding_ended_has_time",
                    ),
                    models.CheckConstraint(
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
                ],
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
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="identity_keys", to="compliance.case"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [models.Index(fields=["value"], name="identity_key_elsewhere")],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "kind", "value"), name="identity_key_once_per_case"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["document_number", "birth_date"])),
                        name="identity_key_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OverrideProposal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("approve", "Approve"),
                            ("reject", "Reject"),
                            ("request_retry", "Request retry"),
                            ("escalate", "Escalate"),
                            ("confirm", "Confirm the decision"),
                            ("void", "Close as opened by mistake"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", providers.vault.EncryptedTextField(default="")),
                ("proposed_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                ("evidence", models.JSONField(default=list)),
                ("report_seq", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                            ("refused", "Denied"),
                            ("approved", "Approved"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                (
                    "agreed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), db_default=[], default=list, size=None
                    ),
                ),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolution_note", providers.vault.EncryptedTextField(default="")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="proposals", to="compliance.case"
                    ),
                ),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
                (
                    "resolved_person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
                (
                    "reason",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.reasoncode"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["proposed_at"], name="proposal_open")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("case",), name="proposal_one_open_per_case"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "withdrawn", "expired", "refused", "approved"])),
                        name="proposal_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ("approve", "reject", "request_retry", "void"))),
                        name="proposal_verdict_rules",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at__isnull", True), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("resolved_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="proposal_resolved_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_by__isnull", True), ("resolved_person__isnull", True)),
                            models.Q(("resolved_by__isnull", False), ("resolved_person__isnull", False)),
                            _connector="OR",
                        ),
                        name="proposal_resolver_has_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("approved", "refused")), _negated=True),
                            models.Q(
                                ("resolved_person__isnull", False),
                                models.Q(("resolved_person", models.F("proposed_person")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_second_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seen_seq", models.PositiveIntegerField()),
                ("seen_at", models.DateTimeField()),
                ("since_seq", models.PositiveIntegerField(null=True)),
                ("since_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to="compliance.case",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("case", "person"), name="visit_once_per_person"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("since_at__isnull", True), ("since_seq__isnull", True)),
                            models.Q(
                                ("since_at__isnull", False),
                                ("since_seq__isnull", False),
                                ("since_seq__lte", models.F("seen_seq")),
                            ),
                            _connector="OR",
                        ),
                        name="visit_since_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CheckSync",
            fields=[
                (
                    "check_row",
                    models.OneToOneField(
                        db_column="check_id",
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="sync",
                        serialize=False,
                        to="compliance.check",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("scheduled", "Scheduled"),
                            ("leased", "Fetching"),
                            ("failing", "Failing"),
                            ("blocked", "Sync error"),
                            ("settled", "Final"),
                        ],
                        default="scheduled",
                        max_length=10,
                    ),
                ),
                ("next_read_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("fence", models.BigIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("fault", models.CharField(blank=True, max_length=40)),
                ("fault_detail", models.CharField(blank=True, max_length=400)),
                ("fault_admin_action", models.CharField(blank=True, db_default="", default="", max_length=400)),
                ("last_read_at", models.DateTimeField(null=True)),
                ("refresh_requested_at", models.DateTimeField(db_column="asked_at", null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.provideraccount"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("scheduled", "failing"))),
                        fields=["account", "next_read_at"],
                        name="sync_due",
                    ),
                    models.Index(
                        condition=models.Q(("next_read_at__isnull", False), ("state", "settled")),
                        fields=["account", "next_read_at"],
                        name="sync_daily",
                    ),
                    models.Index(
                        condition=models.Q(("state", "leased")), fields=["account", "leased_until"], name="sync_leased"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["scheduled", "leased", "failing", "blocked", "settled"])),
                        name="sync_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("leased_until__isnull", False), ("state", "leased")),
                            models.Q(models.Q(("state", "leased"), _negated=True), ("leased_until__isnull", True)),
                            _connector="OR",
                        ),
                        name="sync_leased_has_deadline",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "blocked"),
                            ("state", "failing"),
                            ("state", "leased"),
                            ("fault", ""),
                            _connector="OR",
                        ),
                        name="sync_fault_only_when_failing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("scheduled", "failing")), _negated=True),
                            ("next_read_at__isnull", False),
                            _connector="OR",
                        ),
                        name="sync_scheduled_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CheckReport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("seq", models.PositiveIntegerField()),
                ("fence", models.BigIntegerField()),
                ("status_word", models.CharField(blank=True, max_length=200)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("in_progress", "in_progress"),
                            ("approved", "approved"),
                            ("declined", "declined"),
                            ("manual_review", "manual_review"),
                            ("retry_required", "retry_required"),
                            ("incomplete", "incomplete"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "provider_verdict",
                    models.CharField(
                        choices=[
                            ("positive", "positive"),
                            ("negative", "negative"),
                            ("none", "none"),
                            ("unknown", "unknown"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "codes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=120), default=list, size=None
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("request_id", models.CharField(blank=True, max_length=200)),
                ("payload", providers.vault.EncryptedJSONField(compressed=True, default=dict)),
                ("read_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="compliance.case"
                    ),
                ),
                (
                    "check_row",
                    models.ForeignKey(
                        db_column="check_id",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="compliance.check",
                    ),
                ),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("check_row", "number"), name="report_once_per_number"),
                    models.UniqueConstraint(fields=("case", "seq"), name="report_once_per_case_seq"),
                    models.UniqueConstraint(fields=("check_row", "fence"), name="report_once_per_read"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("approve", "Approve"),
                            ("reject", "Reject"),
                            ("request_retry", "Request retry"),
                            ("escalate", "Escalate"),
                            ("confirm", "Confirm the decision"),
                            ("void", "Close as opened by mistake"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", providers.vault.EncryptedTextField(default="")),
                ("decided_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                ("report_seq", models.PositiveIntegerField()),
                ("retry_until", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to="compliance.case"
                    ),
                ),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="compliance.decision",
                    ),
                ),
                (
                    "proposal",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decision",
                        to="compliance.overrideproposal",
                    ),
                ),
                (
                    "approved_by_person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
                (
                    "by_person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
                (
                    "reason",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.reasoncode",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [models.Index(fields=["case", "decided_at"], name="decision_of_case")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verdict__in", ["approve", "reject", "request_retry", "escalate", "confirm", "void"])
                        ),
                        name="decision_verdict_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("by__isnull", True), ("by_person__isnull", True)),
                            models.Q(("by__isnull", False), ("by_person__isnull", False)),
                            _connector="OR",
                        ),
                        name="decision_by_has_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_by_person__isnull", True), ("proposal__isnull", True)),
                            models.Q(
                                ("approved_by_person__isnull", False),
                                ("proposal__isnull", False),
                                models.Q(("approved_by_person", models.F("by_person")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="decision_override_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("by__isnull", False), ("reason__isnull", False)),
                            models.Q(("by__isnull", True), ("verdict", "approve")),
                            _connector="OR",
                        ),
                        name="decision_system_only_approves",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("retry_until__isnull", False), ("verdict", "request_retry")),
                            models.Q(
                                models.Q(("verdict", "request_retry"), _negated=True), ("retry_until__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="decision_retry_has_deadline",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("note", providers.vault.EncryptedTextField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_note", providers.vault.EncryptedTextField(null=True)),
                ("kind", models.CharField(max_length=30)),
                ("label", models.CharField(max_length=200)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("wanted", "Pending"),
                            ("copied", "Copied"),
                            ("absent", "Not available"),
                            ("given_up", "Failed"),
                            ("withdrawn", "Removed"),
                        ],
                        default="wanted",
                        max_length=10,
                    ),
                ),
                ("link", providers.vault.EncryptedTextField(default="")),
                ("inline", providers.vault.EncryptedBytesField(compressed=True, default=b"")),
                ("source", models.CharField(blank=True, max_length=300)),
                ("fault_code", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("fault_params", models.JSONField(db_default={}, default=dict)),
                ("fault_detail", models.CharField(blank=True, max_length=300)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("failing_since", models.DateTimeField(null=True)),
                ("copied_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "blob",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="compliance.blob",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="documents", to="compliance.case"
                    ),
                ),
                (
                    "check_row",
                    models.ForeignKey(
                        db_column="check_id",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="compliance.check",
                    ),
                ),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("check_row", "kind", "label", "position"),
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "wanted")), fields=["next_try_at"], name="document_wanted"
                    ),
                    models.Index(
                        condition=models.Q(("leased_until__isnull", False), ("state", "wanted")),
                        fields=["leased_until"],
                        name="document_leased",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("check_row", "label", "position"), name="document_once_per_label"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    providers.contract.report.EvidenceKind["SELFIE"],
                                    providers.contract.report.EvidenceKind["DOCUMENT_FRONT"],
                                    providers.contract.report.EvidenceKind["DOCUMENT_BACK"],
                                    providers.contract.report.EvidenceKind["DOCUMENT"],
                                    providers.contract.report.EvidenceKind["DOCUMENT_PORTRAIT"],
                                    providers.contract.report.EvidenceKind["DOCUMENT_GHOST_PORTRAIT"],
                                    providers.contract.report.EvidenceKind["DOCUMENT_SIGNATURE"],
                                    providers.contract.report.EvidenceKind["VIDEO"],
                                    providers.contract.report.EvidenceKind["REPORT_PDF"],
                                    providers.contract.report.EvidenceKind["ARCHIVE"],
                                    providers.contract.report.EvidenceKind["OTHER"],
                                ],
                            )
                        ),
                        name="document_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["wanted", "copied", "absent", "given_up", "withdrawn"])),
                        name="document_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("added_by__isnull", True), ("check_row__isnull", False)),
                            models.Q(("added_by__isnull", False), ("check_row__isnull", True)),
                            _connector="OR",
                        ),
                        name="document_from_check_or_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("blob__isnull", False), ("copied_at__isnull", False), ("state", "copied")),
                            models.Q(
                                models.Q(("state", "copied"), _negated=True),
                                ("blob__isnull", True),
                                ("copied_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="document_copied_has_blob",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("added_by__isnull", False),
                                ("state", "withdrawn"),
                                ("withdrawn_at__isnull", False),
                                ("withdrawn_by__isnull", False),
                            ),
                            models.Q(
                                models.Q(("state", "withdrawn"), _negated=True),
                                ("withdrawn_at__isnull", True),
                                ("withdrawn_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="document_withdrawn_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DistinctApplicants",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("agreed_at", models.DateTimeField()),
                ("note", providers.vault.EncryptedTextField()),
                (
                    "agreed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.applicant"
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.applicant"
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.finding"
                    ),
                ),
                (
                    "agreed_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="applicants_distinct_once"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="applicants_distinct_in_order"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Piece",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=200)),
                ("place", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(max_length=30)),
                ("source", models.CharField(blank=True, max_length=300)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("fault_code", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("fault_params", models.JSONField(db_default={}, default=dict)),
                (
                    "blob",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pieces",
                        to="compliance.blob",
                    ),
                ),
                (
                    "check_row",
                    models.ForeignKey(
                        db_column="check_id",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pieces",
                        to="compliance.check",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("check_row", "label", "name", "kind", "blob"), name="piece_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("blob__isnull", False), ("problem", "")),
                            models.Q(("blob__isnull", True), models.Q(("problem", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="piece_came_or_why_not",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnreadableBody",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("body", providers.vault.EncryptedBytesField(compressed=True, default=b"")),
                ("size", models.PositiveIntegerField(default=0)),
                ("detail", models.CharField(blank=True, max_length=400)),
                ("received_at", models.DateTimeField()),
                (
                    "check_row",
                    models.OneToOneField(
                        db_column="check_id",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="unreadable_body",
                        to="compliance.check",
                    ),
                ),
                (
                    "data_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.datakey"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="EscalationAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=providers.vault.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
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
                (
                    "by_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ViewRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
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
                ("report_number", models.PositiveIntegerField(null=True)),
                ("document_page", models.PositiveSmallIntegerField(null=True)),
                ("fact", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("old_text", models.CharField(blank=True, db_column="what", default="", max_length=40)),
                ("page", models.CharField(max_length=60)),
                ("session", models.CharField(blank=True, max_length=16)),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="views",
                        to="compliance.case",
                    ),
                ),
                (
                    "check_row",
                    models.ForeignKey(
                        db_column="check_id",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.check",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="views",
                        to="compliance.document",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [models.Index(fields=["case", "-at"], name="view_of_case")],
                "constraints": [
                    models.CheckConstraint(
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
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="case",
            name="decision",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.decision"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="escalation",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.decision"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "decided"), _negated=True), ("decision__isnull", False), _connector="OR"
                ),
                name="case_decided_has_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("answered_at__isnull", True),
                        ("escalated_at__isnull", True),
                        ("escalated_by__isnull", True),
                        ("escalation__isnull", True),
                    ),
                    models.Q(
                        ("escalated_at__isnull", False), ("escalated_by__isnull", False), ("escalation__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="case_escalation_is_whole",
            ),
        ),
        migrations.RunSQL(GUARDS + RIGHTS, DROP),
    ]
