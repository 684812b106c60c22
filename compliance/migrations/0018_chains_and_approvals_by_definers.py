"""Only functions of the owner append events, set the head of a case's chain, and approve proposals."""

from importlib import import_module

from django.db import migrations

APPEND = """
CREATE FUNCTION compliance_append_events(added jsonb)
RETURNS TABLE (place bigint, id bigint, seq integer, at timestamptz, actor_name text, text text, hash bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    head record; one record;
    moment timestamptz := clock_timestamp();
    -- As datetime.isoformat of Python, which leaves out a fraction of zero.
    stamp text := to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
        || CASE WHEN extract(microseconds FROM moment)::bigint % 1000000 = 0 THEN ''
                ELSE to_char(moment AT TIME ZONE 'UTC', '.US') END || '+00:00';
BEGIN
    FOR head IN
        SELECT c.id, c.event_seq, c.event_hash FROM compliance_case c
         WHERE c.id IN (SELECT (value ->> 'case')::bigint FROM jsonb_array_elements(added))
         ORDER BY c.id FOR NO KEY UPDATE
    LOOP
        FOR one IN
            SELECT e.ordinality AS place, e.value ->> 'type' AS type, e.value -> 'data' AS data, u.id AS actor_id,
                   e.value ->> 'actor' AS named,
                   left(coalesce(nullif(btrim(u.first_name || ' ' || u.last_name), ''), p.name, ''), 150) AS actor_name
              FROM jsonb_array_elements(added) WITH ORDINALITY e
              LEFT JOIN compliance_user u ON u.id = (e.value ->> 'actor')::bigint
              LEFT JOIN compliance_person p ON p.id = u.person_id
             WHERE (e.value ->> 'case')::bigint = head.id ORDER BY e.ordinality
        LOOP
            IF one.named IS NOT NULL AND one.actor_id IS NULL THEN
                RAISE EXCEPTION 'an event has an actor that exists' USING ERRCODE = 'foreign_key_violation';
            END IF;
            head.event_seq := head.event_seq + 1;
            place := one.place; seq := head.event_seq; at := moment; actor_name := one.actor_name;
            text := format('{"actor":%s,"actor_name":%s,"at":%s,"case":%s,"data":%s,"seq":%s,"type":%s}',
                coalesce(one.actor_id::text, 'null'), to_json(one.actor_name), to_json(stamp), head.id, one.data,
                head.event_seq, to_json(one.type));
            hash := sha256(head.event_hash || convert_to(text, 'UTF8'));
            head.event_hash := hash;
            INSERT INTO compliance_event (case_id, seq, type, at, actor_id, actor_name, data, text, hash)
            VALUES (head.id, seq, one.type, moment, one.actor_id, one.actor_name, one.data, text, hash)
            RETURNING compliance_event.id INTO id;
            RETURN NEXT;
        END LOOP;
        UPDATE compliance_case c SET event_seq = head.event_seq, event_hash = head.event_hash WHERE c.id = head.id;
    END LOOP;
END $$;
"""

GUARD_HEAD = """
CREATE FUNCTION compliance_guard_head() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'the head of a chain is set by appending an event' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_head BEFORE UPDATE ON compliance_case
    FOR EACH ROW WHEN ((NEW.event_seq, NEW.event_hash) IS DISTINCT FROM (OLD.event_seq, OLD.event_hash))
    EXECUTE FUNCTION compliance_guard_head();
CREATE TRIGGER compliance_guard_first_head BEFORE INSERT ON compliance_case
    FOR EACH ROW WHEN (NEW.event_seq <> 0 OR NEW.event_hash <> ''::bytea)
    EXECUTE FUNCTION compliance_guard_head();
"""

