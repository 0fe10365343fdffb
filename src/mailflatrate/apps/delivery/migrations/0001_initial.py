"""The tables of delivery. `../sql` has their functions and triggers."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models
from django.db.models.functions.comparison import Coalesce
from django.db.models.functions.datetime import Now

# The same columns in the same order, which moving rows relies on (ADR 0026). The primary key names the partition.
ARCHIVE = """
CREATE TABLE delivery_archive (LIKE delivery INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (id);
ALTER TABLE delivery_archive ADD PRIMARY KEY (id);
CREATE INDEX archive_contact ON delivery_archive (account_id, contact_id, campaign_id) WHERE contact_id IS NOT NULL;
CREATE INDEX archive_chunk ON delivery_archive (chunk_id);
"""
# Room for the result of each row on its own page, so that recording it touches no index. Measured with 60,000
# deliveries and 200 results a statement: of 100 updates 18 were heap-only with a fillfactor of 85, 37 with 70, 52 with
# 60, 75 with 50 and 92 with 45. At a hundred million rows a fifth of dead ones is too much to wait for, so vacuum
# begins at a fiftieth.
STORAGE = """
ALTER TABLE delivery SET (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE chunk SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE tally SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("campaigns", "0001_initial"),
        ("gate", "0001_initial"),
        ("consent", "0001_initial"),
        ("lists", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeliveryRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField(null=True)),
                ("rules_version", models.CharField(max_length=32)),
                ("granted_at", models.DateTimeField()),
                ("confirmation_id", models.BigIntegerField(null=True)),
                ("state", models.CharField(db_default="pending", max_length=10)),
                ("attempts", models.PositiveSmallIntegerField(db_default=0)),
                ("reply_code", models.PositiveSmallIntegerField(null=True)),
                ("reply_status", models.CharField(blank=True, db_default="", max_length=12)),
                ("reply_text", models.TextField(blank=True, db_default="")),
                ("bounce", models.CharField(blank=True, db_default="", max_length=10)),
                ("reason", models.CharField(blank=True, db_default="", max_length=60)),
                ("settled_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("enrolment_id", models.BigIntegerField(null=True)),
                ("transactional_id", models.BigIntegerField(null=True)),
                ("archived", models.BooleanField()),
            ],
            options={
                "db_table": "delivery_record",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ArchiveMonth",
            fields=[
                ("month", models.DateField(primary_key=True, serialize=False)),
                ("partition", models.CharField(max_length=63, unique=True)),
                ("from_id", models.BigIntegerField()),
                ("to_id", models.BigIntegerField()),
                ("made_at", models.DateTimeField(db_default=Now())),
                ("ended_at", models.DateTimeField(null=True)),
                ("folded_to", models.BigIntegerField(null=True)),
                ("dropped_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "archive_month",
            },
        ),
        migrations.CreateModel(
            name="Chunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("state", models.CharField(db_default="ready", max_length=10)),
                ("size", models.PositiveIntegerField()),
                ("provider", models.CharField(blank=True, db_default="", max_length=20)),
                ("not_before", models.DateTimeField(null=True)),
                ("claimed_by", models.CharField(blank=True, db_default="", max_length=120)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("wiped_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        null=True, on_delete=models.CASCADE, related_name="chunks", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "db_table": "chunk",
                "indexes": [
                    models.Index(condition=models.Q(("state", "sending")), fields=["claimed_by"], name="chunk_claimed"),
                    models.Index(
                        condition=models.Q(("campaign", None), ("state", "ready")),
                        fields=["account"],
                        name="chunk_post_ready",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["ready", "sending"])), fields=["state"], name="chunk_open"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("campaign__isnull", False)),
                        fields=("account", "campaign", "number"),
                        name="chunk_number_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Bucket",
            fields=[
                ("key", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("tokens", models.FloatField(db_default=0.0)),
                ("filled_at", models.DateTimeField()),
                ("factor", models.FloatField(db_default=1.0)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "sending_bucket",
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("edition_id", models.BigIntegerField(null=True)),
                ("rules_version", models.CharField(max_length=32)),
                ("granted_at", models.DateTimeField()),
                ("confirmation_id", models.BigIntegerField(null=True)),
                ("state", models.CharField(db_default="pending", max_length=10)),
                ("attempts", models.PositiveSmallIntegerField(db_default=0)),
                ("reply_code", models.PositiveSmallIntegerField(null=True)),
                ("reply_status", models.CharField(blank=True, db_default="", max_length=12)),
                ("reply_text", models.TextField(blank=True, db_default="")),
                ("bounce", models.CharField(blank=True, db_default="", max_length=10)),
                ("reason", models.CharField(blank=True, db_default="", max_length=60)),
                ("settled_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "chunk",
                    models.ForeignKey(
                        db_constraint=False, on_delete=models.DO_NOTHING, related_name="+", to="delivery.chunk"
                    ),
                ),
                (
                    "consent_event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="consent.consentevent",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="+",
                        to="lists.contact",
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="gate.gatedecision",
                    ),
                ),
                (
                    "mailing_list",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="lists.mailinglist",
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.DO_NOTHING, related_name="+", to="accounts.notice"
                    ),
                ),
                ("enrolment_id", models.BigIntegerField(null=True)),
                ("transactional_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "delivery",
                "indexes": [
                    models.Index(
                        condition=models.Q(("notice__isnull", False)), fields=["notice"], name="delivery_notice"
                    ),
                    models.Index(
                        condition=models.Q(("campaign__isnull", True), ("contact__isnull", False)),
                        fields=["account", "contact"],
                        name="delivery_contact",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("confirmation_id__isnull", False)),
                        fields=("account", "confirmation_id"),
                        name="delivery_confirmation_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("transactional_id__isnull", False)),
                        fields=("account", "transactional_id"),
                        name="delivery_transactional_once",
                    ),
                    models.UniqueConstraint(
                        models.F("account"),
                        models.F("contact"),
                        models.F("campaign"),
                        Coalesce("enrolment_id", models.Value(0, output_field=models.BigIntegerField())),
                        condition=models.Q(("campaign__isnull", False)),
                        name="delivery_once_each",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LogFollower",
            fields=[
                ("name", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("relay", models.CharField(blank=True, db_default="", max_length=60)),
                ("place", models.JSONField(default=dict)),
                ("lines", models.BigIntegerField(db_default=0)),
                ("gaps", models.PositiveIntegerField(db_default=0)),
                ("seen_at", models.DateTimeField(db_default=Now())),
                ("caught_up_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "db_table": "log_follower",
            },
        ),
        migrations.CreateModel(
            name="Relay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60, unique=True)),
                ("host", models.CharField(max_length=253)),
                (
                    "port",
                    models.PositiveIntegerField(
                        default=25, validators=[MinValueValidator(1), MaxValueValidator(65535)]
                    ),
                ),
                ("tls", models.CharField(default="required", max_length=13)),
                ("credentials_sealed", models.TextField(blank=True, db_default="")),
                ("kind", models.CharField(default="postfix", max_length=10)),
                ("return_path", models.CharField(default="own", max_length=8)),
                ("connections", models.PositiveIntegerField(default=10)),
                ("per_hour", models.PositiveIntegerField(null=True)),
                ("sends_from", models.JSONField(default=list)),
                ("pool", models.CharField(default="trusted", max_length=10)),
                ("weight", models.PositiveIntegerField(default=10)),
                ("state", models.CharField(db_default="active", max_length=8)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="accounts.account"),
                ),
            ],
            options={
                "db_table": "relay",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("credentials_sealed", ""), ("credentials_sealed__startswith", "v1."), _connector="OR"
                        ),
                        name="relay_credentials_sealed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("account__isnull", False), ("pool", "dedicated")),
                            models.Q(models.Q(("pool", "dedicated"), _negated=True), ("account__isnull", True)),
                            _connector="OR",
                        ),
                        name="relay_dedicated_to_an_account",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("connections__range", (1, 200)), ("port__range", (1, 65535)), ("weight__range", (1, 100))
                        ),
                        name="relay_numbers_in_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SenderProcess",
            fields=[
                ("name", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField(db_default=Now())),
                ("replayed_at", models.DateTimeField(null=True)),
                ("no_room_at", models.DateTimeField(null=True)),
                ("has_joined", models.BooleanField(db_default=False)),
                ("was_synchronous", models.BooleanField(db_default=False)),
            ],
            options={
                "db_table": "sender_process",
            },
        ),
        migrations.CreateModel(
            name="WarmUp",
            fields=[
                ("key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("step", models.PositiveSmallIntegerField(default=0)),
                ("began_at", models.DateTimeField()),
                ("used", models.PositiveIntegerField(default=0)),
                ("answered", models.PositiveIntegerField(default=0)),
                ("deferred", models.PositiveIntegerField(default=0)),
                ("complaints", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "warm_up",
            },
        ),
        migrations.CreateModel(
            name="WithdrawalsPlace",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=80)),
                ("seen_at", models.DateTimeField(db_default=Now())),
                ("replayed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "withdrawals_place",
            },
        ),
        migrations.CreateModel(
            name="AbTest",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="campaigns.campaign",
                    ),
                ),
                ("variants", models.PositiveSmallIntegerField()),
                ("share", models.PositiveSmallIntegerField()),
                ("hours", models.PositiveSmallIntegerField()),
                ("metric", models.CharField(max_length=10)),
                ("rest", models.PositiveIntegerField(default=0)),
                ("tested_at", models.DateTimeField(null=True)),
                ("decide_at", models.DateTimeField(null=True)),
                ("winner", models.PositiveSmallIntegerField(null=True)),
                ("why", models.CharField(blank=True, db_default="", max_length=10)),
                ("figures", models.JSONField(default=list)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_through", models.CharField(blank=True, db_default="", max_length=120)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "trial",
            },
        ),
        migrations.CreateModel(
            name="RelayDeferral",
            fields=[
                (
                    "delivery",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="delivery.delivery",
                    ),
                ),
                ("follower", models.CharField(max_length=120)),
                ("provider", models.CharField(max_length=20)),
                ("since", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("count", models.PositiveIntegerField(db_default=1)),
                ("status", models.CharField(blank=True, db_default="", max_length=12)),
                ("reply", models.TextField(blank=True, db_default="")),
                ("is_shown", models.BooleanField(db_default=False)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "db_table": "relay_deferral",
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_shown", False)), fields=["account"], name="relay_deferral_unshown"
                    ),
                    models.Index(fields=["provider", "since"], name="relay_deferral_provider"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Retry",
            fields=[
                (
                    "delivery",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=models.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="delivery.delivery",
                    ),
                ),
                ("due_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "db_table": "retry",
                "indexes": [
                    models.Index(fields=["due_at"], name="retry_due"),
                    models.Index(fields=["account", "campaign"], name="retry_campaign"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                ("stage", models.CharField(max_length=12)),
                ("reply_code", models.PositiveSmallIntegerField(null=True)),
                ("reply_status", models.CharField(blank=True, db_default="", max_length=12)),
                ("reply_text", models.TextField(blank=True, db_default="")),
                ("host", models.CharField(blank=True, db_default="", max_length=120)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, on_delete=models.CASCADE, to="delivery.delivery"
                    ),
                ),
            ],
            options={
                "db_table": "attempt",
                "indexes": [models.Index(fields=["account", "delivery"], name="attempt_delivery")],
            },
        ),
        migrations.CreateModel(
            name="FormerRecipients",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("from_id", models.BigIntegerField()),
                ("to_id", models.BigIntegerField()),
                ("offsets", ArrayField(base_field=models.IntegerField(), size=None)),
                ("contact_ids", ArrayField(base_field=models.BigIntegerField(), size=None)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "mailing_list",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="lists.mailinglist",
                    ),
                ),
            ],
            options={
                "db_table": "past_recipients",
                "indexes": [models.Index(fields=["account", "from_id"], name="past_recipients_id")],
            },
        ),
        migrations.CreateModel(
            name="LaneHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("provider", models.CharField(max_length=20)),
                ("rule", models.CharField(max_length=10)),
                ("held_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "db_table": "lane_hold",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at", None)),
                        fields=("account", "campaign", "provider"),
                        name="lane_hold_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LastMailing",
            fields=[
                (
                    "contact",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="lists.contact",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "last_mailing",
            },
        ),
        migrations.CreateModel(
            name="FollowedMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("queue_id", models.CharField(max_length=30)),
                ("account_id", models.BigIntegerField()),
                ("delivery_id", models.BigIntegerField()),
                ("opened_at", models.DateTimeField(db_default=Now())),
                (
                    "follower",
                    models.ForeignKey(
                        db_constraint=False, on_delete=models.CASCADE, related_name="+", to="delivery.logfollower"
                    ),
                ),
            ],
            options={
                "db_table": "followed_message",
                "constraints": [models.UniqueConstraint(fields=("follower", "queue_id"), name="followed_message_once")],
            },
        ),
        migrations.CreateModel(
            name="LostClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("claimed_by", models.CharField(max_length=120)),
                ("deliveries", ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("lost_at", models.DateTimeField(db_default=Now())),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "chunk",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="delivery.chunk",
                    ),
                ),
            ],
            options={
                "db_table": "lost_claim",
                "indexes": [
                    models.Index(
                        condition=models.Q(("settled_at", None)), fields=["claimed_by"], name="lost_claim_open"
                    ),
                    models.Index(fields=["account", "campaign"], name="lost_claim_campaign"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="campaigns.campaign",
                    ),
                ),
                ("canary_size", models.PositiveIntegerField()),
                ("after_contact_id", models.BigIntegerField(default=0)),
                ("next_chunk", models.PositiveIntegerField(default=0)),
                ("planned", models.PositiveIntegerField(default=0)),
                ("left_out", models.JSONField(default=dict)),
                ("begun_at", models.DateTimeField(db_default=Now())),
                ("canary_wave_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("released_at", models.DateTimeField(null=True)),
                ("per_turn", models.PositiveIntegerField(null=True)),
                ("turn_seconds", models.PositiveIntegerField(null=True)),
                ("next_turn_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="gate.gatedecision"
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="campaigns.edition"
                    ),
                ),
            ],
            options={
                "db_table": "plan",
            },
        ),
        migrations.CreateModel(
            name="RelayHook",
            fields=[
                (
                    "relay",
                    models.OneToOneField(
                        on_delete=models.CASCADE,
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
        ),
        migrations.CreateModel(
            name="RelayCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("follower", models.CharField(max_length=120)),
                ("provider", models.CharField(max_length=20)),
                ("result", models.CharField(max_length=8)),
                ("hour", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
            ],
            options={
                "db_table": "relay_count",
                "constraints": [
                    models.UniqueConstraint(fields=("hour", "follower", "provider", "result"), name="relay_count_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RelayReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("sender", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
                ("connections", models.PositiveIntegerField()),
                ("problem", models.TextField(blank=True, db_default="")),
                ("failing_since", models.DateTimeField(null=True)),
                ("accepted", models.BigIntegerField(db_default=0)),
                ("deferred", models.BigIntegerField(db_default=0)),
                ("refused", models.BigIntegerField(db_default=0)),
                (
                    "relay",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="reports", to="delivery.relay"
                    ),
                ),
            ],
            options={
                "db_table": "relay_report",
                "constraints": [models.UniqueConstraint(fields=("relay", "sender"), name="relay_report_once")],
            },
        ),
        migrations.CreateModel(
            name="SendingFence",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("identity", models.CharField(max_length=120)),
                ("held_at", models.DateTimeField(null=True)),
                ("cause", models.CharField(blank=True, db_default="", max_length=10)),
                ("missing", models.PositiveIntegerField(db_default=0)),
                ("withdrawals_at", models.DateTimeField(null=True)),
                ("known_until", models.DateTimeField(null=True)),
                ("sent_meanwhile", models.PositiveIntegerField(db_default=0)),
                ("lineage", ArrayField(base_field=models.UUIDField(), db_default=[], size=None)),
                ("reason", models.CharField(blank=True, db_default="", max_length=200)),
                ("replicas", models.PositiveSmallIntegerField(db_default=0)),
                ("replicas_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "sending_fence",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="sending_fence_once")],
            },
        ),
        migrations.CreateModel(
            name="ServerRun",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("run", models.UUIDField()),
            ],
            options={
                "db_table": "server_run",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="server_run_once")],
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("state", models.CharField(max_length=10)),
                ("detail", models.CharField(blank=True, db_default="", max_length=60)),
                ("count", models.IntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "chunk",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="delivery.chunk",
                    ),
                ),
            ],
            options={
                "db_table": "tally",
                "indexes": [
                    models.Index(fields=["account", "campaign"], name="tally_campaign"),
                    models.Index(condition=models.Q(("state", "in_doubt")), fields=["campaign"], name="tally_in_doubt"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "chunk", "state", "detail"), name="tally_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ArchivedCampaign",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=models.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="campaigns.campaign",
                    ),
                ),
                ("ended_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(db_default=Now())),
                ("after_chunk_id", models.BigIntegerField(db_default=0)),
                ("deliveries", models.PositiveIntegerField(db_default=0)),
                ("from_id", models.BigIntegerField(null=True)),
                ("to_id", models.BigIntegerField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "archived_campaign",
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at", None)), fields=["campaign"], name="archived_campaign_moving"
                    ),
                    models.Index(fields=["from_id", "to_id"], name="archived_campaign_range"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Begun",
            fields=[
                (
                    "chunk",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="delivery.chunk",
                    ),
                ),
                ("claimed_by", models.CharField(max_length=120)),
                ("begun_to", models.BigIntegerField(db_default=0)),
                ("under_way", ArrayField(base_field=models.BigIntegerField(), db_default=[], size=None)),
                ("unsent", ArrayField(base_field=models.BigIntegerField(), db_default=[], size=None)),
                ("server_run", models.UUIDField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "begun",
            },
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("confirmation_id__isnull", True),
                        ("consent_event__isnull", False),
                        ("notice__isnull", True),
                        ("transactional_id__isnull", True),
                    ),
                    models.Q(
                        ("confirmation_id__isnull", False),
                        ("consent_event__isnull", True),
                        ("notice__isnull", True),
                        ("transactional_id__isnull", True),
                    ),
                    models.Q(
                        ("confirmation_id__isnull", True),
                        ("consent_event__isnull", True),
                        ("notice__isnull", False),
                        ("transactional_id__isnull", True),
                    ),
                    models.Q(
                        ("confirmation_id__isnull", True),
                        ("consent_event__isnull", True),
                        ("notice__isnull", True),
                        ("transactional_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="delivery_rests_on_one_basis",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ARCHIVE, "DROP TABLE delivery_archive")],
            state_operations=[
                migrations.CreateModel(
                    name="ArchivedDelivery",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                        ("edition_id", models.BigIntegerField(null=True)),
                        ("rules_version", models.CharField(max_length=32)),
                        ("granted_at", models.DateTimeField()),
                        ("confirmation_id", models.BigIntegerField(null=True)),
                        ("state", models.CharField(db_default="pending", max_length=10)),
                        ("attempts", models.PositiveSmallIntegerField(db_default=0)),
                        ("reply_code", models.PositiveSmallIntegerField(null=True)),
                        ("reply_status", models.CharField(blank=True, db_default="", max_length=12)),
                        ("reply_text", models.TextField(blank=True, db_default="")),
                        ("bounce", models.CharField(blank=True, db_default="", max_length=10)),
                        ("reason", models.CharField(blank=True, db_default="", max_length=60)),
                        ("settled_at", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField(db_default=Now())),
                        (
                            "account",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=models.DO_NOTHING,
                                related_name="+",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=models.DO_NOTHING,
                                related_name="+",
                                to="campaigns.campaign",
                            ),
                        ),
                        (
                            "chunk",
                            models.ForeignKey(
                                db_constraint=False, on_delete=models.DO_NOTHING, related_name="+", to="delivery.chunk"
                            ),
                        ),
                        (
                            "consent_event",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=models.PROTECT,
                                related_name="+",
                                to="consent.consentevent",
                            ),
                        ),
                        (
                            "contact",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=models.SET_NULL,
                                related_name="+",
                                to="lists.contact",
                            ),
                        ),
                        (
                            "decision",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=models.PROTECT,
                                related_name="+",
                                to="gate.gatedecision",
                            ),
                        ),
                        (
                            "mailing_list",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=models.PROTECT,
                                related_name="+",
                                to="lists.mailinglist",
                            ),
                        ),
                        (
                            "notice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=models.DO_NOTHING,
                                related_name="+",
                                to="accounts.notice",
                            ),
                        ),
                        ("enrolment_id", models.BigIntegerField(null=True)),
                        ("transactional_id", models.BigIntegerField(null=True)),
                    ],
                    options={
                        "db_table": "delivery_archive",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("contact__isnull", False)),
                                fields=["account", "contact", "campaign"],
                                name="archive_contact",
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunSQL("ALTER TABLE server_run SET UNLOGGED", "ALTER TABLE server_run SET LOGGED"),
    ]
