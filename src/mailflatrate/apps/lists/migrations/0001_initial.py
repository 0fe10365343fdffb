"""The tables of lists. `../sql` has their functions and triggers."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions.datetime import Now
from django.db.models.functions.text import Lower

from mailflatrate.apps.lists.models.events import CurrentTransaction

# What the search for people reads. A row goes with its contact, in the database.
SEARCH = """
CREATE TABLE contact_text (
    contact_id bigint PRIMARY KEY REFERENCES contact (id) ON DELETE CASCADE,
    account_id bigint NOT NULL,
    said text NOT NULL
);
"""
# A database without this extension, or an owner who may not create it, goes without the index (lists.search).
INDEX = """
DO $$
BEGIN
    CREATE SCHEMA IF NOT EXISTS trigrams;
    CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA trigrams;
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'pg_trgm cannot be created: searching a million contacts takes a second';
END $$;
DO $$
DECLARE
    home text := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_trgm');
BEGIN
    IF home IS NOT NULL THEN
        EXECUTE format('CREATE INDEX contact_search ON contact_text USING gin (said %I.gin_trgm_ops)', home);
    END IF;
END $$;
"""
# The words of offices that contacts are refused for; each `migrate` fills the table from the data files (role_lock).
ROLE_WORD = "CREATE TABLE role_word (word text PRIMARY KEY)"
# The database deletes these rows with their contact, and what says who has a tag with the tag too.
CASCADE = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT conrelid::regclass AS place, conname, pg_get_constraintdef(oid) AS body FROM pg_constraint
        WHERE contype = 'f' AND (conrelid = 'contact_tag'::regclass OR confrelid = 'contact'::regclass AND conrelid IN
            ('contact_note'::regclass, 'contact_change'::regclass, 'contact_event'::regclass))
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.place, one.conname);
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', one.place, one.conname,
            replace(one.body, ' DEFERRABLE', ' ON DELETE CASCADE DEFERRABLE'));
    END LOOP;
END $$;
"""