APPROVE = """
CREATE FUNCTION compliance_may_approve(of_user bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM compliance_user u
          JOIN auth_permission p ON p.codename = 'approve_override'
          JOIN django_content_type t ON t.id = p.content_type_id AND t.app_label = 'compliance'
         WHERE u.id = of_user AND u.is_active
           AND (EXISTS (SELECT FROM compliance_user_groups g JOIN auth_group_permissions r ON r.group_id = g.group_id
                         WHERE g.user_id = u.id AND r.permission_id = p.id)
                OR EXISTS (SELECT FROM compliance_user_user_permissions r
                            WHERE r.user_id = u.id AND r.permission_id = p.id)))
$$;
CREATE FUNCTION compliance_approve_proposal(of_proposal uuid, by_user bigint) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE proposal compliance_overrideproposal%ROWTYPE; moment timestamptz;
BEGIN
    SELECT * INTO proposal FROM compliance_overrideproposal WHERE id = of_proposal FOR UPDATE;
    moment := clock_timestamp();
    IF NOT FOUND OR proposal.state <> 'open' OR proposal.expires_at <= moment
            OR NOT EXISTS (SELECT FROM compliance_case WHERE id = proposal.case_id AND status = 'awaiting_approval') THEN
        RAISE EXCEPTION 'only an open proposal is approved' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT compliance_may_approve(by_user) THEN
        RAISE EXCEPTION 'only an active manager approves a proposal' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE compliance_overrideproposal
       SET state = 'approved', resolved_at = moment, resolved_by_id = by_user,
           resolved_person_id = (SELECT person_id FROM compliance_user WHERE id = by_user)
     WHERE id = of_proposal;
    RETURN moment;
END $$;
CREATE FUNCTION compliance_guard_approval() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'a proposal is approved by compliance_approve_proposal' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- Of triggers at the same moment, PostgreSQL fires the one whose name is first.
CREATE TRIGGER compliance_guard_approval BEFORE UPDATE ON compliance_overrideproposal
    FOR EACH ROW WHEN (NEW.state = 'approved') EXECUTE FUNCTION compliance_guard_approval();
"""

BEFORE = import_module("compliance.migrations.0014_two_people_whatever_the_road").GUARD_DECISION
SYSTEM = "EXISTS (SELECT FROM compliance_check WHERE case_id = NEW.case_id"
PERSON_EDITED = """EXISTS (SELECT FROM compliance_event WHERE case_id = NEW.case_id AND actor_id IS NOT NULL
                       AND type IN ('check_replaced', 'check_corrected', 'data_corrected', 'finding_resolved'))
            OR """
GUARD_DECISION = BEFORE.replace(SYSTEM, PERSON_EDITED + SYSTEM)

RIGHTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'desk_app') THEN
        REVOKE ALL ON FUNCTION compliance_append_events(jsonb) FROM PUBLIC;
        REVOKE ALL ON FUNCTION compliance_approve_proposal(uuid, bigint) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION compliance_append_events(jsonb) TO desk_app;
        GRANT EXECUTE ON FUNCTION compliance_approve_proposal(uuid, bigint) TO desk_app;
        REVOKE INSERT ON compliance_event FROM desk_app;
    END IF;
END $$;
"""
UNDO = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'desk_app') THEN
        GRANT INSERT ON compliance_event TO desk_app;
    END IF;
END $$;
DROP TRIGGER compliance_guard_approval ON compliance_overrideproposal;
DROP FUNCTION compliance_guard_approval();
DROP FUNCTION compliance_approve_proposal(uuid, bigint);
DROP FUNCTION compliance_may_approve(bigint);
DROP TRIGGER compliance_guard_first_head ON compliance_case;
DROP TRIGGER compliance_guard_head ON compliance_case;
DROP FUNCTION compliance_guard_head();
DROP FUNCTION compliance_append_events(jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("compliance", "0017_the_second_person_is_independent")]

    operations = [migrations.RunSQL(APPEND + GUARD_HEAD + APPROVE + GUARD_DECISION + RIGHTS, UNDO + BEFORE)]
