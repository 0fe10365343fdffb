"""The address that a relay's provider posts its events to."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0005_enrolment")]

    operations = [
        migrations.CreateModel(
            name="RelayHook",
            fields=[
                (
                    "relay",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="hook",
                        serialize=False,
                        to="delivery.relay",
                    ),
                ),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("earlier_hash", models.BinaryField(max_length=32, null=True, unique=True)),
                ("earlier_until", models.DateTimeField(null=True)),
                ("secret_sealed", models.TextField(blank=True, db_default="")),
                ("made_at", models.DateTimeField()),
                ("posts", models.BigIntegerField(db_default=0)),
                ("events", models.BigIntegerField(db_default=0)),
                ("foreign", models.BigIntegerField(db_default=0)),
                ("refused", models.BigIntegerField(db_default=0)),
                ("last_post_at", models.DateTimeField(null=True)),
                ("last_event_at", models.DateTimeField(null=True)),
                ("last_refusal", models.CharField(blank=True, db_default="", max_length=200)),
                ("last_refused_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "relay_hook",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("secret_sealed", ""), ("secret_sealed__startswith", "v1."), _connector="OR"
                        ),
                        name="relay_hook_secret_sealed",
                    )
                ],
            },
        )
    ]
