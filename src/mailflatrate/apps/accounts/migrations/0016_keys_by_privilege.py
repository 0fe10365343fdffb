"""Keys get narrower scopes, forms, an allowance and IP ranges; a key that exists keeps exactly what it could do."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

SCOPES_BEFORE = {
    "read": ("read",),
    "contacts": ("ask", "contacts.write", "import", "suppress", "erase"),
    "campaigns": ("campaigns.draft",),
    "release": ("campaigns.release",),
}
_PAIRS = [(before, now) for before, scopes in SCOPES_BEFORE.items() for now in scopes]
_VALUES = ", ".join(f"('{before}', '{now}', {place})" for place, (before, now) in enumerate(_PAIRS))
NARROWED = f"""(SELECT array_agg(m.now ORDER BY m.place) FROM unnest(scopes) AS had(scope)
    JOIN (VALUES {_VALUES}) AS m(before, now, place) ON m.before = had.scope)"""  # noqa: S608  # made of constants
"""The new scopes of a row that holds old ones."""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_access_held"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="apikey",
            name="api_key_as_made",
        ),
        migrations.AddField(
            model_name="apikey",
            name="daily_asks",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="form_ids",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None),
        ),
        migrations.AddField(
            model_name="apikey",
            name="networks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=43), db_default=[], default=list, size=None
            ),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("read", "Read"),
                        ("ask", "Ask for confirmation"),
                        ("contacts.write", "Edit lists and contacts"),
                        ("import", "Import"),
                        ("suppress", "Unsubscribe and suppress"),
                        ("erase", "Erase"),
                        ("campaigns.draft", "Draft campaigns"),
                        ("campaigns.release", "Release campaigns"),
                    ],
                    max_length=20,
                ),
                size=None,
            ),
        ),
        migrations.RunSQL(f"UPDATE api_key SET scopes = {NARROWED}", migrations.RunSQL.noop),  # noqa: S608  # made of constants
        pgtrigger.migrations.AddTrigger(
            model_name="apikey",
            trigger=pgtrigger.compiler.Trigger(
                name="api_key_as_made",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."prefix" IS DISTINCT FROM (NEW."prefix") OR OLD."secret_hash" IS DISTINCT FROM (NEW."secret_hash") OR OLD."scopes" IS DISTINCT FROM (NEW."scopes") OR OLD."form_ids" IS DISTINCT FROM (NEW."form_ids") OR OLD."daily_asks" IS DISTINCT FROM (NEW."daily_asks") OR OLD."networks" IS DISTINCT FROM (NEW."networks") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="b52d9b7d7ce477f8e39ea7645f1cd1e28613dcd6",
                    operation="UPDATE",
                    pgid="pgtrigger_api_key_as_made_83a32",
                    table="api_key",
                    when="BEFORE",
                ),
            ),
        ),
    ]
