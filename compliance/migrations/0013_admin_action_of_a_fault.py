from django.db import migrations, models

SHOW_NO_ADMIN_ACTION = """
UPDATE compliance_case SET why = regexp_replace(why, 'Admin: .*$', 'An admin has to fix this.') WHERE why LIKE '%Admin: %'
"""
"""Of the release before; the next routing of a case writes the same."""


def add(model: str) -> migrations.AddField:
    """Rows of earlier releases have the action in ``fault_detail``; ``labels.without_old_action`` reads both."""
    field = models.CharField(blank=True, db_default="", default="", max_length=400)
    return migrations.AddField(model_name=model, name="fault_admin_action", field=field)


class Migration(migrations.Migration):
    dependencies = [("compliance", "0012_overrides_need_grounds")]

    operations = [
        add("accountstate"),
        add("checksync"),
        migrations.RunSQL(SHOW_NO_ADMIN_ACTION, migrations.RunSQL.noop),
    ]
