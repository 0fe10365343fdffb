"""What confirmations count for an account only grows, and stays below what it asked (R-35)."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_limits_held"),
        ("forms", "0002_asking_tally"),
    ]

    operations = [
        migrations.RunSQL("UPDATE asking_tally SET confirmed = asked WHERE confirmed > asked", migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="askingtally",
            name="asking_tally_grows",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="askingtally",
            trigger=pgtrigger.compiler.Trigger(
                name="asking_tally_grows",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."asked" > (NEW."asked") OR OLD."confirmed" > (NEW."confirmed") OR OLD."denied" > (NEW."denied") OR OLD."unknown" > (NEW."unknown"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="8890307f9ed56e94f45fa77e945ac91ca91883fc",
                    operation="UPDATE",
                    pgid="pgtrigger_asking_tally_grows_f9ab0",
                    table="asking_tally",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="askingtally",
            constraint=models.CheckConstraint(
                condition=models.Q(("confirmed__lte", models.F("asked"))), name="asking_tally_confirms_asked"
            ),
        ),
    ]
