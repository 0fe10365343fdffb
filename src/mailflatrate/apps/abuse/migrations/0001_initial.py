"""The tables of abuse. `../sql` has their functions and triggers."""

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions.datetime import Now


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("campaigns", "0001_initial"),
        ("inbound", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=12, unique=True)),
                ("kind", models.CharField(default="complaint", max_length=10)),
                ("state", models.CharField(default="open", max_length=10)),
                ("subject", models.CharField(blank=True, max_length=250)),
                ("dangerous", models.BooleanField(default=False)),
                ("loops_only", models.BooleanField(db_column="quiet", default=False)),
                ("frozen", models.BooleanField(default=False)),
                ("opened_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("answer_due_at", models.DateTimeField(null=True)),
                ("proof_due_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("cause", models.CharField(blank=True, max_length=12)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "assigned_to",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="merged", to="abuse.case"),
                ),
            ],
            options={
                "db_table": "abuse_case",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["opened_at"],
                        name="abuse_case_open",
                    ),
                    models.Index(fields=["account", "-id"], name="abuse_case_account"),
                    models.Index(fields=["closed_at"], name="abuse_case_closed"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("campaign__isnull", False), models.Q(("state", "closed"), _negated=True)),
                        fields=("account", "campaign", "kind"),
                        name="abuse_case_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "closed"), _negated=True),
                            models.Q(
                                ("closed_at__isnull", False),
                                models.Q(
                                    models.Q(("cause", ""), _negated=True),
                                    ("merged_into__isnull", False),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="abuse_case_closed_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("actor_name", models.CharField(blank=True, max_length=254)),
                ("text", models.TextField(blank=True)),
                (
                    "details",
                    models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
                ),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("case", models.ForeignKey(on_delete=models.CASCADE, related_name="events", to="abuse.case")),
            ],
            options={
                "db_table": "case_event",
                "indexes": [models.Index(fields=["account", "kind", "at"], name="case_event_kind")],
            },
        ),
        migrations.CreateModel(
            name="CaseQuestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=12)),
                ("contact_id", models.BigIntegerField(null=True)),
                ("text", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
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
                        db_index=False,
                        null=True,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                ("case", models.ForeignKey(on_delete=models.CASCADE, related_name="questions", to="abuse.case")),
            ],
            options={
                "db_table": "case_question",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="case_question_recent"),
                    models.Index(
                        condition=models.Q(("answered_at__isnull", True), ("settled_at__isnull", True)),
                        fields=["due_at"],
                        name="case_question_due",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("file_name", models.CharField(blank=True, max_length=200)),
                ("file_type", models.CharField(blank=True, max_length=100)),
                ("file", models.BinaryField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("author", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "question",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="answers", to="abuse.casequestion"),
                ),
            ],
            options={
                "db_table": "case_answer",
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("via", models.CharField(max_length=8)),
                ("source_id", models.BigIntegerField(null=True)),
                ("reporter", models.CharField(blank=True, max_length=254)),
                ("reporter_name", models.CharField(blank=True, max_length=120)),
                ("reporter_key", models.BinaryField(max_length=32, null=True)),
                ("language", models.CharField(default="en", max_length=5)),
                ("complaint", models.CharField(blank=True, max_length=8)),
                ("text", models.TextField(blank=True)),
                (
                    "notice",
                    models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
                ),
                ("delivery_id", models.BigIntegerField(null=True)),
                ("contact_id", models.BigIntegerField(null=True)),
                ("address_key", models.BinaryField(max_length=32, null=True)),
                ("how", models.CharField(blank=True, max_length=20)),
                ("proof", models.CharField(blank=True, max_length=8)),
                ("effect", models.CharField(blank=True, max_length=12)),
                ("platform", models.BooleanField(default=False)),
                ("forged", models.PositiveSmallIntegerField(default=0)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("message_id", models.CharField(blank=True, max_length=250)),
                ("at", models.DateTimeField()),
                ("answer_due_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("first_answered_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("case", models.ForeignKey(on_delete=models.CASCADE, related_name="reports", to="abuse.case")),
                (
                    "raw_mail",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="inbound.rawmail"),
                ),
            ],
            options={
                "db_table": "case_report",
                "indexes": [
                    models.Index(fields=["reporter_key", "-id"], name="case_report_reporter"),
                    models.Index(fields=["address_key"], name="case_report_address"),
                    models.Index(fields=["account", "delivery_id"], name="case_report_delivery"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("raw_mail__isnull", False)),
                        fields=("raw_mail",),
                        name="case_report_mail_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("source_id__isnull", False)),
                        fields=("via", "source_id"),
                        name="case_report_source_once",
                    ),
                ],
            },
        ),
    ]
