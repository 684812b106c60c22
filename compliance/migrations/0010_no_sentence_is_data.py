"""Escalations and view records get columns, and evidence of open proposals becomes ids.

View records of older releases keep their text.

Everything that this migration computes with is written down here: it must not change when the code does.
"""

import hashlib
import json
import re
from typing import Any

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

# --- view records, renamed fields, fault codes -------------------------------------------------------------------------------------------------

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
RENAMED_FIELDS = [
    # The index keeps its name and column; only the field that it names is renamed.
    migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveIndex(model_name="blob", name="blob_alike")]
    ),
    migrations.AlterField(
        model_name="accountstate",
        name="told_until",
        field=models.DateTimeField(db_column="told_until", null=True),
    ),
    migrations.RenameField(model_name="accountstate", old_name="told_until", new_name="throttled_until"),
    migrations.AlterField(
        model_name="blob",
        name="has_film",
        field=models.BooleanField(db_column="has_film", default=False),
    ),
    migrations.RenameField(model_name="blob", old_name="has_film", new_name="has_cleaned_video"),
    migrations.AlterField(
        model_name="blob",
        name="likeness",
        field=django.contrib.postgres.fields.ArrayField(
            base_field=models.CharField(max_length=16), db_column="likeness", default=list, size=None
        ),
    ),
    migrations.RenameField(model_name="blob", old_name="likeness", new_name="hash_bands"),
    migrations.AlterField(
        model_name="checksync",
        name="asked_at",
        field=models.DateTimeField(db_column="asked_at", null=True),
    ),
    migrations.RenameField(model_name="checksync", old_name="asked_at", new_name="refresh_requested_at"),
    migrations.SeparateDatabaseAndState(
        state_operations=[
            migrations.AddIndex(
                model_name="blob",
                index=django.contrib.postgres.indexes.GinIndex(fields=["hash_bands"], name="blob_alike"),
            )
        ]
    ),
]
FAULT_CODES = [
    operation
    for model in ("document", "piece")
    for operation in (
        migrations.AddField(
            model_name=model,
            name="fault_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name=model,
            name="fault_params",
            field=models.JSONField(db_default={}, default=dict),
        ),
    )
]

# --- escalations --------------------------------------------------------------------------------------------------

# The escalating decision is the newest one: a later decision would have answered the question.
ESCALATIONS_TO_COLUMNS = """
UPDATE compliance_case c
   SET escalated_by_id = d.by_id, escalated_at = d.decided_at, escalation_id = d.id
  FROM (SELECT DISTINCT ON (case_id) id, case_id, by_id, decided_at
          FROM compliance_decision WHERE verdict = 'escalate' ORDER BY case_id, decided_at DESC, id DESC) d
 WHERE c.question AND d.case_id = c.id;
-- Constraints are added below, which PostgreSQL refuses while checks of foreign keys are deferred.
SET CONSTRAINTS ALL IMMEDIATE;
"""

# --- evidence of open proposals ----------------------------------------------------------------------------------

PROVIDER_LABELS = {
    "advance_ai": "ADVANCE.AI",
    "bank131": "Bank131",
    "btc_direct": "BTC Direct",
    "checkout_com": "Checkout.com",
    "preventor": "Preventor",
}
KIND_LABELS = {
    "selfie": "Selfie",
    "document_front": "Document front",
    "document_back": "Document back",
    "document": "Document",
    "document_portrait": "Document portrait",
    "document_ghost_portrait": "Ghost portrait",
    "document_signature": "Signature",
    "video": "Video",
    "report_pdf": "Report, PDF",
    "archive": "Archive",
    "other": "File",
}
CHECK_STATE = re.compile(r"(\w+), (\w+), report (\d+) \(")
"""How the release before wrote the state of a check: "declined, negative, report 1 (62301)"."""


