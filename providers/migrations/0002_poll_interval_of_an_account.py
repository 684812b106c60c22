from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("providers", "0001_accounts_and_data_keys")]

    operations = [
        migrations.AlterField(
            model_name="provideraccount",
            name="rhythm_seconds",
            field=models.PositiveIntegerField(blank=True, db_column="rhythm_seconds", null=True),
        ),
        migrations.RenameField("provideraccount", "rhythm_seconds", "poll_interval_seconds"),
    ]
