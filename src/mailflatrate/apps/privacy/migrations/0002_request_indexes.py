"""Indexes by which an erasure finds the data requests of a person."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("privacy", "0001_initial")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "privacyrequest", models.Index(fields=["account", "address_key"], name="privacy_request_key")
        ),
        AddIndexConcurrently(
            "privacyrequest",
            models.Index(condition=models.Q(("kind", "address")), fields=["account"], name="privacy_request_moves"),
        ),
    ]
