"""Moves from other email systems, and the rows of people who are on a list without whole proof."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("lists", "0003_contact_fields"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Move",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=16, unique=True)),
                ("state", models.CharField(default="checking", max_length=9)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("files", models.JSONField(default=list)),
                ("answers", models.JSONField(default=dict)),
                ("result", models.JSONField(null=True)),
                ("run", models.PositiveIntegerField(default=1)),
                ("bytes_total", models.BigIntegerField(default=0)),
                ("bytes_done", models.BigIntegerField(default=0)),
                ("people_to_ask", models.BigIntegerField(default=0)),
                ("people_confirmed", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_ip", models.GenericIPAddressField(null=True)),
                ("confirmed_agent", models.TextField(blank=True, db_default="")),
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
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lists.mailinglist",
                    ),
                ),
            ],
            options={
                "db_table": "move",
                "indexes": [models.Index(fields=["account", "-id"], name="move_recent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["starting", "moved"]), _negated=True),
                            models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="move_confirmed_by_a_person",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="import",
            name="move",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lists.move"
            ),
        ),
        migrations.AddField(
            model_name="importrefusal",
            name="held",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
