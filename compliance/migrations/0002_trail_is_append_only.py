"""What the database itself holds: the trail is append-only, and four eyes means two people."""

from django.db import migrations

APPEND_ONLY = (
    "compliance_event",
    "compliance_deskevent",
    "compliance_viewrecord",
    "compliance_checkreport",
    "compliance_decision",
)
NO_DELETE = (
    "compliance_overrideproposal",
    "compliance_case",
    "compliance_check",
    "compliance_applicant",
    "compliance_reasoncode",
)

REFUSE_CHANGE = """
CREATE FUNCTION compliance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Throw-away test databases are emptied between tests; desk_app lacks the right whatever this says.
    IF TG_OP = 'TRUNCATE' AND current_setting('desk.throw_away', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""

GUARD_PROPOSAL = """
CREATE FUNCTION compliance_guard_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE proposer bigint; resolver bigint;
BEGIN
    SELECT person_id INTO proposer FROM compliance_user WHERE id = NEW.proposed_by_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' OR NEW.proposed_person_id IS DISTINCT FROM proposer THEN
            RAISE EXCEPTION 'a proposal begins open, by the person of its account' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'open' OR (NEW.case_id, NEW.verdict, NEW.reason_id, NEW.note, NEW.proposed_by_id,
            NEW.proposed_person_id, NEW.proposed_at, NEW.digest, NEW.evidence, NEW.report_seq, NEW.expires_at)
        IS DISTINCT FROM (OLD.case_id, OLD.verdict, OLD.reason_id, OLD.note, OLD.proposed_by_id,
            OLD.proposed_person_id, OLD.proposed_at, OLD.digest, OLD.evidence, OLD.report_seq, OLD.expires_at) THEN
        RAISE EXCEPTION 'a proposal is answered once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state IN ('approved', 'refused') THEN
        SELECT person_id INTO resolver FROM compliance_user WHERE id = NEW.resolved_by_id;
        IF resolver IS NULL OR resolver IS DISTINCT FROM NEW.resolved_person_id
                OR resolver = NEW.proposed_person_id OR resolver = proposer THEN
            RAISE EXCEPTION 'a second person must answer a proposal' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_proposal BEFORE INSERT OR UPDATE ON compliance_overrideproposal
    FOR EACH ROW EXECUTE FUNCTION compliance_guard_proposal();
"""

GUARD_DECISION = """
CREATE FUNCTION compliance_guard_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    person bigint; proposal compliance_overrideproposal%ROWTYPE;
    total integer; against integer; positive integer;
BEGIN
    IF NEW.by_id IS NOT NULL AND NEW.proposal_id IS NULL THEN
        SELECT person_id INTO person FROM compliance_user WHERE id = NEW.by_id;
        IF person IS DISTINCT FROM NEW.by_person_id THEN
            RAISE EXCEPTION 'a decision names the person of its account' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    SELECT count(*),
           count(*) FILTER (WHERE NOT ((outcome = 'approved' AND provider_verdict = 'positive')
                                       OR (outcome = 'manual_review' AND provider_verdict = 'none'))),
           count(*) FILTER (WHERE provider_verdict = 'positive')
      INTO total, against, positive
      FROM compliance_check WHERE case_id = NEW.case_id AND (superseded_by_id IS NULL OR still_weighs);
    IF NEW.by_id IS NULL AND (total = 0 OR positive < total) THEN
        RAISE EXCEPTION 'the system closes only what every provider passed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.proposal_id IS NULL AND ((NEW.verdict = 'approve' AND (total = 0 OR against > 0))
                                    OR (NEW.verdict = 'reject' AND total > 0 AND positive = total)) THEN
        RAISE EXCEPTION 'an override needs an approved proposal' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.proposal_id IS NOT NULL THEN
        SELECT * INTO proposal FROM compliance_overrideproposal WHERE id = NEW.proposal_id;
        IF (proposal.state, proposal.case_id, proposal.verdict, proposal.proposed_by_id, proposal.proposed_person_id,
                proposal.resolved_person_id)
            IS DISTINCT FROM ('approved', NEW.case_id, NEW.verdict, NEW.by_id, NEW.by_person_id,
                NEW.approved_by_person_id) THEN
            RAISE EXCEPTION 'the decision is not the one that was approved' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_decision BEFORE INSERT ON compliance_decision
    FOR EACH ROW EXECUTE FUNCTION compliance_guard_decision();
