"""The tables of suppression. `../sql` has their functions and triggers."""

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions.datetime import Now

# A row of the outbox that could not be replayed is refused.
CHECKS = """
ALTER TABLE withdrawal_outbox ADD CONSTRAINT withdrawal_says_something CHECK (CASE kind
    WHEN 'suppressed' THEN address_key IS NOT NULL AND reason IN
        ('hard_bounce', 'soft_bounce', 'complaint', 'unsubscribe', 'objection', 'erased', 'manual')
    WHEN 'standing' THEN account_id IS NOT NULL AND reason IN ('throttled', 'paused', 'suspended', 'closed')
    WHEN 'misdirected' THEN account_id IS NOT NULL AND address_key IS NOT NULL AND reason = ''
    ELSE account_id IS NOT NULL AND reason = ''
        AND kind IN ('withdrawn', 'objection', 'tracking_withdrawn', 'erased') END);
ALTER TABLE withdrawal_outbox ADD CONSTRAINT withdrawal_key_fits
    CHECK (octet_length(address_key) BETWEEN 1 AND 64);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("address_key", models.BinaryField(max_length=32)),
                ("mailbox_key", models.BinaryField(max_length=32, null=True)),
                ("reason", models.CharField(max_length=12)),
                ("source", models.CharField(max_length=200)),
                (
                    "evidence",
                    models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
                ),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_reason", models.TextField(blank=True, db_default="")),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "suppression",
                "indexes": [
                    models.Index(
                        condition=models.Q(("lifted_at__isnull", True), _negated=True),
                        fields=["address_key"],
                        name="suppression_lifted",
                    ),
                    models.Index(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=["mailbox_key"],
                        name="suppression_mailbox",
                    ),
                ],
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
        migrations.CreateModel(
            name="LiftRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("state", models.CharField(default="asked", max_length=7)),
                ("reason", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("answer", models.TextField(blank=True, db_default="")),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "suppression",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="+", to="suppression.suppression"),
                ),
            ],
            options={
                "db_table": "lift_request",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "asked")), fields=["asked_at"], name="lift_request_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")),
                        fields=("account", "suppression"),
                        name="lift_request_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("state", "asked")),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("state__in", ["granted", "refused"]),
                            ),
                            _connector="OR",
                        ),
                        name="lift_request_decided_by_a_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("reason", models.CharField(db_default="", max_length=20)),
                ("contact_id", models.BigIntegerField(null=True)),
                ("list_id", models.BigIntegerField(null=True)),
                ("address_key", models.BinaryField(max_length=32, null=True)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "withdrawal_outbox",
            },
        ),
        migrations.RunSQL(CHECKS, migrations.RunSQL.noop),
    ]
