"""Rows stay with their case and data key, findings change by a resolution only, and indexes only with their values."""

import django.db.models.fields.json
from django.db import migrations, models

KEPT = {
    "applicant": "id, data_key_id, environment, external_id",
    "case": "id, applicant_id, environment",
    "check": "id, case_id, data_key_id, environment",
    "checksync": "check_id, account_id",
    "unreadablebody": "id, check_id, data_key_id",
    "blob": "id, case_id, data_key_id, path, size, sha256, digest_index, media_type",
    "document": "id, case_id, check_id, data_key_id, added_by_id",
    "piece": "id, check_id",
    "finding": "id, case_id, kind, about, detail, since_seq, found_at, data_key_id",
    "overrideproposal": "id, case_id, data_key_id",
    "identitykey": "id, case_id, environment, kind, value",
    "accounttoken": "id, account_id",
}
"""Table -> columns that are written once."""
KEY_OF_CASE = (
    "(SELECT a.data_key_id FROM compliance_case c JOIN compliance_applicant a ON a.id = c.applicant_id WHERE c.id = {})"
)
CASE_OF_CHECK = "(SELECT k.case_id FROM compliance_check k WHERE k.id = {})"
BELONGS = {
    "check": (
        f"NEW.data_key_id = {KEY_OF_CASE.format('NEW.case_id')}"
        f" AND (NEW.superseded_by_id IS NULL OR {CASE_OF_CHECK.format('NEW.superseded_by_id')} = NEW.case_id)"
    ),
    "checksync": "NEW.account_id = (SELECT k.account_id FROM compliance_check k WHERE k.id = NEW.check_id)",
    "checkreport": (
        f"NEW.case_id = {CASE_OF_CHECK.format('NEW.check_id')}"
        f" AND NEW.data_key_id = {KEY_OF_CASE.format('NEW.case_id')}"
    ),
    "unreadablebody": "NEW.data_key_id = (SELECT k.data_key_id FROM compliance_check k WHERE k.id = NEW.check_id)",
    "blob": f"NEW.data_key_id = {KEY_OF_CASE.format('NEW.case_id')}",
    "document": (
        f"NEW.data_key_id = {KEY_OF_CASE.format('NEW.case_id')}"
        f" AND (NEW.check_id IS NULL OR {CASE_OF_CHECK.format('NEW.check_id')} = NEW.case_id)"
        " AND (NEW.blob_id IS NULL OR EXISTS (SELECT FROM compliance_blob b WHERE b.id = NEW.blob_id"
        " AND (b.case_id, b.data_key_id) = (NEW.case_id, NEW.data_key_id)))"
    ),
    "piece": (
        "NEW.blob_id IS NULL OR EXISTS (SELECT FROM compliance_blob b JOIN compliance_check k ON k.case_id = b.case_id"
        " WHERE b.id = NEW.blob_id AND k.id = NEW.check_id)"
    ),
    "finding": f"NEW.data_key_id = {KEY_OF_CASE.format('NEW.case_id')}",
    "overrideproposal": f"NEW.data_key_id = {KEY_OF_CASE.format('NEW.case_id')}",
    "decision": f"NEW.data_key_id = {KEY_OF_CASE.format('NEW.case_id')}",
    "escalationanswer": "NEW.data_key_id = (SELECT d.data_key_id FROM compliance_decision d WHERE d.id = NEW.escalation_id)",
    "datacorrection": "NEW.data_key_id = (SELECT a.data_key_id FROM compliance_applicant a WHERE a.id = NEW.applicant_id)",
    "distinctapplicants": "NEW.data_key_id = (SELECT f.data_key_id FROM compliance_finding f WHERE f.id = NEW.finding_id)",
}
"""Table -> what holds of a new row: check, file and data key are those of its case."""
POINTS = {"check": "superseded_by_id", "document": "blob_id", "piece": "blob_id"}
"""Table -> the column that may change, and then has to belong, too."""
REFUSE_MOVE = """
CREATE FUNCTION compliance_refuse_move() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of % are written once', TG_ARGV[0], TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
"""
GUARD_FINDING = """
CREATE FUNCTION compliance_guard_finding() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'a finding begins open' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = 'ended' OR (OLD.state = 'resolved' AND NEW.state = 'open')
            OR ((OLD.state = 'resolved' OR NEW.state <> 'resolved')
                AND (NEW.versions, NEW.resolved_by_id, NEW.resolved_person_id, NEW.resolved_at, NEW.reason_id, NEW.note)
                    IS DISTINCT FROM (OLD.versions, OLD.resolved_by_id, OLD.resolved_person_id, OLD.resolved_at,
                                      OLD.reason_id, OLD.note)) THEN
        RAISE EXCEPTION 'a finding is resolved once, then it only ends' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'resolved' AND OLD.state = 'open' AND NEW.resolved_person_id IS DISTINCT FROM
            (SELECT person_id FROM compliance_user WHERE id = NEW.resolved_by_id) THEN
        RAISE EXCEPTION 'a resolution names the person of its account' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_finding BEFORE INSERT OR UPDATE ON compliance_finding
    FOR EACH ROW EXECUTE FUNCTION compliance_guard_finding();
"""
# A ciphertext is bound to its row, so an index that changes with it alone is bound to the row as well. Of two checks, the
# later one can end the weight of the earlier one.
REFUSE_TO_APP = """
CREATE FUNCTION compliance_refuse_to_app() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_birth_index BEFORE UPDATE ON compliance_applicant
    FOR EACH ROW WHEN (NEW.birth_index IS DISTINCT FROM OLD.birth_index
                       AND (NEW.birth_date, NEW.full_name) IS NOT DISTINCT FROM (OLD.birth_date, OLD.full_name))
    EXECUTE FUNCTION compliance_refuse_to_app('an index changes with its value only');
CREATE TRIGGER compliance_guard_document_index BEFORE UPDATE ON compliance_applicant
    FOR EACH ROW WHEN (NEW.document_index IS DISTINCT FROM OLD.document_index
                       AND NEW.document_number IS NOT DISTINCT FROM OLD.document_number)
    EXECUTE FUNCTION compliance_refuse_to_app('an index changes with its value only');
CREATE TRIGGER compliance_guard_document_index BEFORE UPDATE ON compliance_check
    FOR EACH ROW WHEN (NEW.document_index IS DISTINCT FROM OLD.document_index
                       AND NEW.facts IS NOT DISTINCT FROM OLD.facts)
    EXECUTE FUNCTION compliance_refuse_to_app('an index changes with its value only');
CREATE TRIGGER compliance_guard_created_at BEFORE UPDATE ON compliance_check
    FOR EACH ROW WHEN (NEW.created_at IS DISTINCT FROM OLD.created_at)
    EXECUTE FUNCTION compliance_refuse_to_app('a check keeps the time of its creation');
CREATE TRIGGER compliance_guard_was_corrected BEFORE UPDATE ON compliance_applicant
    FOR EACH ROW WHEN (OLD.was_corrected AND NOT NEW.was_corrected)
    EXECUTE FUNCTION compliance_refuse_move('corrections');
"""


