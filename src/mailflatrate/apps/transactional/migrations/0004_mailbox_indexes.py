"""The indexes of mailboxes, days and samples, made while messages are taken."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("transactional", "0003_mailboxes_and_samples")]

    operations = [
        AddIndexConcurrently("transactionalmessage", models.Index(fields=fields, name=name, condition=condition))
        for fields, name, condition in (
            (["account", "mailbox_key", "created_at"], "transactional_mailbox", None),
            (["account", "created_at"], "transactional_day", None),
            (["version", "-id"], "transactional_samples", models.Q(is_sample=True)),
        )
    ]
