"""An index that finds references which differ by letter case alone."""

from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("compliance", "0014_two_people_whatever_the_road")]

    operations = [
        migrations.AddIndex(
            model_name="check",
            index=models.Index(Upper("reference"), name="check_reference_any_case"),
        ),
    ]
