"""Events of customers' own systems about their contacts."""

from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from mailflatrate.apps.lists.models.events import CurrentTransaction

# The database deletes the rows with the contact.
CASCADE = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT conname, pg_get_constraintdef(oid) AS body FROM pg_constraint
        WHERE contype = 'f' AND conrelid = 'contact_event'::regclass AND confrelid = 'contact'::regclass
    LOOP
        EXECUTE format('ALTER TABLE contact_event DROP CONSTRAINT %I', one.conname);
        EXECUTE format('ALTER TABLE contact_event ADD CONSTRAINT %I %s', one.conname,
            replace(one.body, ' DEFERRABLE', ' ON DELETE CASCADE DEFERRABLE'));
    END LOOP;
END $$;
"""


def cascade(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change the key once it is there: it is added when the migration ends."""
    schema_editor.deferred_sql.append(CASCADE)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_account_second_factor"),
        ("lists", "0016_limited_starters"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactEventType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("properties", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "event_type",
            },
        ),
        migrations.CreateModel(
            name="ContactEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("properties", models.JSONField(default=dict)),
                ("key", models.BinaryField(max_length=16, null=True)),
                ("xid", models.BigIntegerField(db_default=CurrentTransaction())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="lists.contact",
                    ),
                ),
                (
                    "event_type",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="lists.contacteventtype",
                    ),
                ),
            ],
            options={
                "db_table": "contact_event",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
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
        migrations.AddConstraint(
            model_name="contacteventtype",
            constraint=models.UniqueConstraint(fields=("account", "name"), name="event_type_name_once"),
        ),
        migrations.AddIndex(
            model_name="contactevent",
            index=models.Index(fields=["contact", "event_type", "at"], name="contact_event_person"),
        ),
        migrations.AddIndex(
            model_name="contactevent",
            index=models.Index(fields=["account", "event_type", "at"], include=("contact",), name="contact_event_type"),
        ),
        migrations.AddIndex(
            model_name="contactevent",
            index=models.Index(fields=["account", "xid", "id"], name="contact_event_order"),
        ),
        migrations.AddConstraint(
            model_name="contactevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key__isnull", False)), fields=("account", "key"), name="contact_event_key_once"
            ),
        ),
        migrations.RunPython(cascade, migrations.RunPython.noop),
    ]
