"""Clicks of one visitor within minutes are known to belong together, so that a scanner is told by all links at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracking", "0002_totals")]

    operations = [
        migrations.AddField(
            model_name="click",
            name="visitor",
            field=models.BinaryField(
                help_text="keyed hash of the IP address and ten minutes; gone when they are over",
                max_length=8,
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="click",
            index=models.Index(
                condition=models.Q(("visitor__isnull", False)),
                fields=["edition_id", "visitor"],
                name="click_visitor",
            ),
        ),
    ]
