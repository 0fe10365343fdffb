"""Indexes of the contact list's orders: when contacts were added, and when they last confirmed."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("lists", "0008_contact_columns")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently("contact", models.Index(fields=["account", "created_at", "id"], name="contact_added")),
        AddIndexConcurrently(
            "subscription",
            models.Index(
                condition=models.Q(("confirmed_at__isnull", False)),
                fields=["account", "confirmed_at", "contact"],
                name="subscription_last_confirmed",
            ),
        ),
    ]
