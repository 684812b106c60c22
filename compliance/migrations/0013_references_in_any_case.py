"""Finds references that differ by letter case alone. Built without blocking writes."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("compliance", "0012_overrides_need_grounds")]
    operations = [
        AddIndexConcurrently("check", models.Index(Upper("reference"), name="check_reference_any_case")),
    ]
