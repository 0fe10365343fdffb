"""Automations: versions and their steps, who is under way, which steps they passed, and counts."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0004_account_second_factor"),
        ("lists", "0014_move_fetch_bounds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "db_table": "automation",
            },
        ),
        migrations.CreateModel(
            name="AutomationArrival",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("contact_id", models.BigIntegerField()),
                ("reference", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    "automation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="automations.automation",
                    ),
                ),
            ],
            options={
                "db_table": "automation_arrival",
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
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    "automation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="automations.automation",
                    ),
                ),
                (
                    "edited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "policy_ticked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "automation_version",
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
                (
                    "targets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(blank=True, max_length=12), size=None
                    ),
                ),
                ("campaign_id", models.BigIntegerField(null=True)),
                ("edition_id", models.BigIntegerField(null=True)),
                ("decision_id", models.BigIntegerField(null=True)),
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
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="automations.automationversion",
                    ),
                ),
            ],
            options={
                "db_table": "automation_step",
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
                ("entered_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "automation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="automations.automation",
                    ),
                ),
                (
                    "consent_event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lists.consentevent",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="lists.contact",
                    ),
                ),
                (
                    "mailing_list",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lists.mailinglist",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="automations.automationversion",
                    ),
                ),
            ],
            options={
                "db_table": "enrolment",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "automation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="automations.automation",
                    ),
                ),
            ],
            options={
                "db_table": "automation_member",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="automations.automationversion",
                    ),
                ),
            ],
            options={
                "db_table": "automation_count",
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
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "enrolment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="passages",
                        to="automations.enrolment",
                    ),
                ),
            ],
            options={
                "db_table": "enrolment_passage",
            },
        ),
        migrations.AddIndex(
            model_name="automation",
            index=models.Index(fields=["account", "-id"], name="automation_recent"),
        ),
        migrations.AddIndex(
            model_name="automation",
            index=models.Index(
                condition=models.Q(("state__in", ["active", "paused"])),
                fields=["account", "entry_on"],
                name="automation_entries",
            ),
        ),
        migrations.AddConstraint(
            model_name="automation",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "active", "paused", "ended"])), name="automation_known_state"
            ),
        ),
        migrations.AddIndex(
            model_name="automationarrival",
            index=models.Index(fields=["account", "automation", "id"], name="automation_arrival_order"),
        ),
        migrations.AddIndex(
            model_name="automationversion",
            index=models.Index(
                condition=models.Q(("state__in", ["current", "finishing"])),
                fields=["account"],
                name="automation_version_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="automationversion",
            constraint=models.UniqueConstraint(
                fields=("account", "automation", "number"), name="automation_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="automationversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["draft", "releasing"])),
                fields=("account", "automation"),
                name="automation_version_one_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="automationversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "current")),
                fields=("account", "automation"),
                name="automation_version_one_current",
            ),
        ),
        migrations.AddConstraint(
            model_name="automationversion",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddIndex(
            model_name="automationstep",
            index=models.Index(
                condition=models.Q(("campaign_id__isnull", False)),
                fields=["account", "campaign_id"],
                name="automation_step_campaign",
            ),
        ),
        migrations.AddConstraint(
            model_name="automationstep",
            constraint=models.UniqueConstraint(fields=("account", "version", "key"), name="automation_step_once"),
        ),
        migrations.AddIndex(
            model_name="enrolment",
            index=models.Index(
                condition=models.Q(("state", "active")),
                fields=["account", "version", "step", "due_at"],
                name="enrolment_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.UniqueConstraint(
                fields=("account", "contact", "automation", "run"), name="enrolment_run_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "active")),
                fields=("account", "contact", "automation"),
                name="enrolment_active_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "finished", "left"])), name="enrolment_known_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="segmentmember",
            constraint=models.UniqueConstraint(
                fields=("account", "automation", "contact_id"), name="automation_member_once"
            ),
        ),
        migrations.AddIndex(
            model_name="stepcount",
            index=models.Index(fields=["account", "version"], name="automation_count_version"),
        ),
        migrations.AddConstraint(
            model_name="steppassage",
            constraint=models.UniqueConstraint(fields=("account", "enrolment", "step"), name="passage_once"),
        ),
    ]
