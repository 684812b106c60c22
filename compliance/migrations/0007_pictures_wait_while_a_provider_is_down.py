from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0006_how_many_pages_a_file_has"),
    ]

    operations = [
        migrations.AddField(
            model_name="document",
            name="failing_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                condition=models.Q(("leased_until__isnull", False), ("state", "wanted")),
                fields=["leased_until"],
                name="document_leased",
            ),
        ),
    ]
