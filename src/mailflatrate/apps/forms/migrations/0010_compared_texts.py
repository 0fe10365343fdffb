"""Texts of a pop-up are compared: sign-ups and counts name the text that was shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forms", "0009_entries_at_stands")]

    operations = [
        migrations.AddField(
            model_name=model_name,
            name="compared_text",
            field=models.CharField(blank=True, db_default="", default="", max_length=8),
        )
        for model_name in ("signuprequest", "formcount")
    ]