"""

GUARD_STANDING = """
CREATE FUNCTION compliance_guard_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM compliance_decision WHERE id = NEW.decision_id AND case_id = NEW.id
                   AND verdict IN ('approve', 'reject', 'void')) THEN
        RAISE EXCEPTION 'a case stands by a decision of its own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_first_standing BEFORE INSERT ON compliance_case
    FOR EACH ROW WHEN (NEW.decision_id IS NOT NULL) EXECUTE FUNCTION compliance_guard_standing();
CREATE TRIGGER compliance_guard_standing BEFORE UPDATE ON compliance_case
    FOR EACH ROW WHEN (NEW.decision_id IS DISTINCT FROM OLD.decision_id) EXECUTE FUNCTION compliance_guard_standing();
"""

# Without this, somebody whose other sign-in is given to another person could answer the own proposal with it.
GUARD_PERSON = """
CREATE FUNCTION compliance_guard_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM compliance_overrideproposal
               WHERE state = 'open' AND proposed_person_id = OLD.person_id) THEN
        RAISE EXCEPTION 'a sign-in stays with its person while a proposal of theirs is open'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_person BEFORE UPDATE ON compliance_user
    FOR EACH ROW WHEN (NEW.person_id IS DISTINCT FROM OLD.person_id) EXECUTE FUNCTION compliance_guard_person();
"""

UNDO_GUARDS = """
DROP TRIGGER compliance_guard_person ON compliance_user;
DROP FUNCTION compliance_guard_person();
DROP TRIGGER compliance_guard_standing ON compliance_case;
DROP TRIGGER compliance_guard_first_standing ON compliance_case;
DROP FUNCTION compliance_guard_standing();
DROP TRIGGER compliance_guard_decision ON compliance_decision;
DROP FUNCTION compliance_guard_decision();
DROP TRIGGER compliance_guard_proposal ON compliance_overrideproposal;
DROP FUNCTION compliance_guard_proposal();
"""


def append_only(table: str) -> str:
    """The triggers of one table."""
    return f"""
    CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION compliance_refuse_change();
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION compliance_refuse_change();
    """


def undo_append_only(table: str) -> str:
    """Takes the triggers of one table away."""
    return f"DROP TRIGGER {table}_no_change ON {table}; DROP TRIGGER {table}_no_truncate ON {table};"


def rights(verb: str, tables: tuple[str, ...], what: str) -> str:
    """Grant or revoke for the running role, where the installation has one of its own."""
    preposition = "FROM" if verb == "REVOKE" else "TO"
    statement = f"{verb} {what} ON {', '.join(tables)} {preposition} desk_app;"
    found = "EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'desk_app')"
    return f"DO $$ BEGIN IF {found} THEN {statement} END IF; END $$;"


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_people_cases_checks_decisions_trail")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION compliance_refuse_change();"),
        migrations.RunSQL(
            "".join(append_only(table) for table in APPEND_ONLY),
            "".join(undo_append_only(table) for table in APPEND_ONLY),
        ),
        migrations.RunSQL(GUARD_PROPOSAL + GUARD_DECISION + GUARD_STANDING + GUARD_PERSON, UNDO_GUARDS),
        migrations.RunSQL(
            rights("REVOKE", APPEND_ONLY, "UPDATE, DELETE, TRUNCATE"), rights("GRANT", APPEND_ONLY, "UPDATE, DELETE")
        ),
        migrations.RunSQL(rights("REVOKE", NO_DELETE, "DELETE, TRUNCATE"), rights("GRANT", NO_DELETE, "DELETE")),
    ]
