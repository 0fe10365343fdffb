"""The tables of forms in 0.2. `../sql` has their functions and triggers."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# A database of 0.1 that has had all of these has these tables (docs/release.md).
REPLACED = """
0002_asking_tally 0003_tally_confirms_asked
"""


class Migration(migrations.Migration):
    initial = True
    replaces = [("forms", name) for name in REPLACED.split()]

    dependencies = [
        ("accounts", "0001_initial"),
        ("domains", "0001_initial"),
        ("lists", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConfirmationMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("mailbox_key", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "confirmation_mark",
                "indexes": [
                    models.Index(fields=["mailbox_key", "at"], name="confirmation_mark_mailbox"),
                    models.Index(fields=["at"], name="confirmation_mark_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Form",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("code", models.CharField(max_length=16, unique=True)),
                ("state", models.CharField(default="draft", max_length=10)),
                ("draft", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lists.mailinglist"
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="domains.senderaddress",
                    ),
                ),
            ],
            options={
                "db_table": "signup_form",
            },
        ),
        migrations.CreateModel(
            name="FormVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("published_at", models.DateTimeField()),
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
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="forms.form"
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "form_version",
            },
        ),
        migrations.AddField(
            model_name="form",
            name="current",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="forms.formversion"
            ),
        ),
        migrations.CreateModel(
            name="SignupCounter",
            fields=[
                ("key", models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "signup_counter",
                "indexes": [models.Index(fields=["expires_at"], name="signup_counter_age")],
            },
        ),
        migrations.CreateModel(
            name="SignupDenial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("request_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=8)),
                ("address_key", models.BinaryField(max_length=32)),
                ("requested_at", models.DateTimeField()),
                ("requested_ip", models.GenericIPAddressField(null=True)),
                ("requested_user_agent", models.TextField(blank=True)),
                ("source_url", models.TextField(blank=True)),
                ("page_url", models.TextField(blank=True)),
                ("denied_at", models.DateTimeField()),
                ("denied_ip", models.GenericIPAddressField(null=True)),
                ("denied_user_agent", models.TextField(blank=True)),
                ("handled_at", models.DateTimeField(null=True)),
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
                    "form",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="forms.form",
                    ),
                ),
            ],
            options={
                "db_table": "signup_denial",
            },
        ),
        migrations.CreateModel(
            name="SignupRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(default="form", max_length=8)),
                ("state", models.CharField(default="queued", max_length=10)),
                ("email", models.CharField(max_length=254)),
                ("address_key", models.BinaryField(max_length=32)),
                ("language", models.CharField(max_length=5)),
                ("values", models.JSONField(default=dict)),
                ("requested_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.TextField(blank=True, db_default="")),
                ("source_url", models.TextField(blank=True, db_default="")),
                ("page_url", models.TextField(blank=True, db_default="")),
                ("ticked", models.JSONField(default=list)),
                ("proof", models.CharField(blank=True, db_default="", max_length=8)),
                ("visited_at", models.DateTimeField(null=True)),
                ("unknown_at", models.DateTimeField(null=True)),
                ("note", models.TextField(blank=True, db_default="")),
                ("reason", models.CharField(blank=True, db_default="", max_length=60)),
                ("token_hash", models.BinaryField(max_length=32, null=True)),
                ("message_id", models.CharField(blank=True, db_default="", max_length=255)),
                ("body_sha256", models.CharField(blank=True, db_default="", max_length=64)),
                ("requested_event_id", models.BigIntegerField(null=True)),
                ("sent_event_id", models.BigIntegerField(null=True)),
                ("confirmed_event_id", models.BigIntegerField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
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
                    "contact",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="lists.contact"
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
                    "form",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="forms.form",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.apikey",
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
                (
                    "moves",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="lists.contact"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="forms.formversion",
                    ),
                ),
            ],
            options={
                "db_table": "signup_request",
            },
        ),
        migrations.CreateModel(
            name="AskingTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("asked", models.PositiveIntegerField(default=0)),
                ("confirmed", models.PositiveIntegerField(default=0)),
                ("denied", models.PositiveIntegerField(default=0)),
                ("unknown", models.PositiveIntegerField(default=0)),
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
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.apikey",
                    ),
                ),
            ],
            options={
                "db_table": "asking_tally",
                "indexes": [models.Index(fields=["day"], name="asking_tally_age")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "day", "key"), name="asking_tally_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confirmed__lte", models.F("asked"))), name="asking_tally_confirms_asked"
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="formversion",
            constraint=models.UniqueConstraint(fields=("account", "form", "number"), name="form_version_once"),
        ),
        migrations.AddConstraint(
            model_name="form",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "published"), _negated=True), ("current__isnull", False), _connector="OR"
                ),
                name="signup_form_published_has_version",
            ),
        ),
        migrations.AddIndex(
            model_name="signupdenial",
            index=models.Index(
                condition=models.Q(("handled_at__isnull", True)), fields=["denied_at"], name="signup_denial_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="signupdenial",
            constraint=models.UniqueConstraint(fields=("account", "request_id"), name="signup_denial_once"),
        ),
        migrations.AddIndex(
            model_name="signuprequest",
            index=models.Index(
                condition=models.Q(("state", "queued")), fields=["account", "id"], name="signup_request_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="signuprequest",
            index=models.Index(fields=["account", "form", "-id"], name="signup_request_recent"),
        ),
        migrations.AddIndex(
            model_name="signuprequest",
            index=models.Index(fields=["requested_at"], name="signup_request_age"),
        ),
        migrations.AddConstraint(
            model_name="signuprequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "asked", "withheld"])),
                fields=("account", "mailing_list", "address_key"),
                name="signup_request_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="signuprequest",
            constraint=models.UniqueConstraint(fields=("token_hash",), name="signup_request_token_once"),
        ),
        migrations.AddConstraint(
            model_name="signuprequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "move"), ("moves__isnull", False)),
                    models.Q(("form__isnull", False), ("version__isnull", False)),
                    _connector="OR",
                ),
                name="signup_request_names_what_is_asked",
            ),
        ),
        # Counts of sign-ups may be lost in a crash; writing them to the log would cost more than that.
        migrations.RunSQL("ALTER TABLE signup_counter SET UNLOGGED", "ALTER TABLE signup_counter SET LOGGED"),
    ]