def keep(table: str, columns: str) -> str:
    """The trigger that refuses a change of these columns."""
    new, old = (", ".join(f"{row}.{name}" for name in columns.split(", ")) for row in ("NEW", "OLD"))
    return f"""
CREATE TRIGGER compliance_keep BEFORE UPDATE ON compliance_{table}
    FOR EACH ROW WHEN (({new}) IS DISTINCT FROM ({old})) EXECUTE FUNCTION compliance_refuse_move('{columns}');
"""


def belong(table: str, condition: str) -> str:
    """The triggers that refuse a row of another case or data key."""
    changed = ""
    if column := POINTS.get(table):
        changed = f"""
CREATE TRIGGER compliance_belongs_still BEFORE UPDATE ON compliance_{table}
    FOR EACH ROW WHEN (NEW.{column} IS DISTINCT FROM OLD.{column}) EXECUTE FUNCTION compliance_{table}_belongs();
"""
    return f"""
CREATE FUNCTION compliance_{table}_belongs() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF ({condition}) IS NOT TRUE THEN
        RAISE EXCEPTION 'a row of % belongs to one case and its data key', TG_TABLE_NAME
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_belongs BEFORE INSERT ON compliance_{table}
    FOR EACH ROW EXECUTE FUNCTION compliance_{table}_belongs();
{changed}"""


GUARDS = (
    REFUSE_MOVE
    + GUARD_FINDING
    + REFUSE_TO_APP
    + "".join(keep(table, columns) for table, columns in KEPT.items())
    + "".join(belong(table, condition) for table, condition in BELONGS.items())
)
UNDO = "DROP FUNCTION compliance_refuse_move(), compliance_guard_finding(), compliance_refuse_to_app(), {} CASCADE;".format(
    ", ".join(f"compliance_{table}_belongs()" for table in BELONGS)
)


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0024_similar_names_find_candidates"),
        ("providers", "0002_poll_interval_of_an_account"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="deskevent",
            name="desk_event_type_known",
        ),
        migrations.RemoveConstraint(
            model_name="finding",
            name="finding_kind_known",
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
                    ("value_undecipherable", "Stored value cannot be decrypted"),
                    ("signed_in", "Signed in"),
                    ("sign_in_refused", "Sign-in refused"),
                    ("signed_out", "Signed out"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="finding",
            name="kind",
            field=models.CharField(
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
                    ("undecipherable", "A stored value cannot be decrypted"),
                ],
                max_length=20,
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
        migrations.AddConstraint(
            model_name="deskevent",
            constraint=models.UniqueConstraint(
                django.db.models.fields.json.KeyTextTransform("table", "data"),
                django.db.models.fields.json.KeyTextTransform("column", "data"),
                django.db.models.fields.json.KeyTextTransform("row", "data"),
                django.db.models.fields.json.KeyTextTransform("mark", "data"),
                condition=models.Q(("type", "value_undecipherable")),
                name="desk_event_undecipherable_once",
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
                            "undecipherable",
                        ],
                    )
                ),
                name="finding_kind_known",
            ),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
