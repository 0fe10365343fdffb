"""Files of addresses to suppress, and the rows of them that someone should look at."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_account_second_factor"),
        ("lists", "0010_contact_sync"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SuppressionFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("file_name", models.CharField(max_length=255)),
                ("file_path", models.TextField()),
                ("file_sha256", models.CharField(max_length=64)),
                ("file_bytes", models.BigIntegerField()),
                ("email_column", models.CharField(max_length=120)),
                ("statuses", models.JSONField(default=dict)),
                ("reason", models.CharField(max_length=12)),
                ("state", models.CharField(default="queued", max_length=9)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("bytes_read", models.BigIntegerField(default=0)),
                ("rows_read", models.BigIntegerField(default=0)),
                ("added", models.BigIntegerField(default=0)),
                ("strengthened", models.BigIntegerField(default=0)),
                ("known", models.BigIntegerField(default=0)),
                ("rejected", models.JSONField(default=dict)),
                ("role_addresses", models.BigIntegerField(default=0)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
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
                "db_table": "suppression_file",
            },
        ),
        migrations.CreateModel(
            name="SuppressionFileRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("line_number", models.BigIntegerField()),
                ("row", models.JSONField()),
                ("reason", models.CharField(max_length=30)),
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
                    "source_file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reported_rows",
                        to="lists.suppressionfile",
                    ),
                ),
            ],
            options={
                "db_table": "suppression_file_row",
            },
        ),
        migrations.AddIndex(
            model_name="suppressionfile",
            index=models.Index(fields=["account", "-id"], name="suppression_file_recent"),
        ),
        migrations.AddIndex(
            model_name="suppressionfile",
            index=models.Index(
                condition=models.Q(("state", "running")), fields=["state"], name="suppression_file_running"
            ),
        ),
        migrations.AddIndex(
            model_name="suppressionfilerow",
            index=models.Index(fields=["account", "source_file", "line_number"], name="suppression_file_row_line"),
        ),
    ]
