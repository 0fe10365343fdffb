"""The tables of privacy in 0.2."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# A database of 0.1 that has had all of these has these tables (docs/release.md).
REPLACED = """
0002_address 0003_tracking
"""


class Migration(migrations.Migration):
    initial = True
    replaces = [("privacy", name) for name in REPLACED.split()]

    dependencies = [
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PrivacyRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("state", models.CharField(default="asked", max_length=10)),
                ("contact_id", models.BigIntegerField(null=True)),
                ("delivery_id", models.BigIntegerField(null=True)),
                ("address_key", models.BinaryField(max_length=32)),
                ("everywhere", models.BooleanField(default=False)),
                ("language", models.CharField(default="en", max_length=5)),
                ("values", models.JSONField(default=dict)),
                ("outcome", models.JSONField(default=dict)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.TextField(blank=True, db_default="")),
                ("requested_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
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
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "privacy_request",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="privacy_request_recent"),
                    models.Index(fields=["account", "contact_id"], name="privacy_request_contact"),
                    models.Index(
                        condition=models.Q(("state__in", ["asked", "confirmed"])),
                        fields=["requested_at"],
                        name="privacy_request_open",
                    ),
                ],
            },
        ),
    ]
