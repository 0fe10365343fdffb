"""Designs of which others change only the marked parts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0018_markdown_themes")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="is_locked",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="campaigntemplate",
            name="is_locked",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
