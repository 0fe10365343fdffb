"""The tables of stats."""

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions.datetime import Now


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("campaigns", "0001_initial"),
        ("lists", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PeerRate",
            fields=[
                ("size", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("delivered", models.FloatField(null=True)),
                ("clicked", models.FloatField(null=True)),
                ("unsubscribed", models.FloatField(null=True)),
                ("counted_at", models.DateTimeField()),
            ],
            options={
                "db_table": "peer_rate",
            },
        ),
        migrations.CreateModel(
            name="AudienceCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("counted_at", models.DateTimeField()),
                ("figures", models.JSONField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "audience_count",
                "constraints": [models.UniqueConstraint(fields=("account",), name="audience_count_once")],
            },
        ),
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
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "mailing_list",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.PROTECT,
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
                        on_delete=models.DO_NOTHING,
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
                ("at", models.DateTimeField(db_default=Now())),
                ("reported_at", models.DateTimeField(db_column="told_at", null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_because", models.TextField(blank=True, db_default="")),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
        migrations.CreateModel(
            name="MonthlyReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("month", models.DateField()),
                ("sent_at", models.DateTimeField(db_default=Now())),
                ("recipients", models.PositiveSmallIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "monthly_report",
                "constraints": [models.UniqueConstraint(fields=("account", "month"), name="monthly_report_once")],
            },
        ),
        migrations.CreateModel(
            name="MonthlyReportReader",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("user", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "monthly_report_reader",
                "constraints": [models.UniqueConstraint(fields=("account", "user"), name="monthly_report_reader_once")],
            },
        ),
        migrations.CreateModel(
            name="ReportLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("password", models.CharField(blank=True, db_default="", max_length=200)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("ends_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(null=True)),
                ("openings", models.PositiveIntegerField(db_default=0)),
                ("wrong_passwords", models.PositiveSmallIntegerField(db_default=0)),
                ("wrong_since", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.campaign"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "report_link",
                "indexes": [models.Index(fields=["account", "campaign"], name="report_link_campaign")],
            },
        ),
    ]
