"""The tables of events. `../sql` has their functions and triggers."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
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
            name="EventSetting",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.account",
                    ),
                ),
                ("per_message", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "event_setting",
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("url", models.CharField(max_length=500)),
                ("about", models.CharField(blank=True, db_default="", max_length=120)),
                ("types", ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ("state", models.CharField(default="active", max_length=10)),
                ("secrets_sealed", models.TextField()),
                ("old_secret_until", models.DateTimeField(null=True)),
                ("first_xid", models.BigIntegerField()),
                ("first_source", models.SmallIntegerField()),
                ("first_event_id", models.BigIntegerField()),
                ("rest_xid", models.BigIntegerField()),
                ("rest_source", models.SmallIntegerField()),
                ("rest_event_id", models.BigIntegerField()),
                ("server", models.BigIntegerField()),
                ("generation", models.IntegerField(default=0)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("paused_until", models.DateTimeField(null=True)),
                ("is_slow", models.BooleanField(db_default=False, default=False)),
                ("succeeded_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
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
                "db_table": "webhook_endpoint",
                "constraints": [models.UniqueConstraint(fields=("account", "url"), name="webhook_endpoint_url_once")],
            },
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("event_id", models.CharField(max_length=30)),
                ("type", models.CharField(max_length=40)),
                ("event_at", models.DateTimeField()),
                ("number", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                ("milliseconds", models.PositiveIntegerField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.CharField(blank=True, db_default="", max_length=500)),
                ("is_taken", models.BooleanField()),
                ("is_last", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="events.webhookendpoint"
                    ),
                ),
            ],
            options={
                "db_table": "webhook_attempt",
                "indexes": [
                    models.Index(fields=["account", "endpoint", "-id"], name="webhook_attempt_recent"),
                    models.Index(fields=["at"], name="webhook_attempt_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WaitingEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("xid", models.BigIntegerField()),
                ("source", models.SmallIntegerField()),
                ("event_id", models.BigIntegerField()),
                ("attempts", models.PositiveSmallIntegerField()),
                ("first_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="events.webhookendpoint"
                    ),
                ),
            ],
            options={
                "db_table": "webhook_waiting",
                "indexes": [models.Index(fields=["due_at"], name="webhook_waiting_due")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "endpoint", "xid", "source", "event_id"), name="webhook_waiting_once"
                    )
                ],
            },
        ),
    ]
