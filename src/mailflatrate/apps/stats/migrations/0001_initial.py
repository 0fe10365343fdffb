"""The tables of stats in 0.2."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# A database of 0.1 that has had all of these has these tables (docs/release.md).
REPLACED = """
0002_lanes 0003_origins 0004_told
"""


class Migration(migrations.Migration):
    initial = True
    replaces = [("stats", name) for name in REPLACED.split()]

    dependencies = [
        ("accounts", "0001_initial"),
        ("campaigns", "0001_initial"),
        ("lists", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DailyFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("sender_domain", models.CharField(blank=True, db_default="", max_length=253)),
                ("provider", models.CharField(max_length=20)),
                ("day", models.DateField()),
                ("settled", models.PositiveIntegerField()),
                ("delivered", models.PositiveIntegerField()),
                ("hard", models.PositiveIntegerField()),
                ("soft", models.PositiveIntegerField()),
                ("complaints", models.PositiveIntegerField()),
                ("unsubscribed", models.PositiveIntegerField()),
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
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "mailing_list",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lists.mailinglist",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="lists.listorigin",
                    ),
                ),
            ],
            options={
                "db_table": "daily_figure",
                "indexes": [models.Index(fields=["account", "day"], name="daily_figure_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "campaign", "mailing_list", "origin", "provider", "day"),
                        name="daily_figure_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Measure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("scope", models.CharField(max_length=8)),
                ("cause", models.CharField(max_length=20)),
                ("level", models.PositiveSmallIntegerField()),
                ("rule", models.CharField(max_length=10)),
                ("provider", models.CharField(blank=True, db_default="", max_length=20)),
                ("events", models.PositiveIntegerField()),
                ("base", models.PositiveIntegerField()),
                ("limit_percent", models.FloatField()),
                ("day", models.DateField(null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("told_at", models.DateTimeField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_because", models.TextField(blank=True, db_default="")),
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
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "measure",
                "indexes": [models.Index(fields=["account", "-at"], name="measure_recent")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "scope", "campaign", "cause", "provider", "level", "day"),
                        name="measure_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lifted_at__isnull", True),
                            models.Q(("lifted_by__isnull", False), models.Q(("lifted_because", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="measure_lifted_by_a_person",
                    ),
                ],
            },
        ),
    ]
