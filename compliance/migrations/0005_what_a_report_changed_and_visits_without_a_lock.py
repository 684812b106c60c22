import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0004_who_took_a_file_back_and_why"),
    ]

    operations = [
        migrations.AddField(
            model_name="check",
            name="difference",
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name="casevisit",
            name="case",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="visits",
                to="compliance.case",
            ),
        ),
    ]
