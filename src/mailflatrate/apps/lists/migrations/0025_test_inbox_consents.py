"""What was confirmed in the test inbox is found without reading all evidence."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("lists", "0024_noes")]

    operations = [
        AddIndexConcurrently(
            "consentevidence",
            models.Index(
                fields=["event"],
                condition=models.Q(details__has_key="test_inbox"),
                name="consent_evidence_test_inbox",
            ),
        ),
    ]
