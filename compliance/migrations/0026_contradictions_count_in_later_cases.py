"""A contradiction weighs on after its check was replaced, and in other cases of the person, until two people agree."""

from importlib import import_module

from django.db import migrations

HISTORY_BEFORE = import_module("compliance.migrations.0014_two_people_whatever_the_road").HISTORY.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
# A finding that ended before its check was replaced had ended by another answer of the same reference.
CONFLICTS = """
CREATE FUNCTION compliance_conflicts(of_case bigint) RETURNS SETOF bigint LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    WITH cases AS (SELECT c.id FROM compliance_case c WHERE c.applicant_id IN (SELECT compliance_same_person(of_case)))
    SELECT DISTINCT f.case_id FROM compliance_finding f
     WHERE f.case_id IN (SELECT id FROM cases) AND f.kind = 'differs' AND NOT f.detail ? 'earlier'
       AND ((f.case_id <> of_case AND f.state IN ('open', 'resolved'))
            OR (f.state = 'ended' AND EXISTS (
                SELECT FROM compliance_check k JOIN compliance_check n ON n.id = k.superseded_by_id
                 WHERE k.case_id = f.case_id AND n.created_at <= f.ended_at AND n.reference <> k.followed_reference
                   AND position(k.id::text IN f.detail::text) > 0)))
       AND NOT EXISTS (
            SELECT FROM compliance_overrideproposal p
             WHERE p.state = 'approved' AND p.resolved_at >= f.found_at AND p.case_id IN (SELECT id FROM cases)
               AND (p.verdict = 'approve' OR (p.verdict = 'void' AND p.case_id = f.case_id)))
$$;
"""
HISTORY = HISTORY_BEFORE.replace(
    "     WHERE compliance_has_weighing_finding(of_case)\n",
    """     WHERE compliance_has_weighing_finding(of_case)
     UNION ALL
    SELECT 'finding', NULL, c.id, c.id = this.id, c.applicant_id = this.applicant_id,
           false, true, '', '', '', '', NULL, true
      FROM cases c CROSS JOIN this WHERE c.id IN (SELECT compliance_conflicts(of_case))
""",
)


class Migration(migrations.Migration):
    dependencies = [("compliance", "0025_rows_belong_to_their_case")]

    operations = [
        migrations.RunSQL(CONFLICTS + HISTORY, HISTORY_BEFORE + "DROP FUNCTION compliance_conflicts(bigint);"),
    ]
