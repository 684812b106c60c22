"""An index that finds references which differ by letter case alone."""

from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("compliance", "0015_findings_are_rows")]

    operations = [
        migrations.AddIndex(
            model_name="check",
            index=models.Index(Upper("reference"), name="check_reference_any_case"),
        ),
    ]
