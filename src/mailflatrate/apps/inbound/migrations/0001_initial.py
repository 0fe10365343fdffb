"""The tables of inbound."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models.functions.datetime import Now


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("campaigns", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProviderPost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("relay_id", models.BigIntegerField()),
                ("provider", models.CharField(max_length=10)),
                ("received_at", models.DateTimeField(db_default=Now())),
                ("raw", models.BinaryField()),
                ("once", models.BinaryField(max_length=32, unique=True)),
                ("state", models.CharField(db_default="new", max_length=8)),
                ("reason", models.CharField(blank=True, db_default="", max_length=200)),
                ("attempts", models.SmallIntegerField(db_default=0, default=0)),
            ],
            options={
                "db_table": "provider_post",
                "indexes": [
                    models.Index(condition=models.Q(("state", "new")), fields=["id"], name="provider_post_new"),
                    models.Index(fields=["received_at"], name="provider_post_received"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RawMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("received_at", models.DateTimeField(db_default=Now())),
                ("via", models.CharField(max_length=8)),
                ("peer", models.CharField(blank=True, db_default="", max_length=60)),
                ("envelope_from", models.CharField(blank=True, db_default="", max_length=320)),
                ("envelope_to", models.CharField(max_length=320)),
                ("raw", models.BinaryField()),
                ("sha256", models.BinaryField(max_length=32)),
                ("state", models.CharField(db_default="new", max_length=8)),
                ("kind", models.CharField(blank=True, db_default="", max_length=12)),
                ("reason", models.TextField(blank=True, db_default="")),
                (
                    "reading",
                    models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
                ),
                ("delivery_id", models.BigIntegerField(null=True)),
                ("handled_at", models.DateTimeField(null=True)),
                ("attempts", models.SmallIntegerField(db_default=0, default=0)),
                ("desk", models.CharField(blank=True, db_default="", default="", max_length=8)),
                ("address_keys", ArrayField(base_field=models.BinaryField(max_length=32), null=True, size=None)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "content_of",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="inbound.rawmail"),
                ),
            ],
            options={
                "db_table": "raw_mail",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "handled"), _negated=True),
                        fields=["received_at"],
                        name="raw_mail_open",
                    ),
                    models.Index(condition=models.Q(("state", "new")), fields=["id"], name="raw_mail_new"),
                    models.Index(fields=["account", "received_at"], name="raw_mail_account"),
                    models.Index(
                        condition=models.Q(("raw", b""), _negated=True), fields=["received_at"], name="raw_mail_unwiped"
                    ),
                    models.Index(condition=models.Q(("desk", "waiting")), fields=["id"], name="raw_mail_desk"),
                    GinIndex(
                        condition=models.Q(("address_keys__isnull", False)),
                        fields=["address_keys"],
                        name="raw_mail_named",
                    ),
                    models.Index(
                        condition=models.Q(("address_keys__isnull", True)), fields=["id"], name="raw_mail_unnamed"
                    ),
                    models.Index(
                        condition=models.Q(("delivery_id__isnull", False)),
                        fields=["delivery_id"],
                        name="raw_mail_delivery",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("via", "imap")), fields=("sha256",), name="raw_mail_imap_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("via", "hook")), fields=("sha256",), name="raw_mail_event_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Feedback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("delivery_id", models.BigIntegerField()),
                ("contact_id", models.BigIntegerField(null=True)),
                ("kind", models.CharField(max_length=12)),
                ("status", models.CharField(blank=True, db_default="", max_length=12)),
                ("reason", models.CharField(blank=True, db_default="", max_length=60)),
                ("text", models.TextField(blank=True, db_default="")),
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
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "raw_mail",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="inbound.rawmail"),
                ),
            ],
            options={
                "db_table": "feedback",
                "indexes": [
                    models.Index(fields=["account", "campaign", "kind"], name="feedback_campaign"),
                    models.Index(fields=["account", "contact_id"], name="feedback_contact"),
                    models.Index(
                        condition=models.Q(("text", ""), _negated=True), fields=["at"], name="feedback_unwiped"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "delivery_id", "kind"), name="feedback_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="DomainReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=5)),
                ("domain", models.CharField(max_length=253)),
                ("reporter", models.CharField(blank=True, max_length=120)),
                ("report_id", models.CharField(max_length=200)),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("messages", models.BigIntegerField()),
                ("passed", models.BigIntegerField()),
                ("sources", models.JSONField(default=list)),
                ("proved", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "raw_mail",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="inbound.rawmail"),
                ),
            ],
            options={
                "db_table": "domain_report",
                "indexes": [models.Index(fields=["account", "domain", "-ends_at"], name="domain_report_recent")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "domain", "kind", "reporter", "report_id"),
                        name="domain_report_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InboxMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("received_at", models.DateTimeField(db_default=Now())),
                ("envelope_from", models.CharField(blank=True, db_default="", max_length=320)),
                ("envelope_to", models.CharField(max_length=320)),
                ("subject", models.TextField(blank=True, db_default="")),
                ("mailing_id", models.CharField(blank=True, db_default="", max_length=12)),
                ("behaviour", models.CharField(blank=True, db_default="", max_length=20)),
                ("raw", models.BinaryField()),
                ("address_keys", ArrayField(base_field=models.BinaryField(max_length=32), null=True, size=None)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "postbox_message",
                "indexes": [
                    models.Index(fields=["account", "-received_at"], name="postbox_recent"),
                    GinIndex(
                        condition=models.Q(("address_keys__isnull", False)),
                        fields=["address_keys"],
                        name="postbox_message_named",
                    ),
                    models.Index(
                        condition=models.Q(("address_keys__isnull", True)),
                        fields=["id"],
                        name="postbox_message_unnamed",
                    ),
                ],
            },
        ),
    ]
