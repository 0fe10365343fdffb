"""Answers to the questions of campaigns: counts, marks of answered messages, named answers, comments."""

from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import mailflatrate.apps.tracking.models


def _of(target: str) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=target)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("campaigns", "0016_page_fetch_count"),
        ("tracking", "0003_conversions"),
    ]

    operations = [
        migrations.CreateModel(
            name="PollAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("poll", models.PositiveSmallIntegerField()),
                ("answer", models.PositiveSmallIntegerField()),
                ("delivery_id", models.BigIntegerField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("account", _of("accounts.account")),
                ("campaign", _of("campaigns.campaign")),
            ],
            options={
                "db_table": "poll_answer",
                "indexes": [
                    models.Index(fields=["account", "campaign", "poll", "answer"], name="poll_answer_of_campaign"),
                    models.Index(fields=["at"], name="poll_answer_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "delivery_id", "poll"), name="poll_answer_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PollBallot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("mark", models.BinaryField(max_length=16)),
                ("expires_on", models.DateField()),
                ("account", _of("accounts.account")),
            ],
            options={
                "db_table": "poll_ballot",
                "indexes": [models.Index(fields=["expires_on"], name="poll_ballot_age")],
                "constraints": [models.UniqueConstraint(fields=("account", "mark"), name="poll_ballot_once")],
            },
        ),
        migrations.CreateModel(
            name="PollComment",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        default=mailflatrate.apps.tracking.models.random_id, primary_key=True, serialize=False
                    ),
                ),
                ("edition_id", models.BigIntegerField()),
                ("poll", models.PositiveSmallIntegerField()),
                ("answer", models.PositiveSmallIntegerField()),
                ("text", models.CharField(max_length=1000)),
                ("day", models.DateField()),
                ("delivery_id", models.BigIntegerField(null=True)),
                ("account", _of("accounts.account")),
                ("campaign", _of("campaigns.campaign")),
            ],
            options={
                "db_table": "poll_comment",
                "indexes": [
                    models.Index(fields=["account", "campaign", "day"], name="poll_comment_of_campaign"),
                    models.Index(fields=["day"], name="poll_comment_age"),
                    models.Index(
                        condition=models.Q(("delivery_id__isnull", False)),
                        fields=["account", "delivery_id"],
                        name="poll_comment_delivery",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PollCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("poll", models.PositiveSmallIntegerField()),
                ("answer", models.PositiveSmallIntegerField()),
                ("people", models.PositiveIntegerField()),
                ("account", _of("accounts.account")),
                ("campaign", _of("campaigns.campaign")),
            ],
            options={
                "db_table": "poll_count",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "campaign", "edition_id", "poll", "answer"), name="poll_count_once"
                    )
                ],
            },
        ),
    ]
