"""Overrides are judged over everything that providers said about the applicant, in all cases of the same person.

The functions are those of ``routing.rulings`` and ``routing.history``; both have to change together.
"""

from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

VERDICTS = ["approve", "reject", "request_retry", "void"]

# --- rows of the release before -----------------------------------------------------------------------------------

FILL = """
UPDATE compliance_check k SET environment = c.environment FROM compliance_case c WHERE c.id = k.case_id;
UPDATE compliance_check k SET is_double = true
 WHERE EXISTS (SELECT FROM compliance_check e
                WHERE (e.provider, e.environment, e.kind, e.reference) = (k.provider, k.environment, k.kind, k.reference)
                  AND (e.created_at, e.id) < (k.created_at, k.id));
-- The first check of a case that a person opened is the second event.
UPDATE compliance_check k SET entered_by_id = u.person_id
  FROM compliance_event e JOIN compliance_user u ON u.id = e.actor_id
 WHERE e.case_id = k.case_id AND e.data ->> 'check' = k.id::text
   AND ((e.type = 'check_added' AND e.seq > 2) OR (e.type = 'check_corrected' AND e.data ->> 'what' LIKE '%reference%'));
UPDATE compliance_check k SET entered_by_id = u.person_id
  FROM compliance_event e JOIN compliance_user u ON u.id = e.actor_id
 WHERE e.case_id = k.case_id AND e.type = 'check_replaced' AND e.data ->> 'replaced_by' = k.id::text
   AND k.entered_by_id IS NULL;
ALTER TABLE compliance_overrideproposal DISABLE TRIGGER compliance_guard_proposal;
UPDATE compliance_overrideproposal p
   SET agreed = ARRAY(SELECT k.id FROM compliance_check k
                       WHERE k.case_id = p.case_id AND k.created_at <= p.resolved_at)
 WHERE p.state = 'approved' AND p.verdict = 'approve';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE compliance_overrideproposal ENABLE TRIGGER compliance_guard_proposal;
"""

# --- what weighs --------------------------------------------------------------------------------------------------

