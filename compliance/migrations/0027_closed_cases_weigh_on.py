"""What providers said in a case that was closed as opened by mistake weighs on, and so do its checks without a result."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("compliance.migrations.0026_contradictions_count_in_later_cases")


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """The text with each first part, which it contains once, replaced by the second."""
    for old, new in pairs:
        if text.count(old) != 1:
            raise ValueError(f"not once in the function: {old}")
        text = text.replace(old, new)
    return text


CONFLICTS_BEFORE = BEFORE.CONFLICTS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
CONFLICTS = replaced(
    CONFLICTS_BEFORE,
    ("(p.verdict = 'approve' OR (p.verdict = 'void' AND p.case_id = f.case_id))", "p.verdict = 'approve'"),
)
HISTORY = replaced(
    BEFORE.HISTORY,
    (
        "WHERE p.state = 'approved' AND p.case_id IN",
        "WHERE p.state = 'approved' AND p.verdict <> 'void' AND p.case_id IN",
    ),
    (
        "OR k.provider_verdict IN ('negative', 'unknown')\n",
        "OR (k.provider_verdict IN ('negative', 'unknown')\n"
        "                               OR k.case_id <> of_case AND k.outcome IN ('pending', 'in_progress')\n"
        "                              AND EXISTS (SELECT FROM compliance_decision d\n"
        "                                           WHERE d.id = c.decision_id AND d.verdict = 'void'))\n",
    ),
)


class Migration(migrations.Migration):
    dependencies = [("compliance", "0026_contradictions_count_in_later_cases")]

    operations = [
        migrations.RunSQL(CONFLICTS + HISTORY, CONFLICTS_BEFORE + BEFORE.HISTORY),
    ]
