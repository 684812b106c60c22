"""References that one person typed decide nothing alone, and open duplicates weigh on in the applicant's other cases."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("compliance.migrations.0027_closed_cases_weigh_on")
NEEDS_TWO_BEFORE = import_module("compliance.migrations.0014_two_people_whatever_the_road").NEEDS_TWO

# A finding that ended before its check was replaced had ended by another answer of the same reference.
CONFLICTS = """
DROP FUNCTION compliance_conflicts(bigint);
CREATE FUNCTION compliance_conflicts(of_case bigint) RETURNS TABLE (case_id bigint, kind text) LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    WITH this AS (SELECT c.applicant_id FROM compliance_case c WHERE c.id = of_case),
         cases AS (SELECT c.id, c.applicant_id FROM compliance_case c
                    WHERE c.applicant_id IN (SELECT compliance_same_person(of_case)))
    SELECT DISTINCT f.case_id, f.kind FROM compliance_finding f JOIN cases ON cases.id = f.case_id CROSS JOIN this
     WHERE (f.kind IN ('differs', 'contradiction', 'implausible') AND NOT f.detail ? 'earlier'
            OR f.kind = 'duplicate' AND cases.applicant_id = this.applicant_id)
       AND ((f.case_id <> of_case AND f.state IN ('open', 'resolved'))
            OR (f.state = 'ended' AND EXISTS (
                SELECT FROM compliance_check k JOIN compliance_check n ON n.id = k.superseded_by_id
                 WHERE k.case_id = f.case_id AND n.created_at <= f.ended_at AND n.reference <> k.followed_reference
                   AND position(k.id::text IN f.detail::text) > 0)))
       AND NOT EXISTS (
            SELECT FROM compliance_overrideproposal p
             WHERE p.state = 'approved' AND p.resolved_at >= f.found_at AND p.case_id IN (SELECT id FROM cases)
               AND p.verdict = 'approve')
$$;
"""
HISTORY = BEFORE.replaced(
    BEFORE.HISTORY,
    # The person who typed a reference, also in the form or file that opened the case.
    (
        "OR k.id IN (SELECT id FROM doubles))\n    SELECT 'check', k.id,",
        """OR k.id IN (SELECT id FROM doubles)),
         typed AS (SELECT k.*, coalesce(k.entered_by_id, (
                           SELECT u.person_id FROM compliance_event e JOIN compliance_user u ON u.id = e.actor_id
                            WHERE e.case_id = k.case_id AND e.type = 'check_added' AND e.data ->> 'check' = k.id::text
                            LIMIT 1)) AS typed_by
                      FROM checks k)
    SELECT 'said', k.id, k.case_id, k.case_id = this.id, k.applicant_id = this.applicant_id,
           k.superseded_by_id IS NULL, k.report_count > 0, k.provider, k.kind, k.outcome, k.provider_verdict,
           k.typed_by, k.weighs
      FROM typed k CROSS JOIN this
     UNION ALL
    SELECT 'unread', k.id, k.case_id, false, k.applicant_id = this.applicant_id,
           k.superseded_by_id IS NULL, k.report_count > 0, k.provider, k.kind, k.outcome, k.provider_verdict,
           k.entered_by_id, true
      FROM checks k CROSS JOIN this
     CROSS JOIN LATERAL (
            SELECT max(e.at) AS at FROM compliance_event e
             WHERE e.case_id = k.case_id AND e.type = 'check_corrected'
               AND e.data ->> 'check' = k.id::text AND e.data ->> 'before' <> e.data ->> 'after') corrected
     WHERE k.case_id <> this.id
       AND ((k.provider_verdict = 'none' AND (k.superseded_by_id IS NULL OR k.outcome IN ('pending', 'in_progress')))
            OR corrected.at IS NOT NULL
            OR EXISTS (SELECT FROM compliance_finding f
                        WHERE f.case_id = k.case_id AND f.kind = 'expired' AND f.state IN ('open', 'resolved')
                          AND position(k.id::text IN f.detail::text) > 0))
       AND NOT EXISTS (SELECT FROM compliance_case c JOIN compliance_decision d ON d.id = c.decision_id
                        WHERE c.id = k.case_id AND d.verdict IN ('approve', 'reject')
                          AND d.decided_at >= coalesce(corrected.at, k.created_at))
       AND NOT EXISTS (SELECT FROM compliance_overrideproposal p
                        WHERE p.state = 'approved' AND p.verdict = 'approve'
                          AND p.resolved_at >= coalesce(corrected.at, k.created_at)
                          AND p.case_id IN (SELECT id FROM cases))
     UNION ALL
    SELECT 'check', k.id,""",
    ),
    (
        "    SELECT 'finding', NULL, c.id, c.id = this.id, c.applicant_id = this.applicant_id,\n"
        "           false, true, '', '', '', '', NULL, true\n"
        "      FROM cases c CROSS JOIN this WHERE c.id IN (SELECT compliance_conflicts(of_case))\n",
        "    SELECT 'finding', NULL, c.id, c.id = this.id, c.applicant_id = this.applicant_id,\n"
        "           false, true, '', f.kind, '', '', NULL, true\n"
        "      FROM cases c CROSS JOIN this JOIN compliance_conflicts(of_case) f ON f.case_id = c.id\n",
    ),
)
NEEDS_TWO = """
CREATE OR REPLACE FUNCTION compliance_needs_two(of_case bigint, verdict text, person bigint) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp AS $$
DECLARE
    checks integer; against integer; has_result boolean; retries integer; unread integer; of_others integer;
    own_passed integer; own_against integer; own_results_against integer;
    passed_elsewhere integer; against_elsewhere integer; is_over_positive boolean;
