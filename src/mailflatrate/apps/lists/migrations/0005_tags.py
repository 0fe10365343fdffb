"""Tags of contacts."""

from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# The database deletes the rows with the contact.
CASCADE = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT conname, pg_get_constraintdef(oid) AS body FROM pg_constraint
        WHERE contype = 'f' AND conrelid = 'contact_tag'::regclass
    LOOP
        EXECUTE format('ALTER TABLE contact_tag DROP CONSTRAINT %I', one.conname);
        EXECUTE format('ALTER TABLE contact_tag ADD CONSTRAINT %I %s', one.conname,
            replace(one.body, ' DEFERRABLE', ' ON DELETE CASCADE DEFERRABLE'));
    END LOOP;
END $$;
"""


def cascade(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change the keys once they are there: they are added when the migration ends."""
    schema_editor.deferred_sql.append(CASCADE)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_account_status_change"), ("lists", "0004_move")]

    operations = [
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("folded", models.CharField(max_length=180)),
                ("color", models.CharField(max_length=6)),
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
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="lists.contact",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
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
        migrations.RunPython(cascade, migrations.RunPython.noop),
    ]
