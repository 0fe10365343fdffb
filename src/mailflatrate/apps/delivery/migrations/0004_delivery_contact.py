"""An index for the confirmation mails of a contact, so that an erasure needn't read all deliveries."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("delivery", "0003_former_recipients")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "delivery",
            models.Index(
                condition=models.Q(("campaign__isnull", True), ("contact__isnull", False)),
                fields=["account", "contact"],
                name="delivery_contact",
            ),
        ),
    ]