# In every search path pg_temp comes last: a temporary table of the running role must not stand in for one of ours.
SAME_PERSON = """
CREATE FUNCTION compliance_same_person(of_case bigint) RETURNS SETOF uuid LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    WITH me AS (SELECT a.id, a.environment, a.birth_index, a.document_index
                  FROM compliance_case c JOIN compliance_applicant a ON a.id = c.applicant_id WHERE c.id = of_case),
         numbers AS (SELECT document_index AS number FROM me WHERE document_index IS NOT NULL
                     UNION
                     SELECT k.document_index FROM me JOIN compliance_case c ON c.applicant_id = me.id
                       JOIN compliance_check k ON k.case_id = c.id WHERE k.document_index IS NOT NULL)
    SELECT id FROM me
     UNION
    SELECT a.id FROM me JOIN compliance_applicant a
        ON a.birth_index = me.birth_index AND a.environment = me.environment
     UNION
    SELECT a.id FROM me CROSS JOIN numbers JOIN compliance_applicant a
        ON a.document_index = numbers.number AND a.environment = me.environment
     UNION
    SELECT c.applicant_id FROM me CROSS JOIN numbers JOIN compliance_check k
        ON k.document_index = numbers.number AND k.environment = me.environment JOIN compliance_case c ON c.id = k.case_id
$$;
"""
FINDING = """
CREATE FUNCTION compliance_has_weighing_finding(of_case bigint) RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp AS $$
BEGIN
    IF to_regclass('compliance_finding') IS NULL THEN
        RETURN false;
    END IF;
    RETURN EXISTS (SELECT FROM compliance_finding WHERE case_id = of_case AND state IN ('open', 'resolved')
                   AND kind NOT IN ('by_eye', 'varies', 'may_be_expired'));
END $$;
"""
HISTORY = """
CREATE FUNCTION compliance_history(of_case bigint) RETURNS TABLE (
    what text, id uuid, case_id bigint, is_own boolean, is_same_applicant boolean, is_current boolean, is_read boolean,
    provider text, kind text, outcome text, provider_verdict text, entered_by bigint, weighs boolean
) LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    WITH this AS (SELECT c.id, c.applicant_id FROM compliance_case c WHERE c.id = of_case),
         cases AS (SELECT c.id, c.applicant_id, c.decision_id FROM compliance_case c
                    WHERE c.applicant_id IN (SELECT compliance_same_person(of_case))),
         agreed AS (SELECT one.id, p.resolved_at FROM compliance_overrideproposal p CROSS JOIN unnest(p.agreed) AS one(id)
                     WHERE p.state = 'approved' AND p.case_id IN (SELECT id FROM cases)),
         doubles AS (SELECT d.id FROM compliance_check k JOIN compliance_check d
                         ON (d.provider, d.environment, d.kind, d.reference)
                          = (k.provider, k.environment, k.kind, k.reference)
                      WHERE k.case_id = of_case AND d.case_id <> of_case AND (k.is_double OR d.is_double)),
         checks AS (SELECT k.*, c.applicant_id,
                           k.case_id = of_case AND k.superseded_by_id IS NULL
                           OR k.provider_verdict IN ('negative', 'unknown')
                          AND NOT EXISTS (SELECT FROM agreed WHERE agreed.id = k.id AND agreed.resolved_at >= k.changed_at)
                          AND NOT EXISTS (SELECT FROM compliance_check n
                                           WHERE n.case_id = k.case_id AND n.provider = k.provider AND n.kind = k.kind
                                             AND n.reference = k.followed_reference AND n.report_count > 0
                                             AND n.created_at > k.created_at) AS weighs
                      FROM compliance_check k JOIN compliance_case c ON c.id = k.case_id
                     WHERE k.case_id IN (SELECT id FROM cases) OR k.id IN (SELECT id FROM doubles))
    SELECT 'check', k.id, k.case_id, k.case_id = this.id, k.applicant_id = this.applicant_id,
           k.superseded_by_id IS NULL, k.report_count > 0, k.provider, k.kind, k.outcome, k.provider_verdict,
           k.entered_by_id, k.weighs
      FROM checks k CROSS JOIN this WHERE k.case_id = this.id OR k.weighs
     UNION ALL
    SELECT 'rejection', d.id, c.id, c.id = this.id, c.applicant_id = this.applicant_id,
           true, true, '', '', '', '', NULL, true
      FROM cases c CROSS JOIN this JOIN compliance_decision d ON d.id = c.decision_id
     WHERE d.verdict = 'reject' AND (c.id <> this.id OR d.proposal_id IS NOT NULL)
       AND d.id NOT IN (SELECT id FROM agreed)
     UNION ALL
    SELECT 'retry', d.id, of_case, true, true, true, true, '', '', '', '', NULL, false
      FROM compliance_decision d WHERE d.case_id = of_case AND d.verdict = 'request_retry'
     UNION ALL
    SELECT 'finding', NULL, of_case, true, true, true, true, '', '', '', '', NULL, true
     WHERE compliance_has_weighing_finding(of_case)
$$;
"""
NEEDS_TWO = """
CREATE FUNCTION compliance_needs_two(of_case bigint, verdict text, person bigint) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp AS $$
DECLARE
    checks integer; against integer; has_result boolean; retries integer;
    others integer; others_against integer; mine integer; mine_against integer;
BEGIN
    SELECT count(*) FILTER (WHERE is_check AND weighs),
           count(*) FILTER (WHERE weighs AND NOT (is_check AND is_current AND is_passed AND NOT is_mine)),
           coalesce(bool_or(is_check AND is_read AND outcome NOT IN ('pending', 'in_progress')), false),
           count(*) FILTER (WHERE what = 'retry'),
           count(*) FILTER (WHERE counts AND NOT is_mine),
           count(*) FILTER (WHERE counts AND NOT is_mine AND provider_verdict <> 'positive'),
           count(*) FILTER (WHERE counts),
           count(*) FILTER (WHERE counts AND provider_verdict <> 'positive')
      INTO checks, against, has_result, retries, others, others_against, mine, mine_against
      FROM (SELECT h.*, h.what = 'check' AND h.is_own AS is_check, coalesce(h.entered_by = person, false) AS is_mine,
                   (h.outcome, h.provider_verdict) IN (('approved', 'positive'), ('manual_review', 'none')) AS is_passed,
                   h.what = 'check' AND h.is_own AND h.is_read AND (h.weighs OR h.provider_verdict = 'positive') AS counts
              FROM compliance_history(of_case) h) AS rows;
    RETURN CASE verdict
        WHEN 'approve' THEN checks = 0 OR against > 0
        WHEN 'void' THEN has_result
        WHEN 'reject' THEN CASE WHEN others > 0 THEN others_against = 0 ELSE mine > 0 AND mine_against = 0 END
        WHEN 'request_retry' THEN
            retries > 0 AND CASE WHEN others > 0 THEN others_against = 0 ELSE mine > 0 AND mine_against = 0 END
        ELSE false
    END;
END $$;
"""
EDITORS = """
CREATE FUNCTION compliance_editors(of_case bigint) RETURNS SETOF bigint LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT DISTINCT u.person_id
      FROM compliance_case c
      LEFT JOIN compliance_decision d ON d.id = c.decision_id
      JOIN compliance_event e ON e.case_id = c.id AND (d.id IS NULL OR e.at > d.decided_at)
      JOIN compliance_user u ON u.id = e.actor_id
     WHERE c.id = of_case AND e.type IN ('check_added', 'check_replaced', 'check_corrected', 'document_added',
                                         'document_withdrawn', 'data_corrected', 'finding_resolved')
$$;
"""

