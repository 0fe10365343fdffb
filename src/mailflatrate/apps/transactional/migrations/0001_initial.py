"""The tables of transactional. `../sql` has their functions and triggers."""

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions.datetime import Now


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("domains", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("key", models.SlugField(db_index=False, max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
            ],
            options={
                "db_table": "message_template",
                "constraints": [models.UniqueConstraint(fields=("account", "key"), name="message_template_key_once")],
            },
        ),
        migrations.CreateModel(
            name="MisdirectedAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("address_key", models.BinaryField(max_length=32)),
                ("message_id", models.BigIntegerField(null=True)),
                ("reported_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "misdirected_address",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "address_key"), name="misdirected_address_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="TemplateVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("state", models.CharField(default="draft", max_length=10)),
                ("mailing_id", models.CharField(max_length=12, unique=True)),
                ("language", models.CharField(max_length=10)),
                ("format", models.CharField(default="markdown", max_length=10)),
                ("subject", models.CharField(blank=True, max_length=250)),
                ("content", models.TextField(blank=True)),
                ("purpose", models.TextField(blank=True)),
                ("fields", models.JSONField(default=list)),
                ("sample", models.JSONField(default=dict)),
                ("hints", models.JSONField(default=list)),
                ("edited_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision_reason", models.TextField(blank=True, db_default="")),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "edited_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="+",
                        to="domains.senderaddress",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="versions",
                        to="transactional.messagetemplate",
                    ),
                ),
            ],
            options={
                "db_table": "template_version",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "submitted")),
                        fields=["submitted_at"],
                        name="template_version_queue",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "template", "number"), name="template_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["draft", "submitted"])),
                        fields=("account", "template"),
                        name="template_version_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["draft", "submitted"]),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("submitted_by__isnull", False),
                                models.Q(("decided_by", models.F("submitted_by")), _negated=True),
                                models.Q(("decision_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="template_version_decided_by_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TemplateEdition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("subject", models.TextField()),
                ("html", models.TextField()),
                ("text", models.TextField()),
                ("seal", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "imprint",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="+", to="accounts.imprint"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="+", to="transactional.templateversion"
                    ),
                ),
            ],
            options={
                "db_table": "template_edition",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "version", "imprint"), name="template_edition_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="TransactionalMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("recipient", models.CharField(blank=True, max_length=320)),
                ("address_key", models.BinaryField(max_length=32)),
                (
                    "mailbox_key",
                    models.BinaryField(db_default=models.Value(b"", output_field=models.BinaryField()), max_length=32),
                ),
                ("is_sample", models.BooleanField(db_default=False)),
                ("reference_kind", models.CharField(max_length=10)),
                ("reference", models.CharField(max_length=80)),
                ("data_sealed", models.TextField(blank=True)),
                ("refused_by", models.CharField(blank=True, db_default="", max_length=60)),
                ("resent_from", models.BigIntegerField(null=True)),
                ("through", models.CharField(blank=True, db_default="", max_length=120)),
                ("created_at", models.DateTimeField(db_default=Now())),
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
                    "edition",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="+", to="transactional.templateedition"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="+", to="transactional.templateversion"
                    ),
                ),
            ],
            options={
                "db_table": "transactional_message",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="transactional_recent"),
                    models.Index(fields=["account", "address_key", "created_at"], name="transactional_address"),
                    models.Index(fields=["account", "mailbox_key", "created_at"], name="transactional_mailbox"),
                    models.Index(fields=["account", "created_at"], name="transactional_day"),
                    models.Index(
                        condition=models.Q(("is_sample", True)), fields=["version", "-id"], name="transactional_samples"
                    ),
                    models.Index(fields=["account", "reference"], name="transactional_reference"),
                    models.Index(fields=["created_at"], name="transactional_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TransactionalSwitch",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.account",
                    ),
                ),
                ("is_on", models.BooleanField()),
                ("changed_at", models.DateTimeField()),
                ("reason", models.TextField()),
                (
                    "changed_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "db_table": "transactional_switch",
            },
        ),
    ]
