"""Slow endpoints share a few turns."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="webhookendpoint",
            name="is_slow",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
