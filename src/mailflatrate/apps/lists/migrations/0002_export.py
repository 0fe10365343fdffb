"""Export files that owners asked for."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("lists", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("content", models.CharField(max_length=12)),
                ("file_format", models.CharField(max_length=6)),
                ("segment_name", models.CharField(blank=True, db_default="", max_length=120)),
                ("conditions", models.JSONField(null=True)),
                ("state", models.CharField(default="queued", max_length=9)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("rows_total", models.BigIntegerField(default=0)),
                ("rows_done", models.BigIntegerField(default=0)),
                ("file_path", models.CharField(blank=True, db_default="", max_length=101)),
                ("file_bytes", models.BigIntegerField(default=0)),
                ("file_sha256", models.CharField(blank=True, db_default="", max_length=64)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("requested_by", models.CharField(blank=True, db_default="", max_length=320)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
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
                (
                    "mailing_list",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lists.mailinglist",
                    ),
                ),
            ],
            options={
                "db_table": "export",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="export_recent"),
                    models.Index(condition=models.Q(("state", "done")), fields=["expires_at"], name="export_expires"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(models.Q(("file_path", ""), _negated=True), ("expires_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="export_done_has_a_file",
                    )
                ],
            },
        ),
    ]
