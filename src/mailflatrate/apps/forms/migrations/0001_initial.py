"""The tables of forms. `../sql` has their functions and triggers."""

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions.datetime import Now


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("domains", "0001_initial"),
        ("intake", "0001_initial"),
        ("lists", "0001_initial"),
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
            name="AskingTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("asked", models.PositiveIntegerField(default=0)),
                ("confirmed", models.PositiveIntegerField(default=0)),
                ("denied", models.PositiveIntegerField(default=0)),
                ("unknown", models.PositiveIntegerField(default=0)),
                ("at_stands", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="accounts.apikey"
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
        migrations.CreateModel(
            name="Form",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("code", models.CharField(max_length=16, unique=True)),
                ("state", models.CharField(default="draft", max_length=10)),
                ("draft", models.JSONField(default=dict)),
                ("tags", models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list)),
                ("correctable", models.BooleanField(db_default=False, default=False)),
                (
                    "placement",
                    models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
                ),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("changed_at", models.DateTimeField(db_default=Now())),
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
                ("mailing_list", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="lists.mailinglist")),
                (
                    "sender",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to="domains.senderaddress"
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
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("form", models.ForeignKey(on_delete=models.PROTECT, related_name="versions", to="forms.form")),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "form_version",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "form", "number"), name="form_version_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SignupDenial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("request_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=8)),
                ("address_key", models.BinaryField(max_length=32)),
                ("mailbox_key", models.BinaryField(max_length=32, null=True)),
                (
                    "further_list_ids",
                    models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list),
                ),
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
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="forms.form"
                    ),
                ),
            ],
            options={
                "db_table": "signup_denial",
                "indexes": [
                    models.Index(
                        condition=models.Q(("handled_at__isnull", True)),
                        fields=["denied_at"],
                        name="signup_denial_open",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("account", "request_id"), name="signup_denial_once")],
            },
        ),
        migrations.CreateModel(
            name="Stand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=16, unique=True)),
                ("place", models.CharField(max_length=120)),
                ("pin_hash", models.BinaryField(max_length=32)),
                ("ends_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
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
                ("form", models.ForeignKey(on_delete=models.PROTECT, related_name="stands", to="forms.form")),
            ],
            options={
                "db_table": "stand",
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
                (
                    "further",
                    models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list),
                ),
                ("expires_at", models.DateTimeField()),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.TextField(blank=True, db_default="")),
                ("source_url", models.TextField(blank=True, db_default="")),
                ("page_url", models.TextField(blank=True, db_default="")),
                ("placement", models.CharField(blank=True, db_default="", default="", max_length=8)),
                ("compared_text", models.CharField(blank=True, db_default="", default="", max_length=8)),
                ("ticked", models.JSONField(default=list)),
                ("proof", models.CharField(blank=True, db_default="", max_length=8)),
                ("staff", models.CharField(blank=True, db_default="", max_length=80)),
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
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="lists.contact"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="forms.form"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="accounts.apikey"
                    ),
                ),
                (
                    "mailing_list",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="+", to="lists.mailinglist"
                    ),
                ),
                (
                    "move_in",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.SET_NULL, related_name="+", to="intake.move"
                    ),
                ),
                ("moves", models.ForeignKey(null=True, on_delete=models.CASCADE, related_name="+", to="lists.contact")),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="forms.formversion"
                    ),
                ),
                (
                    "stand",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="forms.stand"
                    ),
                ),
            ],
            options={
                "db_table": "signup_request",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "queued")), fields=["account", "id"], name="signup_request_queue"
                    ),
                    models.Index(fields=["account", "form", "-id"], name="signup_request_recent"),
                    models.Index(fields=["requested_at"], name="signup_request_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["queued", "asked", "withheld"])),
                        fields=("account", "mailing_list", "address_key"),
                        name="signup_request_open_once",
                    ),
                    models.UniqueConstraint(fields=("token_hash",), name="signup_request_token_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "move"), ("moves__isnull", False)),
                            models.Q(("form__isnull", False), ("version__isnull", False)),
                            _connector="OR",
                        ),
                        name="signup_request_names_what_is_asked",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("placement", models.CharField(blank=True, max_length=8)),
                ("compared_text", models.CharField(blank=True, db_default="", default="", max_length=8)),
                ("what", models.CharField(max_length=9)),
                ("count", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(db_index=False, on_delete=models.CASCADE, related_name="+", to="forms.form"),
                ),
            ],
            options={
                "db_table": "form_count",
                "indexes": [models.Index(fields=["account", "form", "day"], name="form_count_day")],
            },
        ),
        migrations.CreateModel(
            name="LandingPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=16, unique=True)),
                ("draft", models.JSONField(default=dict)),
                ("is_published", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("changed_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("form", models.OneToOneField(on_delete=models.PROTECT, related_name="landing_page", to="forms.form")),
            ],
            options={
                "db_table": "landing_page",
            },
        ),
        migrations.CreateModel(
            name="LandingTakedown",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("reason", models.TextField()),
                ("taken_down_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "page",
                    models.OneToOneField(on_delete=models.PROTECT, related_name="takedown", to="forms.landingpage"),
                ),
            ],
            options={
                "db_table": "landing_takedown",
            },
        ),
        migrations.CreateModel(
            name="LandingVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("seal", models.BinaryField(max_length=32)),
                ("published_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("page", models.ForeignKey(on_delete=models.PROTECT, related_name="versions", to="forms.landingpage")),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "landing_version",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "page", "number"), name="landing_version_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="form",
            name="current",
            field=models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="forms.formversion"),
        ),
        migrations.AddField(
            model_name="landingpage",
            name="current",
            field=models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="forms.landingversion"),
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
        migrations.AddConstraint(
            model_name="landingpage",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_published", False), ("current__isnull", False), _connector="OR"),
                name="landing_page_published_has_version",
            ),
        ),
        migrations.RunSQL("ALTER TABLE signup_counter SET UNLOGGED", "ALTER TABLE signup_counter SET LOGGED"),
    ]
