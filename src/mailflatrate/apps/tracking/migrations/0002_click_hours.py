"""Clicks by link and hour, and an index of clicks by time instead of one by link."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

# An index that an earlier try left unfinished is invalid.
_LEFT = "DROP INDEX CONCURRENTLY IF EXISTS click_of_campaign"
_NEW = "CREATE INDEX CONCURRENTLY click_of_campaign ON click (account_id, campaign_id, at)"


def _of(target: str) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=target)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("campaigns", "0005_automation"),
        ("tracking", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="ClickFold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
                ("account", _of("accounts.account")),
                ("campaign", _of("campaigns.campaign")),
            ],
            options={
                "db_table": "click_fold",
                "constraints": [models.UniqueConstraint(fields=("account", "campaign"), name="click_fold_once")],
            },
        ),
        migrations.CreateModel(
            name="ClickHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("link_number", models.PositiveIntegerField()),
                ("hour", models.DateTimeField()),
                ("people", models.PositiveIntegerField()),
                ("machines", models.PositiveIntegerField()),
                ("account", _of("accounts.account")),
                ("campaign", _of("campaigns.campaign")),
            ],
            options={
                "db_table": "click_hour",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "campaign", "edition_id", "link_number", "hour"), name="click_hour_once"
                    )
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(model_name="click", name="click_campaign"),
                migrations.AddIndex(
                    model_name="click",
                    index=models.Index(fields=["account", "campaign", "at"], name="click_of_campaign"),
                ),
            ],
            database_operations=[
                migrations.RunSQL(_LEFT, migrations.RunSQL.noop),
                migrations.RunSQL(_NEW, migrations.RunSQL.noop),
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS click_campaign", migrations.RunSQL.noop),
            ],
        ),
    ]
