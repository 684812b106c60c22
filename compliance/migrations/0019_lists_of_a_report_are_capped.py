from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0018_chains_and_approvals_by_definers")]

    operations = [
        migrations.AddField(
            model_name="check",
            name="more",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
