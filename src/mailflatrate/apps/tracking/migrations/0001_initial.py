"""The tables of tracking in 0.2."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# A database of 0.1 that has had all of these has these tables (docs/release.md).
REPLACED = """
0002_totals 0003_visitor
"""


class Migration(migrations.Migration):
    initial = True
    replaces = [("tracking", name) for name in REPLACED.split()]

    dependencies = [
        ("accounts", "0001_initial"),
        ("campaigns", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Click",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("link_number", models.PositiveIntegerField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("delivery_id", models.BigIntegerField(null=True)),
                ("machine", models.BooleanField(db_default=False)),
                ("visitor", models.BinaryField(max_length=8, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "db_table": "click",
                "indexes": [
                    models.Index(fields=["account", "campaign", "link_number"], name="click_campaign"),
                    models.Index(fields=["at"], name="click_age"),
                    models.Index(
                        condition=models.Q(("delivery_id__isnull", False)),
                        fields=["account", "delivery_id"],
                        name="click_delivery",
                    ),
                    models.Index(
                        condition=models.Q(("visitor__isnull", False)),
                        fields=["edition_id", "visitor"],
                        name="click_visitor",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClickTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("link_number", models.PositiveIntegerField()),
                ("people", models.PositiveIntegerField()),
                ("machines", models.PositiveIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "db_table": "click_total",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "campaign", "edition_id", "link_number"), name="click_total_once"
                    )
                ],
            },
        ),
    ]