BEGIN
    SELECT count(*) FILTER (WHERE is_check AND weighs),
           count(*) FILTER (WHERE what NOT IN ('said', 'unread') AND weighs
                            AND NOT (is_check AND is_current AND is_passed AND NOT is_mine)),
           coalesce(bool_or(is_check AND has_said), false),
           count(*) FILTER (WHERE what = 'retry'),
           count(*) FILTER (WHERE what = 'unread'),
           count(*) FILTER (WHERE what = 'said' AND is_own AND is_current AND NOT is_mine),
           count(*) FILTER (WHERE counts AND is_own AND provider_verdict = 'positive'),
           count(*) FILTER (WHERE counts AND is_own AND NOT is_mine AND provider_verdict <> 'positive'),
           count(*) FILTER (WHERE counts AND is_own AND NOT is_mine AND provider_verdict <> 'positive' AND has_said),
           count(*) FILTER (WHERE counts AND NOT is_own AND provider_verdict = 'positive'),
           count(*) FILTER (WHERE counts AND NOT is_own AND NOT is_mine
                            AND provider_verdict IN ('negative', 'unknown'))
      INTO checks, against, has_result, retries, unread, of_others, own_passed, own_against, own_results_against,
           passed_elsewhere, against_elsewhere
      FROM (SELECT h.*, h.what = 'check' AND h.is_own AS is_check, coalesce(h.entered_by = person, false) AS is_mine,
                   (h.outcome, h.provider_verdict) IN (('approved', 'positive'), ('manual_review', 'none')) AS is_passed,
                   h.is_read AND h.outcome NOT IN ('pending', 'in_progress') AS has_said,
                   h.what = 'said' AND h.is_read AND (h.weighs OR h.provider_verdict = 'positive') AS counts
              FROM compliance_history(of_case) h) AS rows;
    is_over_positive := CASE
        WHEN own_passed > 0 THEN own_against = 0
        WHEN own_results_against > 0 THEN false
        ELSE passed_elsewhere > 0 AND against_elsewhere = 0
    END;
    RETURN CASE verdict
        WHEN 'approve' THEN checks = 0 OR against > 0 OR (of_others = 0 AND unread > 0)
        WHEN 'void' THEN has_result
        WHEN 'reject' THEN is_over_positive
        WHEN 'request_retry' THEN retries > 0 AND is_over_positive
        WHEN 'confirm' THEN true  -- stored as the verdict that is confirmed
        ELSE false
    END;
END $$;
"""
BACK = "DROP FUNCTION compliance_conflicts(bigint);" + BEFORE.BEFORE.CONFLICTS


class Migration(migrations.Migration):
    dependencies = [("compliance", "0027_closed_cases_weigh_on")]

    operations = [
        migrations.RunSQL(
            CONFLICTS + HISTORY + NEEDS_TWO,
            BACK
            + BEFORE.CONFLICTS
            + BEFORE.HISTORY
            + NEEDS_TWO_BEFORE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"),
        ),
    ]
