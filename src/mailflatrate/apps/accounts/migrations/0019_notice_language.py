"""The language of a service message, for its header and its HTML part."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_shared_entry")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="language",
            field=models.CharField(blank=True, db_default="", help_text="of subject and text", max_length=10),
        ),
    ]
