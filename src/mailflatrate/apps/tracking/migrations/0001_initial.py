"""The tables of tracking. `../sql` has their functions and triggers."""

from django.db import migrations, models
from django.db.models.functions.datetime import Now

from mailflatrate.apps.tracking.models import random_id


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("campaigns", "0001_initial"),
        ("lists", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Click",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("link_number", models.PositiveIntegerField()),
                ("at", models.DateTimeField(db_default=Now())),
                ("delivery_id", models.BigIntegerField(null=True)),
                ("machine", models.BooleanField(db_default=False)),
                ("visitor", models.BinaryField(max_length=8, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "db_table": "click",
                "indexes": [
                    models.Index(fields=["account", "campaign", "at"], name="click_of_campaign"),
                    models.Index(fields=["at"], name="click_age"),
                    models.Index(
                        condition=models.Q(("delivery_id__isnull", False)),
                        fields=["account", "delivery_id"],
                        name="click_delivery",
                    ),
                    models.Index(
                        condition=models.Q(("visitor__isnull", False)),
                        fields=["edition_id", "visitor"],
                        name="click_visitor",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClickFold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.campaign"
                    ),
                ),
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
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.campaign"
                    ),
                ),
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
        migrations.CreateModel(
            name="ClickTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("link_number", models.PositiveIntegerField()),
                ("people", models.PositiveIntegerField()),
                ("machines", models.PositiveIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "db_table": "click_total",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "campaign", "edition_id", "link_number"), name="click_total_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Conversion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("contact_id", models.BigIntegerField()),
                ("edition_id", models.BigIntegerField()),
                ("day", models.PositiveIntegerField()),
                ("source", models.CharField(max_length=6)),
                ("coupon_id", models.BigIntegerField(null=True)),
                ("is_refund", models.BooleanField()),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=15)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.campaign"
                    ),
                ),
                ("event", models.OneToOneField(on_delete=models.DO_NOTHING, related_name="+", to="lists.contactevent")),
            ],
            options={
                "db_table": "conversion",
                "indexes": [models.Index(fields=["account", "contact_id"], name="conversion_contact")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("coupon_id__isnull", False)),
                        fields=("account", "coupon_id"),
                        name="conversion_coupon_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConversionDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("day", models.PositiveIntegerField()),
                ("source", models.CharField(max_length=6)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("conversions", models.PositiveIntegerField()),
                ("refunds", models.PositiveIntegerField()),
                ("amount", models.DecimalField(decimal_places=4, max_digits=24)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "db_table": "conversion_day",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "campaign", "edition_id", "day", "source", "currency"),
                        name="conversion_day_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConversionFold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("event_type_id", models.BigIntegerField()),
                ("xid", models.BigIntegerField(default=0)),
                ("event_id", models.BigIntegerField(default=0)),
                ("is_stale", models.BooleanField(default=False)),
                ("counted_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "conversion_fold",
                "constraints": [models.UniqueConstraint(fields=("account",), name="conversion_fold_once")],
            },
        ),
        migrations.CreateModel(
            name="PollAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("poll", models.PositiveSmallIntegerField()),
                ("answer", models.PositiveSmallIntegerField()),
                ("delivery_id", models.BigIntegerField()),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.campaign"
                    ),
                ),
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
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
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
                ("id", models.BigIntegerField(default=random_id, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField()),
                ("poll", models.PositiveSmallIntegerField()),
                ("answer", models.PositiveSmallIntegerField()),
                ("text", models.CharField(max_length=1000)),
                ("day", models.DateField()),
                ("delivery_id", models.BigIntegerField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.campaign"
                    ),
                ),
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
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.campaign"
                    ),
                ),
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
