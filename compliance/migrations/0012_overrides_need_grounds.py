"""Reason codes say whether they can justify an override: "Everything agrees" cannot."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0011_last_test_of_an_account")]

    operations = [
        migrations.AddField(
            model_name="reasoncode",
            name="for_overrides",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.RunSQL(
            "UPDATE compliance_reasoncode SET for_overrides = false WHERE code = 'OK-01'", migrations.RunSQL.noop
        ),
    ]
