"""A delivery can be a step of an automation: a person gets each step once per enrolment, and a campaign once."""

from django.db import migrations, models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

# An index that an earlier try left unfinished is invalid.
_LEFT = "DROP INDEX CONCURRENTLY IF EXISTS delivery_once_each"
_NEW = """
CREATE UNIQUE INDEX CONCURRENTLY delivery_once_each
    ON delivery (account_id, contact_id, campaign_id, (COALESCE(enrolment_id, 0::bigint)))
    WHERE campaign_id IS NOT NULL
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("delivery", "0004_delivery_contact")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        migrations.AddField(model_name="delivery", name="enrolment_id", field=models.BigIntegerField(null=True)),
        migrations.AddField(
            model_name="archiveddelivery", name="enrolment_id", field=models.BigIntegerField(null=True)
        ),
        migrations.AddField(model_name="deliveryrecord", name="enrolment_id", field=models.BigIntegerField(null=True)),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    model_name="delivery",
                    constraint=models.UniqueConstraint(
                        "account",
                        "contact",
                        "campaign",
                        Coalesce("enrolment_id", Value(0, output_field=models.BigIntegerField())),
                        condition=Q(campaign__isnull=False),
                        name="delivery_once_each",
                    ),
                ),
                migrations.RemoveConstraint(model_name="delivery", name="delivery_once"),
            ],
            database_operations=[
                migrations.RunSQL(_LEFT, migrations.RunSQL.noop),
                migrations.RunSQL(_NEW, migrations.RunSQL.noop),
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS delivery_once", migrations.RunSQL.noop),
            ],
        ),
    ]
