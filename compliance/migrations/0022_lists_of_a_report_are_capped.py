from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0021_answers_to_escalations")]

    operations = [
        migrations.AddField(
            model_name="check",
            name="more",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
