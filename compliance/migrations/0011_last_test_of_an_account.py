from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform


class Migration(migrations.Migration):
    dependencies = [("compliance", "0010_no_sentence_is_data")]

    operations = [
        migrations.AddIndex(
            model_name="deskevent",
            index=models.Index(
                KeyTextTransform("account_id", "data"),
                models.OrderBy(models.F("at"), descending=True),
                condition=models.Q(("type", "account_tested")),
                name="desk_event_last_test",
            ),
        ),
    ]
