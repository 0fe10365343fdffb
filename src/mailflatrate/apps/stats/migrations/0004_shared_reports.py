"""Links that show a campaign's report, and the monthly report by email."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now


def _account() -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.account"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0008_labels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("stats", "0003_audience_count"),
    ]

    operations = [
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
                ("account", _account()),
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
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "report_link",
                "indexes": [models.Index(fields=["account", "campaign"], name="report_link_campaign")],
            },
        ),
        migrations.CreateModel(
            name="MonthlyReportReader",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("account", _account()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "monthly_report_reader",
                "constraints": [models.UniqueConstraint(fields=("account", "user"), name="monthly_report_reader_once")],
            },
        ),
        migrations.CreateModel(
            name="MonthlyReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("month", models.DateField()),
                ("sent_at", models.DateTimeField(db_default=Now())),
                ("recipients", models.PositiveSmallIntegerField()),
                ("account", _account()),
            ],
            options={
                "db_table": "monthly_report",
                "constraints": [models.UniqueConstraint(fields=("account", "month"), name="monthly_report_once")],
            },
        ),
    ]
