"""A second person is older than the proposal and independent of its proposer; e-mail addresses are of one person each.

Users whose address is missing or shared stay as they are: an entry of the activity log names them.
"""

import json
from typing import Any

import django.db.models.functions.text
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

DEPENDS = """
CREATE FUNCTION compliance_person_depends(person bigint, proposer bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    -- People whom the proposer created or changed, and people whom those created or changed.
    WITH RECURSIVE changed(person_id) AS (
        SELECT proposer
        UNION
        SELECT target.person_id
        FROM changed
        JOIN compliance_user actor ON actor.person_id = changed.person_id
        JOIN compliance_deskevent entry ON entry.actor_id = actor.id AND entry.type = 'person_changed'
        CROSS JOIN LATERAL (
            SELECT (entry.data ->> 'person')::bigint AS person_id
            UNION ALL
            SELECT u.person_id FROM compliance_user u WHERE u.id = (entry.data ->> 'user')::bigint
        ) target
        WHERE target.person_id IS NOT NULL
    )
    SELECT person <> proposer AND (
        EXISTS (SELECT 1 FROM changed WHERE person_id = person)
        OR EXISTS (SELECT 1 FROM compliance_user a JOIN compliance_user b ON a.email_key = b.email_key
                   WHERE a.person_id = person AND b.person_id = proposer AND a.email_key <> ''))
$$;
"""

GUARD_SECOND_PERSON = """
CREATE FUNCTION compliance_guard_second_person() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM compliance_person
                   WHERE id = NEW.resolved_person_id AND created_at < NEW.proposed_at) THEN
        RAISE EXCEPTION 'a second person is older than the proposal' USING ERRCODE = 'check_violation';
    END IF;
    IF compliance_person_depends(NEW.resolved_person_id, NEW.proposed_person_id) THEN
        RAISE EXCEPTION 'a second person is independent of the proposer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER compliance_guard_second_person AFTER UPDATE ON compliance_overrideproposal
    FOR EACH ROW WHEN (NEW.state = 'approved') EXECUTE FUNCTION compliance_guard_second_person();
"""

GUARD_AGE = """
CREATE FUNCTION compliance_guard_person_age() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.created_at := clock_timestamp();
    ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at THEN
        RAISE EXCEPTION 'a person keeps the time of its creation' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_person_age BEFORE INSERT OR UPDATE ON compliance_person
    FOR EACH ROW EXECUTE FUNCTION compliance_guard_person_age();
"""

# No unique index: users of one person may share an address, and older rows stay as they are.
GUARD_EMAIL = """
CREATE FUNCTION compliance_guard_email() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('email:' || NEW.email_key, 0));
    IF EXISTS (SELECT 1 FROM compliance_user
               WHERE email_key = NEW.email_key AND person_id <> NEW.person_id) THEN
        RAISE EXCEPTION 'an e-mail address is of one person' USING
            ERRCODE = 'unique_violation', CONSTRAINT = 'user_email_of_one_person';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER compliance_guard_new_email AFTER INSERT ON compliance_user
    FOR EACH ROW WHEN (NEW.email <> '') EXECUTE FUNCTION compliance_guard_email();
CREATE TRIGGER compliance_guard_email AFTER UPDATE ON compliance_user
    FOR EACH ROW WHEN (NEW.email <> '' AND (NEW.email, NEW.person_id) IS DISTINCT FROM (OLD.email, OLD.person_id))
    EXECUTE FUNCTION compliance_guard_email();
"""

UNDO = """
DROP TRIGGER compliance_guard_email ON compliance_user;
DROP TRIGGER compliance_guard_new_email ON compliance_user;
DROP FUNCTION compliance_guard_email();
DROP TRIGGER compliance_guard_person_age ON compliance_person;
DROP FUNCTION compliance_guard_person_age();
DROP TRIGGER compliance_guard_second_person ON compliance_overrideproposal;
DROP FUNCTION compliance_guard_second_person();
DROP FUNCTION compliance_person_depends(bigint, bigint);
"""


def name_emails(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Write one entry with the ids of the users whose address is missing or shared by several persons."""
    users = list(apps.get_model("compliance", "User").objects.using(editor.connection.alias).order_by("pk"))
    by_key: dict[str, list[Any]] = {}
    for user in users:
        by_key.setdefault(user.email_key, []).append(user)
    missing = [user.pk for user in by_key.pop("", [])]
    shared = [[user.pk for user in group] for group in by_key.values() if len({user.person_id for user in group}) > 1]
    if not missing and not shared:
        return
    entry = {"type": "emails_to_correct", "at": timezone.now(), "actor": None, "actor_name": ""}
    data = {"missing": missing, "shared": shared}
    text = json.dumps(
        entry | {"at": entry["at"].isoformat(), "data": data},  # type: ignore[attr-defined]
        sort_keys=True,
        separators=(",", ":"),
    )
    apps.get_model("compliance", "DeskEvent").objects.create(**entry, data=data, text=text)


DESK_EVENT_TYPES = [
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
]


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0016_references_in_any_case"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="deskevent",
            name="type",
            field=models.CharField(choices=DESK_EVENT_TYPES, max_length=30),
        ),
        migrations.RemoveConstraint(model_name="deskevent", name="desk_event_type_known"),
        migrations.AddConstraint(
            model_name="deskevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", [value for value, _ in DESK_EVENT_TYPES])), name="desk_event_type_known"
            ),
        ),
        migrations.AddIndex(
            model_name="deskevent",
            index=models.Index(
                fields=["actor"], name="desk_event_of_people", condition=models.Q(("type", "person_changed"))
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="email_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Lower(
                    models.Func(
                        models.F("email"), models.Value("\\+[^@]*@"), models.Value("@"), function="regexp_replace"
                    )
                ),
                output_field=models.CharField(max_length=254),
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["email_key"], name="user_email_key"),
        ),
        migrations.RunPython(name_emails, migrations.RunPython.noop),
        migrations.RunSQL(DEPENDS + GUARD_SECOND_PERSON + GUARD_AGE + GUARD_EMAIL, UNDO),
    ]