def cascade(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change the keys once they are there: they are added when the migration ends."""
    schema_editor.deferred_sql.append(CASCADE)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("consent", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("email", models.CharField(max_length=254)),
                ("address_key", models.BinaryField(max_length=32)),
                ("first_name", models.CharField(blank=True, db_default="", max_length=120)),
                ("last_name", models.CharField(blank=True, db_default="", max_length=120)),
                (
                    "attributes",
                    models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
                ),
                ("last_activity_at", models.DateTimeField(null=True)),
                ("pause_days", models.PositiveSmallIntegerField(null=True)),
                ("paused_until", models.DateTimeField(null=True)),
                ("soft_bounces", models.PositiveSmallIntegerField(db_default=0)),
                ("soft_since", models.DateTimeField(null=True)),
                ("disabled_mailings", models.PositiveSmallIntegerField(db_default=0)),
                ("tracking_event_id", models.BigIntegerField(null=True)),
                ("external_id", models.CharField(max_length=200, null=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("updated_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "contact",
                "indexes": [
                    models.Index(fields=["account", "email"], name="contact_email"),
                    models.Index(models.F("account"), Lower("email"), models.F("id"), name="contact_email_order"),
                    models.Index(fields=["account", "created_at", "id"], name="contact_added"),
                    models.Index(fields=["account", "updated_at", "id"], name="contact_updated"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "address_key"), name="contact_address_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("external_id__isnull", False)),
                        fields=("account", "external_id"),
                        name="contact_external_id_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactColumns",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("columns", models.JSONField(default=list)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("user", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "contact_columns",
                "constraints": [models.UniqueConstraint(fields=("account", "user"), name="contact_columns_once")],
            },
        ),
        migrations.CreateModel(
            name="ContactEventType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("properties", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "event_type",
                "constraints": [models.UniqueConstraint(fields=("account", "name"), name="event_type_name_once")],
            },
        ),
        migrations.CreateModel(
            name="ContactEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField(db_default=Now())),
                ("properties", models.JSONField(default=dict)),
                ("key", models.BinaryField(max_length=16, null=True)),
                ("xid", models.BigIntegerField(db_default=CurrentTransaction())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False, on_delete=models.DO_NOTHING, related_name="+", to="lists.contact"
                    ),
                ),
                (
                    "event_type",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="lists.contacteventtype",
                    ),
                ),
            ],
            options={
                "db_table": "contact_event",
                "indexes": [
                    models.Index(fields=["contact", "event_type", "at"], name="contact_event_person"),
                    models.Index(
                        fields=["account", "event_type", "at"], include=("contact",), name="contact_event_type"
                    ),
                    models.Index(fields=["account", "xid", "id"], name="contact_event_order"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("key__isnull", False)),
                        fields=("account", "key"),
                        name="contact_event_key_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=60)),
                ("label", models.CharField(max_length=120)),
                ("type", models.CharField(max_length=20)),
                ("purpose", models.CharField(blank=True, db_default="", max_length=300)),
                ("choices", models.JSONField(default=list)),
                ("default", models.JSONField(null=True)),
                ("place", models.PositiveIntegerField(default=0)),
                ("archived_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "contact_field",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "key"), name="contact_field_key_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("edited_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False, on_delete=models.DO_NOTHING, related_name="+", to="lists.contact"
                    ),
                ),
            ],
            options={
                "db_table": "contact_note",
                "indexes": [models.Index(fields=["contact", "-created_at"], name="contact_note_of")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("text__gt", "")), name="contact_note_says_something")
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactTouch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("is_gone", models.BooleanField()),
                ("xid", models.BigIntegerField()),
                ("oldest", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "contact_touch",
                "indexes": [
                    models.Index(fields=["account", "xid", "id"], name="contact_touch_order"),
                    models.Index(fields=["account", "at"], name="contact_touch_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConversionGoal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("amount_property", models.CharField(blank=True, max_length=60)),
                ("currency_property", models.CharField(blank=True, max_length=60)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("coupon_property", models.CharField(blank=True, max_length=60)),
                ("window_days", models.PositiveSmallIntegerField(default=7)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "event_type",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="lists.contacteventtype"
                    ),
                ),
            ],
            options={
                "db_table": "conversion_goal",
                "constraints": [
                    models.UniqueConstraint(fields=("account",), name="conversion_goal_once"),
                    models.CheckConstraint(
                        condition=models.Q(("window_days__range", (1, 30))), name="conversion_goal_window"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_property", ""), models.Q(("currency", ""), _negated=True), _connector="OR"
                        ),
                        name="conversion_goal_currency",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("count", models.PositiveIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "event_day",
                "constraints": [models.UniqueConstraint(fields=("account", "day"), name="event_day_once")],
            },
        ),
        migrations.CreateModel(
            name="EventSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("keep_days", models.PositiveSmallIntegerField(default=365)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "event_settings",
                "constraints": [
                    models.UniqueConstraint(fields=("account",), name="event_settings_once"),
                    models.CheckConstraint(
                        condition=models.Q(("keep_days__range", (1, 1095))), name="event_settings_period"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FieldMigration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("state", models.CharField(default="reading", max_length=10)),
                ("after_key", models.BinaryField(default=bytes, max_length=32)),
                ("found", models.JSONField(default=dict)),
                ("changed", models.BigIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "field_migration",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "done"), _negated=True),
                        fields=["state"],
                        name="field_migration_open",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("account",), name="field_migration_once")],
            },
        ),
        migrations.CreateModel(
            name="MailableCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("counted_at", models.DateTimeField()),
                ("series", models.JSONField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "mailable_count",
                "constraints": [models.UniqueConstraint(fields=("account",), name="mailable_count_once")],
            },
        ),
        migrations.CreateModel(
            name="MailingList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("public_name", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True, db_default="")),
                ("language", models.CharField(default="en", max_length=5)),
                ("code", models.CharField(max_length=16)),
                ("origin_state", models.CharField(default="form", max_length=10)),
                ("origin_decided_at", models.DateTimeField(null=True)),
                ("archived_at", models.DateTimeField(null=True)),
                ("public_archive_at", models.DateTimeField(null=True)),
                (
                    "archive_hidden_ids",
                    ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, size=None),
                ),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "origin_decided_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "mailing_list",
                "indexes": [
                    models.Index(
                        condition=models.Q(("public_archive_at__isnull", False)),
                        fields=["code"],
                        name="mailing_list_public",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "code"), name="mailing_list_code_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("origin_state", "approved"), _negated=True),
                            models.Q(("origin_decided_at__isnull", False), ("origin_decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="mailing_list_approved_by_a_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListOrigin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("form_urls", ArrayField(base_field=models.TextField(), default=list, size=None)),
                ("wording", models.TextField(blank=True)),
                ("screenshot", models.BinaryField(max_length=4194304, null=True)),
                ("screenshot_type", models.CharField(blank=True, db_default="", max_length=10)),
                ("collected_from", models.DateField()),
                ("collected_to", models.DateField(null=True)),
                ("previous_system", models.CharField(max_length=200)),
                ("last_mailed_on", models.DateField(null=True)),
                ("declared_count", models.PositiveIntegerField()),
                ("controller", models.CharField(max_length=200)),
                ("signatory", models.CharField(max_length=200)),
                ("evidence", ArrayField(base_field=models.CharField(max_length=12), default=list, size=None)),
                ("remarks", models.TextField(blank=True)),
                ("hits", models.JSONField(default=list)),
                ("policy_version", models.CharField(blank=True, max_length=20)),
                ("declared_at", models.DateTimeField(db_default=Now())),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.TextField(blank=True, db_default="")),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision_reason", models.TextField(blank=True, db_default="")),
                ("dead", models.PositiveIntegerField(null=True)),
                ("dead_of", models.PositiveIntegerField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "declared_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
                "db_table": "list_origin",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["declared_at"], name="list_origin_queue"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "mailing_list", "version"), name="list_origin_version_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "asked"])),
                        fields=("account", "mailing_list"),
                        name="list_origin_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["asked", "approved", "rejected"]), _negated=True),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("decision_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="list_origin_decided_by_a_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("state", models.CharField(max_length=12)),
                ("people", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
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
                "db_table": "list_tally",
                "indexes": [models.Index(fields=["account", "mailing_list", "state"], name="list_tally_account")],
            },
        ),
        migrations.CreateModel(
            name="RecordedChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=6)),
                ("values", models.JSONField()),
                ("source", models.CharField(max_length=6)),
                ("reference", models.CharField(blank=True, db_default="", max_length=120)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False, on_delete=models.DO_NOTHING, related_name="+", to="lists.contact"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "contact_change",
                "indexes": [
                    models.Index(fields=["contact", "-at"], name="contact_change_of"),
                    models.Index(fields=["at"], name="contact_change_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("state", models.CharField(max_length=12)),
                ("quarantine_reason", models.CharField(blank=True, db_default="", max_length=60)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("unsubscribed_at", models.DateTimeField(null=True)),
                ("unsubscribed_by", models.CharField(blank=True, db_default="", max_length=20)),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
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
                        db_constraint=False, on_delete=models.CASCADE, related_name="subscriptions", to="lists.contact"
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
            ],
            options={
                "db_table": "subscription",
                "indexes": [
                    models.Index(
                        condition=models.Q(("confirmed_at__isnull", False)),
                        fields=["account", "confirmed_at", "contact"],
                        name="subscription_last_confirmed",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "mailing_list", "contact"), name="subscription_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "confirmed"), _negated=True),
                            models.Q(("confirmed_at__isnull", False), ("consent_event__isnull", False)),
                            _connector="OR",
                        ),
                        name="subscription_confirmed_has_proof",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("folded", models.CharField(max_length=180)),
                ("color", models.CharField(max_length=6)),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "tag",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "folded"), name="tag_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("color__in", ["gray", "red", "orange", "yellow", "green", "teal", "blue", "purple"])
                        ),
                        name="tag_known_color",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                ("contact", models.ForeignKey(on_delete=models.DO_NOTHING, related_name="+", to="lists.contact")),
                (
                    "tag",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="lists.tag",
                    ),
                ),
            ],
            options={
                "db_table": "contact_tag",
                "constraints": [models.UniqueConstraint(fields=("account", "tag", "contact"), name="contact_tag_once")],
            },
        ),
        migrations.CreateModel(
            name="SearchTodo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "search_todo",
                "indexes": [models.Index(fields=["account"], name="search_todo_account")],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SEARCH, "DROP TABLE contact_text")],
            state_operations=[
                migrations.CreateModel(
                    name="ContactText",
                    fields=[
                        (
                            "contact",
                            models.OneToOneField(
                                on_delete=models.DO_NOTHING,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="lists.contact",
                            ),
                        ),
                        ("said", models.TextField()),
                        (
                            "account",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=models.CASCADE,
                                related_name="+",
                                to="accounts.account",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "contact_text",
                    },
                ),
            ],
        ),
        migrations.RunSQL(INDEX, migrations.RunSQL.noop),
        migrations.RunSQL(ROLE_WORD, "DROP TABLE role_word"),
        migrations.RunPython(cascade, migrations.RunPython.noop),
    ]
