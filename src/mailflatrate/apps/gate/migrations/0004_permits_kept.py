"""No permit is deleted, and the application deletes no decision: a draft takes its refusals with it in the database."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

_CASCADE = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT conname, pg_get_constraintdef(oid) AS body FROM pg_constraint
        WHERE contype = 'f' AND conrelid = 'gate_decision'::regclass
            AND confrelid IN ('campaign'::regclass, 'edition'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE gate_decision DROP CONSTRAINT %I', one.conname);
        EXECUTE format('ALTER TABLE gate_decision ADD CONSTRAINT %I %s', one.conname,
            replace(one.body, ' DEFERRABLE', ' ON DELETE CASCADE DEFERRABLE'));
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0019_sealed_editions"),
        ("gate", "0003_sealed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="gatedecision",
            name="campaign",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="decisions",
                to="campaigns.campaign",
            ),
        ),
        migrations.AlterField(
            model_name="gatedecision",
            name="edition",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="campaigns.edition"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="gatedecision",
            trigger=pgtrigger.compiler.Trigger(
                name="gate_permit_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."allowed")',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="390059831d970d84f0e93c9cd10684ba08e4e01f",
                    operation="DELETE",
                    pgid="pgtrigger_gate_permit_kept_b70aa",
                    table="gate_decision",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(_CASCADE, migrations.RunSQL.noop),
    ]
