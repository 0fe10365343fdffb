"""An index of what people withdrew or objected to, which every consent is compared with."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("lists", "0023_conversion_goal")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "consentevent",
            models.Index(
                condition=models.Q(("kind__in", ["withdrawn", "objection"])),
                fields=["account", "contact_id"],
                name="consent_event_no",
            ),
        ),
    ]
