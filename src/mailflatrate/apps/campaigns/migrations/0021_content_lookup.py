"""Products and feeds of other sites, whose items become blocks."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("campaigns", "0020_writing_help"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContentLookup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("url", models.CharField(max_length=2000)),
                ("most", models.PositiveSmallIntegerField()),
                ("with_pictures", models.BooleanField()),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("problem", models.CharField(blank=True, max_length=20)),
                ("found", models.JSONField(default=list)),
                ("requested_at", models.DateTimeField()),
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
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "content_lookup",
                "indexes": [models.Index(fields=["account", "-requested_at"], name="content_lookup_recent")],
            },
        ),
    ]
