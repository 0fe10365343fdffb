"""The tables of privacy."""

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions.datetime import Now


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
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
                ("requested_at", models.DateTimeField(db_default=Now())),
                ("expires_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "privacy_request",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="privacy_request_recent"),
                    models.Index(fields=["account", "contact_id"], name="privacy_request_contact"),
                    models.Index(fields=["account", "address_key"], name="privacy_request_key"),
                    models.Index(
                        condition=models.Q(("kind", "address")), fields=["account"], name="privacy_request_moves"
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["asked", "confirmed"])),
                        fields=["requested_at"],
                        name="privacy_request_open",
                    ),
                ],
            },
        ),
    ]
