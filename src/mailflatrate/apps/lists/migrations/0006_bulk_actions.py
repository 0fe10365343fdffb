"""Bulk actions on contacts."""

from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# The database deletes the rows with the contact or the action.
CASCADE = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT conname, pg_get_constraintdef(oid) AS body FROM pg_constraint
        WHERE contype = 'f' AND conrelid = 'bulk_item'::regclass AND confrelid = 'contact'::regclass
    LOOP
        EXECUTE format('ALTER TABLE bulk_item DROP CONSTRAINT %I', one.conname);
        EXECUTE format('ALTER TABLE bulk_item ADD CONSTRAINT %I %s', one.conname,
            replace(one.body, ' DEFERRABLE', ' ON DELETE CASCADE DEFERRABLE'));
    END LOOP;
END $$;
"""


def cascade(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change the key once it is there: it is added when the migration ends."""
    schema_editor.deferred_sql.append(CASCADE)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_account_status_change"),
        ("lists", "0005_tags"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=12)),
                ("parameters", models.JSONField(default=dict)),
                ("selection", models.JSONField(default=dict)),
                ("state", models.CharField(default="queued", max_length=9)),
                ("total", models.BigIntegerField(default=0)),
                ("done", models.BigIntegerField(default=0)),
                ("changed", models.BigIntegerField(default=0)),
                ("skipped", models.JSONField(default=dict)),
                ("after_id", models.BigIntegerField(default=0)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
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
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="undone_by",
                        to="lists.bulkaction",
                    ),
                ),
            ],
            options={
                "db_table": "bulk_action",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="bulk_action_recent"),
                    models.Index(
                        condition=models.Q(("state", "running")), fields=["state"], name="bulk_action_running"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("is_changed", models.BooleanField(default=False)),
                ("before", models.JSONField(null=True)),
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
                    "action",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="lists.bulkaction",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="lists.contact",
                    ),
                ),
            ],
            options={
                "db_table": "bulk_item",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "action", "contact"), name="bulk_item_once")
                ],
            },
        ),
        migrations.RunPython(cascade, migrations.RunPython.noop),
    ]