def evidence_to_ids(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Rewrite digest and evidence of open proposals, and record both digests in the chain of each case."""
    with editor.connection.cursor() as cursor:
        # Nobody may edit a proposal: the guard is off for this transaction, which holds a lock on the table.
        cursor.execute("ALTER TABLE compliance_overrideproposal DISABLE TRIGGER compliance_guard_proposal")
        cursor.execute(
            "SELECT id, case_id, digest, evidence FROM compliance_overrideproposal WHERE state = 'open' ORDER BY case_id"
        )
        for proposal, case, digest, evidence in cursor.fetchall():
            rows = sorted(as_ids(cursor, case, loaded(evidence)))
            after = sha256_of_rows(rows)
            cursor.execute(
                "UPDATE compliance_overrideproposal SET digest = %s, evidence = %s WHERE id = %s",
                [after, json.dumps(rows), proposal],
            )
            append_event(cursor, case, {"proposal": str(proposal), "before": digest, "after": after})
        # The table cannot be altered while checks of foreign keys are deferred.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE compliance_overrideproposal ENABLE TRIGGER compliance_guard_proposal")


def loaded(value: Any) -> Any:
    """JSON comes from a bare cursor as text."""
    return json.loads(value) if isinstance(value, str) else value


def as_ids(cursor: Any, case: int, evidence: list[list[str]]) -> list[list[Any]]:
    """The rows of [name, state] as ids. A name that nothing has any more stays a name, so the proposal stays stale."""
    checks, documents = names_of_checks(cursor, case), names_of_documents(cursor, case)
    rows: list[list[Any]] = []
    for name, state in evidence:
        if (found := CHECK_STATE.match(state)) and checks.get(name):
            rows.append(["check", checks[name].pop(0), int(found[3]), found[1], found[2]])
        elif documents.get(name):
            rows.append(["document", *documents[name].pop(0)])
        else:
            rows.append(["earlier", name])
    return rows


def names_of_checks(cursor: Any, case: int) -> dict[str, list[str]]:
    """Name -> ids, those of current checks first."""
    cursor.execute(
        "SELECT id, provider, kind, reference FROM compliance_check WHERE case_id = %s"
        " ORDER BY superseded_by_id IS NOT NULL, id",
        [case],
    )
    names: dict[str, list[str]] = {}
    for key, provider, kind, reference in cursor.fetchall():
        names.setdefault(f"{PROVIDER_LABELS.get(provider, provider)} {kind} {reference}", []).append(str(key))
    return names


def names_of_documents(cursor: Any, case: int) -> dict[str, list[list[str]]]:
    """Name -> [id, blob id] of each document, the copied ones first."""
    checks = {key: name for name, keys in names_of_checks(cursor, case).items() for key in keys}
    cursor.execute(
        "SELECT id, check_id, kind, label, position, blob_id FROM compliance_document WHERE case_id = %s"
        " ORDER BY state <> 'copied', id",
        [case],
    )
    names: dict[str, list[list[str]]] = {}
    for key, check, kind, label, position, blob in cursor.fetchall():
        number = f", {position + 1}" if position else ""
        owner = f" of {checks[str(check)]}" if check else ""
        names.setdefault(f"{KIND_LABELS[kind]} “{label}”{number}{owner}", []).append([str(key), str(blob)])
    return names


def sha256_of_rows(rows: list[list[Any]]) -> str:
    """The digest that ``routing.evidence_digest`` computes."""
    return hashlib.sha256(json.dumps(sorted(rows), separators=(",", ":")).encode()).hexdigest()


def append_event(cursor: Any, case: int, data: dict[str, str]) -> None:
    """One event at the end of the case's chain, hashed as ``audit`` does."""
    cursor.execute("SELECT event_seq, event_hash FROM compliance_case WHERE id = %s FOR UPDATE", [case])
    seq, previous = cursor.fetchone()
    at, kind = timezone.now(), "override_digest_migrated"
    content = {
        "case": case,
        "seq": seq + 1,
        "type": kind,
        "at": at.isoformat(),
        "actor": None,
        "actor_name": "",
        "data": data,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(bytes(previous) + text.encode()).digest()
    cursor.execute(
        "INSERT INTO compliance_event (case_id, seq, type, at, actor_name, data, text, hash)"
        " VALUES (%s, %s, %s, %s, '', %s, %s, %s)",
        [case, seq + 1, kind, at, json.dumps(data), text, digest],
    )
    cursor.execute("UPDATE compliance_case SET event_seq = %s, event_hash = %s WHERE id = %s", [seq + 1, digest, case])


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0009_copies_go_on_from_what_came"),
        ("providers", "0001_accounts_and_data_keys"),
    ]

    operations = [
        *ACCESS_LOG,
        *RENAMED_FIELDS,
        *FAULT_CODES,
        migrations.RemoveConstraint(
            model_name="event",
            name="event_type_known",
        ),
        migrations.RemoveConstraint(
            model_name="overrideproposal",
            name="proposal_state_known",
        ),
        migrations.AddField(
            model_name="case",
            name="answered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="escalated_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="escalated_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="escalation",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.decision"
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="priority",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "Normal"), (1, "Re-review"), (2, "Fraud or deceased"), (3, "Escalated")], default=0
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
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="status",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="checksync",
            name="state",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="decision",
            name="verdict",
            field=models.CharField(
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
                    ("policy_changed", "Policy changed"),
                    ("reason_code_changed", "Reason code changed"),
                    ("signed_in", "Signed in"),
                    ("sign_in_refused", "Sign-in refused"),
                    ("signed_out", "Signed out"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="document",
            name="state",
            field=models.CharField(
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
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="overrideproposal",
            name="state",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="overrideproposal",
            name="verdict",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="policyrule",
            name="ruling",
            field=models.CharField(
                choices=[("free", "Free"), ("needs_approval", "Needs a second approver"), ("forbidden", "Forbidden")],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="policyrule",
            name="verdict",
            field=models.CharField(
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
                ],
                max_length=20,
                primary_key=True,
                serialize=False,
            ),
        ),
        migrations.AlterField(
            model_name="reasoncode",
            name="verdicts",
            field=django.contrib.postgres.fields.ArrayField(
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
        migrations.RunSQL(ESCALATIONS_TO_COLUMNS, migrations.RunSQL.noop),
        migrations.RunPython(evidence_to_ids, migrations.RunPython.noop),
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
                        ("escalated_at__isnull", False),
                        ("escalated_by__isnull", False),
                        ("escalation__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="case_escalation_is_whole",
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
                        ],
                    )
                ),
                name="event_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="overrideproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "withdrawn", "expired", "refused", "approved"])),
                name="proposal_state_known",
            ),
        ),
        migrations.AlterModelOptions(
            name="deskevent",
            options={
                "default_permissions": (),
                "verbose_name": "activity log entry",
                "verbose_name_plural": "activity log",
            },
        ),
        migrations.AlterModelOptions(
            name="deskpolicy",
            options={
                "default_permissions": ("change", "view"),
                "verbose_name": "policy",
                "verbose_name_plural": "policy",
            },
        ),
        migrations.AlterModelOptions(
            name="queueterm",
            options={
                "default_permissions": ("change", "view"),
                "verbose_name": "queue deadline",
                "verbose_name_plural": "queue deadlines (SLA)",
            },
        ),
    ]
