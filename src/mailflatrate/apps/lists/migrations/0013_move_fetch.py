"""Moves that fetch their files from another system's API with the customer's key."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_account_status_change"),
        ("lists", "0012_segment_tree"),
    ]

    operations = [
        migrations.CreateModel(
            name="MoveFetch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("system", models.CharField(max_length=20)),
                ("base_url", models.CharField(blank=True, db_default="", max_length=300)),
                ("key_sealed", models.TextField(blank=True, db_default="")),
                ("with_templates", models.BooleanField(default=False)),
                ("audiences", models.JSONField(default=list)),
                ("chosen", models.JSONField(default=list)),
                ("parts_done", models.JSONField(default=list)),
                ("parts_total", models.PositiveIntegerField(default=0)),
                ("rows_done", models.BigIntegerField(default=0)),
                ("templates", models.JSONField(default=list)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    "move",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="fetch", to="lists.move"
                    ),
                ),
            ],
            options={
                "db_table": "move_fetch",
                "indexes": [
                    models.Index(condition=~models.Q(key_sealed=""), fields=["started_at"], name="move_fetch_with_key")
                ],
            },
        ),
    ]
