"""The tables of segments, exports, bulk actions and sort indexes. `../sql` has their triggers."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions.datetime import Now

# The database deletes what a bulk action noted about a contact with the contact.
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
    initial = True

    dependencies = [("accounts", "0001_initial"), ("lists", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="BulkAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=12)),
                ("parameters", models.JSONField(default=dict)),
                ("selection", models.JSONField(default=dict)),
                ("state", models.CharField(default="queued", max_length=10)),
                ("total", models.BigIntegerField(default=0)),
                ("done", models.BigIntegerField(default=0)),
                ("changed", models.BigIntegerField(default=0)),
                ("skipped", models.JSONField(default=dict)),
                ("after_id", models.BigIntegerField(default=0)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("list_ids", ArrayField(base_field=models.BigIntegerField(), default=None, null=True, size=None)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
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
                    "undoes",
                    models.OneToOneField(
                        null=True, on_delete=models.CASCADE, related_name="undone_by", to="segments.bulkaction"
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
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "action",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="segments.bulkaction"
                    ),
                ),
                ("contact", models.ForeignKey(on_delete=models.DO_NOTHING, related_name="+", to="lists.contact")),
            ],
            options={
                "db_table": "bulk_item",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "action", "contact"), name="bulk_item_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("content", models.CharField(max_length=12)),
                ("file_format", models.CharField(max_length=6)),
                ("segment_name", models.CharField(blank=True, db_default="", max_length=120)),
                ("conditions", models.JSONField(null=True)),
                ("state", models.CharField(default="queued", max_length=10)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("rows_total", models.BigIntegerField(default=0)),
                ("rows_done", models.BigIntegerField(default=0)),
                ("file_path", models.CharField(blank=True, db_default="", max_length=101)),
                ("file_bytes", models.BigIntegerField(default=0)),
                ("file_sha256", models.CharField(blank=True, db_default="", max_length=64)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("requested_by", models.CharField(blank=True, db_default="", max_length=320)),
                ("list_ids", ArrayField(base_field=models.BigIntegerField(), default=None, null=True, size=None)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
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
                    "mailing_list",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="lists.mailinglist"
                    ),
                ),
            ],
            options={
                "db_table": "export",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="export_recent"),
                    models.Index(condition=models.Q(("state", "done")), fields=["expires_at"], name="export_expires"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(models.Q(("file_path", ""), _negated=True), ("expires_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="export_done_has_a_file",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("conditions", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "segment",
                "constraints": [models.UniqueConstraint(fields=("account", "name"), name="segment_name_once")],
            },
        ),
        migrations.CreateModel(
            name="SortIndex",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("type", models.CharField(blank=True, max_length=8)),
                ("read_to", models.BigIntegerField()),
                ("after_key", models.BinaryField(default=bytes, max_length=32)),
                ("built_at", models.DateTimeField(null=True)),
                ("wanted_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("field", models.OneToOneField(on_delete=models.CASCADE, related_name="+", to="lists.contactfield")),
            ],
            options={
                "db_table": "sort_index",
            },
        ),
        migrations.CreateModel(
            name="SortKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "contact_id", "sort_index_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.FloatField(null=True)),
                ("text", models.TextField(null=True)),
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
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="lists.contact",
                    ),
                ),
                (
                    "sort_index",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="segments.sortindex",
                    ),
                ),
            ],
            options={
                "db_table": "sort_key",
                "indexes": [
                    models.Index(
                        condition=models.Q(("number__isnull", False)),
                        fields=["account", "sort_index", "number", "contact"],
                        name="sort_key_numbers",
                    ),
                    models.Index(
                        condition=models.Q(("text__isnull", False)),
                        fields=["account", "sort_index", "text", "contact"],
                        name="sort_key_texts",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number__isnull", False), ("text__isnull", True)),
                            models.Q(("number__isnull", True), ("text__isnull", False)),
                            _connector="OR",
                        ),
                        name="sort_key_one_value",
                    )
                ],
            },
        ),
        migrations.RunPython(cascade, migrations.RunPython.noop),
    ]
