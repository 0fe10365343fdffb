"""Forms can give tags to people who confirm."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forms", "0002_move_in")]

    operations = [
        migrations.AddField(
            model_name="form",
            name="tags",
            field=models.JSONField(
                db_default=models.Value([], output_field=models.JSONField()),
                default=list,
            ),
        ),
    ]
