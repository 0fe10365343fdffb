"""A lane of a mailing may be paused alone: a level between throttling and pausing the mailing."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE measure SET level = level + 1 WHERE level >= 3",
            "UPDATE measure SET level = level - 1 WHERE level > 3",
        ),
    ]
