"""The tables of suppression in 0.2. `../sql` has their functions and triggers."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# A row of the outbox that could not be replayed is refused.
CHECKS = """
ALTER TABLE withdrawal_outbox ADD CONSTRAINT withdrawal_says_something CHECK (CASE kind
    WHEN 'suppressed' THEN address_key IS NOT NULL AND reason IN
        ('hard_bounce', 'soft_bounce', 'complaint', 'unsubscribe', 'objection', 'erased', 'manual')
    WHEN 'standing' THEN account_id IS NOT NULL AND reason IN ('throttled', 'paused', 'suspended', 'closed')
    ELSE account_id IS NOT NULL AND reason = ''
        AND kind IN ('withdrawn', 'objection', 'tracking_withdrawn', 'erased') END);
ALTER TABLE withdrawal_outbox ADD CONSTRAINT withdrawal_key_fits
    CHECK (octet_length(address_key) BETWEEN 1 AND 64);
"""

# A database of 0.1 that has had all of these has these tables (docs/release.md).
REPLACED = """
0002_erased 0003_kept 0004_since_the_reason 0005_withdrawals 0006_owned_outbox
"""


class Migration(migrations.Migration):
    initial = True
    replaces = [("suppression", name) for name in REPLACED.split()]

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("reason", models.CharField(db_default="", max_length=20)),
                ("contact_id", models.BigIntegerField(null=True)),
                ("list_id", models.BigIntegerField(null=True)),
                ("address_key", models.BinaryField(max_length=32, null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "withdrawal_outbox",
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("address_key", models.BinaryField(max_length=32)),
                ("reason", models.CharField(max_length=12)),
                ("source", models.CharField(max_length=200)),
                (
                    "evidence",
                    models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_reason", models.TextField(blank=True, db_default="")),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "suppression",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("account", "address_key"),
                        name="suppression_active_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.RunSQL(CHECKS, migrations.RunSQL.noop),
    ]