# --- guards -------------------------------------------------------------------------------------------------------

GUARD_CHECK = """
CREATE FUNCTION compliance_guard_check() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    SELECT environment INTO NEW.environment FROM compliance_case WHERE id = NEW.case_id;
    IF TG_OP = 'INSERT' THEN
        NEW.is_double := false;
        RETURN NEW;
    END IF;
    IF OLD.report_count > 0 AND (NEW.case_id, NEW.account_id, NEW.provider, NEW.kind, NEW.reference)
            IS DISTINCT FROM (OLD.case_id, OLD.account_id, OLD.provider, OLD.kind, OLD.reference) THEN
        RAISE EXCEPTION 'a check with a report keeps its case and reference' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.report_count < OLD.report_count OR NEW.case_id <> OLD.case_id OR NEW.is_double <> OLD.is_double
            OR (OLD.entered_by_id IS NOT NULL AND NEW.entered_by_id IS NULL)
            OR (OLD.superseded_by_id IS NOT NULL AND NEW.superseded_by_id IS DISTINCT FROM OLD.superseded_by_id) THEN
        RAISE EXCEPTION 'what is known of a check is not taken back' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_new_check BEFORE INSERT ON compliance_check
    FOR EACH ROW EXECUTE FUNCTION compliance_guard_check();
CREATE TRIGGER compliance_guard_check BEFORE UPDATE ON compliance_check
    FOR EACH ROW WHEN ((NEW.case_id, NEW.account_id, NEW.provider, NEW.kind, NEW.reference, NEW.environment,
                        NEW.is_double, NEW.entered_by_id, NEW.superseded_by_id)
        IS DISTINCT FROM (OLD.case_id, OLD.account_id, OLD.provider, OLD.kind, OLD.reference, OLD.environment,
                          OLD.is_double, OLD.entered_by_id, OLD.superseded_by_id)
        OR NEW.report_count < OLD.report_count)
    EXECUTE FUNCTION compliance_guard_check();
"""
GUARD_PROPOSAL = """
CREATE OR REPLACE FUNCTION compliance_guard_proposal() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE proposer bigint; resolver bigint;
BEGIN
    SELECT person_id INTO proposer FROM compliance_user WHERE id = NEW.proposed_by_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' OR NEW.proposed_person_id IS DISTINCT FROM proposer OR NEW.agreed <> ARRAY[]::uuid[] THEN
            RAISE EXCEPTION 'a proposal begins open, by the person of its account' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'open' OR (NEW.case_id, NEW.verdict, NEW.reason_id, NEW.note, NEW.proposed_by_id,
            NEW.proposed_person_id, NEW.proposed_at, NEW.digest, NEW.evidence, NEW.report_seq, NEW.expires_at,
            NEW.agreed)
        IS DISTINCT FROM (OLD.case_id, OLD.verdict, OLD.reason_id, OLD.note, OLD.proposed_by_id,
            OLD.proposed_person_id, OLD.proposed_at, OLD.digest, OLD.evidence, OLD.report_seq, OLD.expires_at,
            OLD.agreed) THEN
        RAISE EXCEPTION 'a proposal is answered once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state IN ('approved', 'refused') THEN
        SELECT person_id INTO resolver FROM compliance_user WHERE id = NEW.resolved_by_id;
        IF resolver IS NULL OR resolver IS DISTINCT FROM NEW.resolved_person_id
                OR resolver = NEW.proposed_person_id OR resolver = proposer THEN
            RAISE EXCEPTION 'a second person must answer a proposal' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.state = 'approved' THEN
        IF resolver IN (SELECT compliance_editors(NEW.case_id)) THEN
            RAISE EXCEPTION 'who changed the evidence approves no proposal' USING ERRCODE = 'check_violation';
        END IF;
        NEW.agreed := ARRAY(SELECT h.id FROM compliance_history(NEW.case_id) h
                             WHERE h.what IN ('check', 'rejection') AND h.weighs
                               AND (NEW.verdict = 'approve' OR (NEW.verdict = 'void' AND h.is_own)));
    END IF;
    RETURN NEW;
END $$;
"""
GUARD_DECISION = """
CREATE OR REPLACE FUNCTION compliance_guard_decision() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE person bigint; proposal compliance_overrideproposal%ROWTYPE;
BEGIN
    IF NEW.by_id IS NOT NULL AND NEW.proposal_id IS NULL THEN
        SELECT person_id INTO person FROM compliance_user WHERE id = NEW.by_id;
        IF person IS DISTINCT FROM NEW.by_person_id THEN
            RAISE EXCEPTION 'a decision names the person of its account' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.by_id IS NULL AND (compliance_needs_two(NEW.case_id, NEW.verdict, NULL)
            OR EXISTS (SELECT FROM compliance_check WHERE case_id = NEW.case_id
                       AND (entered_by_id IS NOT NULL
                            OR (superseded_by_id IS NULL AND provider_verdict <> 'positive')))) THEN
        RAISE EXCEPTION 'the system closes only what every provider passed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.proposal_id IS NULL AND compliance_needs_two(NEW.case_id, NEW.verdict, NEW.by_person_id) THEN
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
"""
OTHER_GUARDS = "".join(
    f"ALTER FUNCTION compliance_{name}() SET search_path = public, pg_temp;"
    for name in ("refuse_change", "guard_standing", "guard_person")
)


