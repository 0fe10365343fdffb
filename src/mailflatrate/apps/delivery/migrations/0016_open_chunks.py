"""Indexes for what monitoring asks: chunks on their way, and unknown results."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0015_keys_by_privilege")]
    operations = [
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(
                condition=models.Q(("state__in", ["ready", "sending"])), fields=["state"], name="chunk_open"
            ),
        ),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(condition=models.Q(("state", "in_doubt")), fields=["count"], name="tally_in_doubt"),
        ),
    ]
