"""A fourth basis of a delivery: the transactional message that it is."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

_BASIS = "delivery_rests_on_one_basis"
_ONE_BASIS = models.CheckConstraint(
    condition=(
        Q(
            consent_event__isnull=False,
            confirmation_id__isnull=True,
            notice__isnull=True,
            transactional_id__isnull=True,
        )
        | Q(
            consent_event__isnull=True,
            confirmation_id__isnull=False,
            notice__isnull=True,
            transactional_id__isnull=True,
        )
        | Q(
            consent_event__isnull=True,
            confirmation_id__isnull=True,
            notice__isnull=False,
            transactional_id__isnull=True,
        )
        | Q(
            consent_event__isnull=True,
            confirmation_id__isnull=True,
            notice__isnull=True,
            transactional_id__isnull=False,
        )
    ),
    name=_BASIS,
)
# An index that an earlier try left unfinished is invalid.
_LEFT = "DROP INDEX CONCURRENTLY IF EXISTS delivery_transactional_once"
_ONCE = """
CREATE UNIQUE INDEX CONCURRENTLY delivery_transactional_once ON delivery (account_id, transactional_id)
    WHERE transactional_id IS NOT NULL
"""
_DROP_EARLIER = "ALTER TABLE delivery DROP CONSTRAINT IF EXISTS delivery_rests_on_one_basis"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("delivery", "0006_relay_hook")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        migrations.AddField(model_name="delivery", name="transactional_id", field=models.BigIntegerField(null=True)),
        migrations.AddField(
            model_name="archiveddelivery", name="transactional_id", field=models.BigIntegerField(null=True)
        ),
        migrations.AddField(
            model_name="deliveryrecord", name="transactional_id", field=models.BigIntegerField(null=True)
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    model_name="delivery",
                    constraint=models.UniqueConstraint(
                        fields=["account", "transactional_id"],
                        condition=Q(transactional_id__isnull=False),
                        name="delivery_transactional_once",
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(_LEFT, migrations.RunSQL.noop),
                migrations.RunSQL(_ONCE, migrations.RunSQL.noop),
            ],
        ),
        migrations.RunSQL(_DROP_EARLIER, migrations.RunSQL.noop),
        # The new one holds before the old one goes, so that there is no moment without either.
        AddConstraintNotValid(model_name="delivery", constraint=_ONE_BASIS),
        ValidateConstraint(model_name="delivery", name=_BASIS),
        migrations.RemoveConstraint(model_name="delivery", name="delivery_has_one_basis"),
    ]