def _earlier(guard: str) -> str:
    """The function of the release before, in place of this one."""
    function, _, _ = guard.partition("CREATE TRIGGER")
    return function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


BEFORE = import_module("compliance.migrations.0002_trail_is_append_only")
UNDO = """
DROP TRIGGER compliance_guard_check ON compliance_check;
DROP TRIGGER compliance_guard_new_check ON compliance_check;
DROP FUNCTION compliance_guard_check();
DROP FUNCTION compliance_editors(bigint);
DROP FUNCTION compliance_needs_two(bigint, text, bigint);
DROP FUNCTION compliance_history(bigint);
DROP FUNCTION compliance_has_weighing_finding(bigint);
DROP FUNCTION compliance_same_person(bigint);
"""
UNDO += _earlier(BEFORE.GUARD_PROPOSAL) + _earlier(BEFORE.GUARD_DECISION)


class Migration(migrations.Migration):
    dependencies = [("compliance", "0013_admin_action_of_a_fault")]

    operations = [
        migrations.AddField("check", "environment", models.CharField(max_length=10, db_default="", default="")),
        migrations.AddField("check", "is_double", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            "check",
            "entered_by",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.person"
            ),
        ),
        migrations.AddField("check", "document_index", models.BinaryField(null=True)),
        migrations.AddField(
            "overrideproposal",
            "agreed",
            django.contrib.postgres.fields.ArrayField(models.UUIDField(), db_default=[], default=list, size=None),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "check",
            models.UniqueConstraint(
                fields=("provider", "environment", "kind", "reference"),
                condition=models.Q(is_double=False),
                name="check_once_per_environment",
            ),
        ),
        migrations.AddIndex(
            "check",
            models.Index(
                fields=("document_index",),
                name="check_same_document",
                condition=models.Q(document_index__isnull=False),
            ),
        ),
        *(
            migrations.AddIndex(
                "applicant",
                models.Index(fields=(f"{name}_index",), name=f"applicant_same_{name}"),
            )
            for name in ("birth", "document")
        ),
        migrations.RemoveConstraint("overrideproposal", "proposal_verdict_rules"),
        migrations.AddConstraint(
            "overrideproposal",
            models.CheckConstraint(condition=models.Q(verdict__in=VERDICTS), name="proposal_verdict_rules"),
        ),
        migrations.RunSQL(
            SAME_PERSON
            + FINDING
            + HISTORY
            + NEEDS_TWO
            + EDITORS
            + GUARD_CHECK
            + GUARD_PROPOSAL
            + GUARD_DECISION
            + OTHER_GUARDS,
            UNDO,
        ),
    ]
