"""The index of mailboxes, made while suppressions are written."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("suppression", "0005_suppressed_mailbox")]

    operations = [
        AddIndexConcurrently(
            "suppression",
            models.Index(
                fields=["mailbox_key"], condition=models.Q(lifted_at__isnull=True), name="suppression_mailbox"
            ),
        ),
    ]
