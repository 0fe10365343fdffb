"""The tables of automations. `../sql` has their functions and triggers."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models.functions.datetime import Now


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("consent", "0001_initial"),
        ("lists", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Automation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("state", models.CharField(default="draft", max_length=10)),
                ("entry_on", models.CharField(blank=True, db_default="", default="", max_length=20)),
                ("entry_reference", models.BigIntegerField(null=True)),
                ("entry_text", models.TextField(blank=True, db_default="", default="")),
                ("looked_at", models.DateTimeField(null=True)),
                ("paused_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("updated_at", models.DateTimeField(db_default=Now())),
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
                (
                    "mailing_list",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="+", to="lists.mailinglist"
                    ),
                ),
            ],
            options={
                "db_table": "automation",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="automation_recent"),
                    models.Index(
                        condition=models.Q(("state__in", ["active", "paused"])),
                        fields=["account", "entry_on"],
                        name="automation_entries",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "active", "paused", "ended"])),
                        name="automation_known_state",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AutomationArrival",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("contact_id", models.BigIntegerField()),
                ("reference", models.BigIntegerField(null=True)),
                ("event", models.CharField(blank=True, db_default="", default="", max_length=60)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "automation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="automations.automation",
                    ),
                ),
            ],
            options={
                "db_table": "automation_arrival",
                "indexes": [models.Index(fields=["account", "automation", "id"], name="automation_arrival_order")],
            },
        ),
        migrations.CreateModel(
            name="AutomationVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("state", models.CharField(default="draft", max_length=10)),
                ("graph", models.JSONField()),
                ("saves", models.PositiveIntegerField(default=1)),
                ("content_hash", models.CharField(blank=True, db_default="", default="", max_length=64)),
                ("policy_hash", models.CharField(blank=True, db_default="", default="", max_length=64)),
                ("policy_ticked_at", models.DateTimeField(null=True)),
                ("released_at", models.DateTimeField(null=True)),
                ("moves_people", models.BooleanField(db_default=False, default=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("updated_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "automation",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="versions", to="automations.automation"
                    ),
                ),
                (
                    "edited_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "policy_ticked_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "automation_version",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["current", "finishing"])),
                        fields=["account"],
                        name="automation_version_live",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "automation", "number"), name="automation_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["draft", "releasing"])),
                        fields=("account", "automation"),
                        name="automation_version_one_draft",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "current")),
                        fields=("account", "automation"),
                        name="automation_version_one_current",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["draft", "releasing"]),
                            models.Q(
                                ("policy_ticked_at__isnull", False),
                                ("released_at__isnull", False),
                                models.Q(("content_hash", ""), _negated=True),
                                ("policy_hash", models.F("content_hash")),
                            ),
                            _connector="OR",
                        ),
                        name="automation_version_released",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AutomationStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=12)),
                ("number", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(max_length=12)),
                ("parameters", models.JSONField(default=dict)),
                ("targets", ArrayField(base_field=models.CharField(blank=True, max_length=12), size=None)),
                ("campaign_id", models.BigIntegerField(null=True)),
                ("edition_id", models.BigIntegerField(null=True)),
                ("decision_id", models.BigIntegerField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="steps",
                        to="automations.automationversion",
                    ),
                ),
            ],
            options={
                "db_table": "automation_step",
                "indexes": [
                    models.Index(
                        condition=models.Q(("campaign_id__isnull", False)),
                        fields=["account", "campaign_id"],
                        name="automation_step_campaign",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "version", "key"), name="automation_step_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="DraftSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("side", models.CharField(max_length=4)),
                ("graph", models.JSONField()),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="automations.automationversion"
                    ),
                ),
            ],
            options={
                "db_table": "automation_snapshot",
                "indexes": [
                    models.Index(fields=["account", "version", "side", "-id"], name="automation_snapshot_newest")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["undo", "redo"])), name="automation_snapshot_known_side"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("run", models.PositiveIntegerField(default=1)),
                ("state", models.CharField(db_default="active", default="active", max_length=8)),
                ("step", models.CharField(max_length=12)),
                ("due_at", models.DateTimeField()),
                ("why", models.CharField(blank=True, db_default="", default="", max_length=12)),
                ("entered_at", models.DateTimeField(db_default=Now())),
                ("ended_at", models.DateTimeField(null=True)),
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
                    "automation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="automations.automation",
                    ),
                ),
                (
                    "consent_event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
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
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="lists.contact",
                    ),
                ),
                (
                    "mailing_list",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="lists.mailinglist",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="automations.automationversion",
                    ),
                ),
            ],
            options={
                "db_table": "enrolment",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "active")),
                        fields=["account", "version", "step", "due_at", "id"],
                        name="enrolment_due_in_order",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "contact", "automation", "run"), name="enrolment_run_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "active")),
                        fields=("account", "contact", "automation"),
                        name="enrolment_active_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["active", "finished", "left"])), name="enrolment_known_state"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SegmentMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("contact_id", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "automation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="automations.automation",
                    ),
                ),
            ],
            options={
                "db_table": "automation_member",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "automation", "contact_id"), name="automation_member_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StepCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("step", models.CharField(max_length=12)),
                ("what", models.CharField(max_length=8)),
                ("detail", models.CharField(blank=True, db_default="", default="", max_length=12)),
                ("count", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="automations.automationversion",
                    ),
                ),
            ],
            options={
                "db_table": "automation_count",
                "indexes": [models.Index(fields=["account", "version"], name="automation_count_version")],
            },
        ),
        migrations.CreateModel(
            name="StepPassage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("step", models.CharField(max_length=12)),
                ("at", models.DateTimeField()),
                ("target", models.SmallIntegerField(db_default=0, default=0)),
                ("result", models.CharField(blank=True, db_default="", default="", max_length=12)),
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
                    "enrolment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="passages",
                        to="automations.enrolment",
                    ),
                ),
            ],
            options={
                "db_table": "enrolment_passage",
                "constraints": [models.UniqueConstraint(fields=("account", "enrolment", "step"), name="passage_once")],
            },
        ),
    ]
