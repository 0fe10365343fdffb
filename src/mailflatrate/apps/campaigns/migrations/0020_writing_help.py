"""Writing help: what an account agreed to, what was asked, and what a model wrote in a version."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("campaigns", "0019_locked_designs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="campaignversion",
            name="suggested",
            field=models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
        ),
        migrations.CreateModel(
            name="WritingHelp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("is_off", models.BooleanField(default=False)),
                ("agreed_host", models.CharField(blank=True, max_length=300)),
                ("agreed_at", models.DateTimeField(null=True)),
                ("day", models.DateField(null=True)),
                ("used", models.PositiveIntegerField(default=0)),
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
                    "agreed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "writing_help",
                "constraints": [models.UniqueConstraint(fields=("account",), name="writing_help_once")],
            },
        ),
        migrations.CreateModel(
            name="WritingRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("task", models.CharField(max_length=10)),
                ("variant", models.PositiveSmallIntegerField(default=0)),
                ("language", models.CharField(max_length=8)),
                ("texts", models.JSONField()),
                ("values", models.JSONField(default=dict)),
                ("answers", models.JSONField(default=list)),
                ("taken", models.JSONField(default=list)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("problem", models.CharField(blank=True, max_length=20)),
                ("created_at", models.DateTimeField()),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="writing_requests",
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
                "db_table": "writing_request",
                "indexes": [
                    models.Index(fields=["account", "campaign", "state"], name="writing_request_of_draft"),
                    models.Index(fields=["created_at"], name="writing_request_age"),
                ],
            },
        ),
    ]
