"""The tables of accounts. `../sql` has their functions and triggers."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from mailflatrate.base.clock import now


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("password", models.CharField(max_length=128)),
                ("last_login", models.DateTimeField(blank=True, null=True)),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("language", models.CharField(default="en", max_length=5)),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "user_account",
            },
        ),
        migrations.CreateModel(
            name="AgreementDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("version", models.CharField(max_length=20)),
                ("language", models.CharField(max_length=5)),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("valid_from", models.DateTimeField()),
            ],
            options={
                "db_table": "agreement_document",
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "version", "language"), name="document_version_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Applicant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254)),
                ("language", models.CharField(default="en", max_length=5)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("proved_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "applicant",
                "indexes": [
                    models.Index(fields=["email", "-asked_at"], name="applicant_recent"),
                    models.Index(fields=["ip", "-asked_at"], name="applicant_ip"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BrowserSession",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("data", models.TextField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, db_default="", max_length=200)),
                ("opened_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=models.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "browser_session",
            },
        ),
        migrations.CreateModel(
            name="SharedEntry",
            fields=[
                ("key", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("value", models.JSONField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "shared_entry",
                "indexes": [models.Index(fields=["expires_at"], name="shared_entry_age")],
            },
        ),
        migrations.CreateModel(
            name="AddressChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254)),
                ("asked_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("user", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "address_change",
                "indexes": [models.Index(fields=["email"], name="address_change_email")],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("country", models.CharField(default="DE", max_length=2)),
                ("language", models.CharField(default="en", max_length=5)),
                ("time_zone", models.CharField(default="Europe/Berlin", max_length=64)),
                ("colour", models.CharField(default="#00595a", max_length=7)),
                ("status", models.CharField(db_column="standing", default="registered", max_length=12)),
                ("status_reason", models.TextField(blank=True, db_column="standing_reason")),
                ("activated_at", models.DateTimeField(null=True)),
                ("supervised", models.BooleanField(default=True)),
                ("daily_limit", models.PositiveIntegerField(null=True)),
                ("is_house", models.BooleanField(default=False)),
                ("four_eyes", models.BooleanField(db_default=False, default=False)),
                ("second_factor", models.BooleanField(db_default=False, default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "activated_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "account",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_house", True)), fields=("is_house",), name="account_one_house"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("prefix", models.CharField(max_length=12, unique=True)),
                ("secret_hash", models.BinaryField(max_length=32)),
                ("scopes", ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ("form_ids", ArrayField(base_field=models.BigIntegerField(), null=True, size=None)),
                ("daily_asks", models.PositiveIntegerField(null=True)),
                (
                    "networks",
                    ArrayField(base_field=models.CharField(max_length=43), db_default=[], default=list, size=None),
                ),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("window_at", models.DateTimeField(null=True)),
                ("window_count", models.PositiveIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "api_key",
                "constraints": [models.UniqueConstraint(fields=("secret_hash",), name="api_key_secret_once")],
            },
        ),
        migrations.CreateModel(
            name="ApiAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("idempotency_key", models.CharField(max_length=255)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("body", models.TextField(blank=True, db_default="")),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.apikey"),
                ),
            ],
            options={
                "db_table": "api_answer",
                "indexes": [models.Index(fields=["created_at"], name="api_answer_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "key", "idempotency_key"), name="api_answer_once"),
                    models.CheckConstraint(
                        condition=models.Q(("status__isnull", True), ("status__range", (200, 299)), _connector="OR"),
                        name="api_answer_good",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Application",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("legal_name", models.CharField(blank=True, max_length=160)),
                ("register_number", models.CharField(blank=True, max_length=160)),
                ("vat_id", models.CharField(blank=True, max_length=160)),
                ("street", models.CharField(blank=True, max_length=160)),
                ("postcode", models.CharField(blank=True, max_length=20)),
                ("city", models.CharField(blank=True, max_length=120)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("responsible_person", models.CharField(blank=True, max_length=120)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("website", models.CharField(blank=True, max_length=250)),
                ("imprint_url", models.CharField(blank=True, max_length=250)),
                ("sector", models.CharField(blank=True, max_length=12)),
                ("business_model", models.TextField(blank=True)),
                ("sending_history", models.TextField(blank=True)),
                ("previous_provider", models.CharField(blank=True, max_length=160)),
                ("leaving_reason", models.TextField(blank=True)),
                ("monthly_volume", models.PositiveIntegerField(null=True)),
                ("cadence", models.CharField(blank=True, max_length=12)),
                ("lists", models.JSONField(default=list)),
                ("form_url", models.CharField(blank=True, max_length=250)),
                ("sample_mailing", models.TextField(blank=True)),
                ("done_steps", ArrayField(base_field=models.CharField(max_length=12), default=list, size=None)),
                ("created_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("signals_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "application",
                "constraints": [models.UniqueConstraint(fields=("account",), name="application_one_an_account")],
            },
        ),
        migrations.CreateModel(
            name="AccountStatusChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("before", models.CharField(max_length=12)),
                ("after", models.CharField(max_length=12)),
                ("actor_name", models.CharField(max_length=254)),
                ("reason_code", models.CharField(max_length=40)),
                ("rule", models.CharField(blank=True, max_length=10)),
                ("text", models.TextField(blank=True)),
                ("remedy", models.TextField(blank=True)),
                ("evidence", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="accounts.application"),
                ),
            ],
            options={
                "db_table": "standing_change",
                "indexes": [models.Index(fields=["account", "-id"], name="standing_change_recent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason_code", ""), _negated=True), name="standing_change_has_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("after__in", ["registered", "submitted", "approved", "active"]),
                            models.Q(("text", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="standing_change_tells_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeskMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("side", models.CharField(max_length=8)),
                ("text", models.TextField()),
                ("at", models.DateTimeField()),
                ("handled_at", models.DateTimeField(null=True)),
                (
                    "about",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to="accounts.accountstatuschange"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("author", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "desk_message",
                "indexes": [
                    models.Index(fields=["account", "id"], name="desk_message_thread"),
                    models.Index(
                        condition=models.Q(("handled_at__isnull", True), ("side", "customer")),
                        fields=["at"],
                        name="desk_message_waiting",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FourEyesSwitch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("wanted", models.BooleanField()),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "switched_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "db_table": "four_eyes_switch",
                "indexes": [models.Index(fields=["account", "-id"], name="four_eyes_recent")],
            },
        ),
        migrations.CreateModel(
            name="Imprint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("country", models.CharField(max_length=2)),
                ("fields", models.JSONField(default=dict)),
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
                "db_table": "imprint",
                "constraints": [models.UniqueConstraint(fields=("account", "version"), name="imprint_version_once")],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254)),
                ("name", models.CharField(max_length=120)),
                ("role", models.CharField(max_length=8)),
                ("list_ids", ArrayField(base_field=models.BigIntegerField(), default=None, null=True, size=None)),
                ("language", models.CharField(max_length=5)),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField()),
                ("sends", models.PositiveSmallIntegerField(default=1)),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "db_table": "invitation",
                "indexes": [models.Index(fields=["email"], name="invitation_email")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at__isnull", True), ("withdrawn_at__isnull", True)),
                        fields=("account", "email"),
                        name="invitation_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("role", models.CharField(default="editor", max_length=8)),
                ("list_ids", ArrayField(base_field=models.BigIntegerField(), default=None, null=True, size=None)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "membership",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "user"), name="membership_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "owner"), _negated=True), ("list_ids__isnull", True), _connector="OR"
                        ),
                        name="membership_owner_has_all_lists",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=12)),
                ("recipient", models.EmailField(max_length=254)),
                ("subject", models.TextField(blank=True)),
                ("text_sealed", models.TextField(blank=True)),
                ("language", models.CharField(blank=True, db_default="", max_length=10)),
                ("edition_id", models.BigIntegerField(null=True)),
                ("sample_contact_id", models.BigIntegerField(null=True)),
                ("template_version_id", models.BigIntegerField(null=True)),
                ("report_id", models.BigIntegerField(null=True)),
                ("reply_to", models.CharField(blank=True, db_default="", max_length=254)),
                ("in_reply_to", models.CharField(blank=True, db_default="", max_length=250)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "notice",
                "indexes": [models.Index(fields=["account", "created_at"], name="notice_recent")],
            },
        ),
        migrations.CreateModel(
            name="Signal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=30)),
                ("outcome", models.CharField(max_length=12)),
                ("word", models.CharField(default="unknown", max_length=30)),
                ("value", models.TextField(blank=True)),
                ("evidence", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="signals", to="accounts.application"),
                ),
            ],
            options={
                "db_table": "vetting_signal",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "application", "key"), name="vetting_signal_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Strike",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("reason_code", models.CharField(max_length=40)),
                ("text", models.TextField()),
                ("evidence", models.JSONField(default=dict)),
                ("given_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("taken_back_at", models.DateTimeField(null=True)),
                ("taken_back_because", models.TextField(blank=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "taken_back_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "strike",
                "indexes": [models.Index(fields=["account", "-given_at"], name="strike_recent")],
            },
        ),
        migrations.CreateModel(
            name="VettingDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=8)),
                ("text", models.TextField(blank=True)),
                ("note", models.TextField(blank=True)),
                ("record", models.JSONField()),
                ("record_sha256", models.CharField(max_length=64)),
                ("signals", models.JSONField(default=list)),
                ("decided_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="decisions", to="accounts.application"),
                ),
                (
                    "decided_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "db_table": "vetting_decision",
                "indexes": [models.Index(fields=["account", "-id"], name="vetting_decision_recent")],
            },
        ),
        migrations.CreateModel(
            name="Acknowledgement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("occasion", models.CharField(max_length=10)),
                ("subject_id", models.BigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.TextField(blank=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("user", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "document",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="accounts.agreementdocument"),
                ),
            ],
            options={
                "db_table": "acknowledgement",
                "indexes": [models.Index(fields=["account", "occasion", "subject_id"], name="acknowledgement_of")],
            },
        ),
        migrations.CreateModel(
            name="Acceptance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("accepted_at", models.DateTimeField(default=now)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.TextField(blank=True)),
                ("user", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="accounts.agreementdocument"),
                ),
            ],
            options={
                "db_table": "acceptance",
                "indexes": [models.Index(fields=["account", "document"], name="acceptance_document")],
            },
        ),
        migrations.AddField(
            model_name="account",
            name="vetting_record",
            field=models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="accounts.application"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["active", "throttled"]), _negated=True),
                    models.Q(
                        ("activated_at__isnull", False),
                        ("activated_by__isnull", False),
                        ("vetting_record__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="account_activated_by_a_person",
            ),
        ),
        migrations.RunSQL("ALTER TABLE shared_entry SET UNLOGGED", "ALTER TABLE shared_entry SET LOGGED"),
    ]
