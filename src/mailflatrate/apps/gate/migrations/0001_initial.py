"""The tables of gate. `../sql` has their functions and triggers."""

from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# The database deletes the refusals of a draft with the draft; a trigger keeps permits.
CASCADE = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT conrelid::regclass AS place, conname, pg_get_constraintdef(oid) AS body FROM pg_constraint
        WHERE contype = 'f' AND conrelid = 'gate_decision'::regclass
            AND confrelid IN ('campaign'::regclass, 'edition'::regclass)
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
        ("accounts", "__first__"),
        ("campaigns", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="GateDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("chain", models.CharField(max_length=12)),
                ("allowed", models.BooleanField()),
                ("findings", models.JSONField(default=list)),
                ("rules_version", models.CharField(max_length=32)),
                ("decided_at", models.DateTimeField()),
                ("decided_through", models.CharField(blank=True, db_default="", max_length=120)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        null=True, on_delete=models.DO_NOTHING, related_name="decisions", to="campaigns.campaign"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(null=True, on_delete=models.DO_NOTHING, related_name="+", to="campaigns.edition"),
                ),
            ],
            options={
                "db_table": "gate_decision",
                "indexes": [models.Index(fields=["account", "campaign", "decided_at"], name="gate_decision_campaign")],
            },
        ),
        migrations.RunPython(cascade, migrations.RunPython.noop),
    ]
