"""An index for suppressions that were lifted, which an erasure also wipes."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("suppression", "0001_initial")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "suppression",
            models.Index(
                condition=models.Q(("lifted_at__isnull", True), _negated=True),
                fields=["address_key"],
                name="suppression_lifted",
            ),
        ),
    ]
