"""Conversions: what links an event to a campaign, and the figures that come of it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("campaigns", "0016_page_fetch_count"),
        ("lists", "0023_conversion_goal"),
        ("tracking", "0002_click_hours"),
    ]

    operations = [
        migrations.CreateModel(
            name="Conversion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("contact_id", models.BigIntegerField()),
                ("edition_id", models.BigIntegerField()),
                ("day", models.PositiveIntegerField()),
                ("source", models.CharField(max_length=6)),
                ("coupon_id", models.BigIntegerField(null=True)),
                ("is_refund", models.BooleanField()),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=15)),
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
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="lists.contactevent"
                    ),
                ),
            ],
            options={
                "db_table": "conversion",
                "indexes": [models.Index(fields=["account", "contact_id"], name="conversion_contact")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("coupon_id__isnull", False)),
                        fields=("account", "coupon_id"),
                        name="conversion_coupon_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConversionDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("day", models.PositiveIntegerField()),
                ("source", models.CharField(max_length=6)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("conversions", models.PositiveIntegerField()),
                ("refunds", models.PositiveIntegerField()),
                ("amount", models.DecimalField(decimal_places=4, max_digits=24)),
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
                "db_table": "conversion_day",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "campaign", "edition_id", "day", "source", "currency"),
                        name="conversion_day_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConversionFold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("event_type_id", models.BigIntegerField()),
                ("xid", models.BigIntegerField(default=0)),
                ("event_id", models.BigIntegerField(default=0)),
                ("is_stale", models.BooleanField(default=False)),
                ("counted_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "conversion_fold",
                "constraints": [models.UniqueConstraint(fields=("account",), name="conversion_fold_once")],
            },
        ),
    ]
