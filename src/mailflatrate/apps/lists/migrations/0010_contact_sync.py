"""The changes of contacts, for programs that keep a copy, and the id that a program gives a contact."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

# Everyone who is here now counts as changed, so that a program that asks for an earlier time misses no one.
FIRST = """
INSERT INTO contact_touch (account_id, first_id, last_id, is_gone, xid, oldest, at)
SELECT account_id, min(id), max(id), false, pg_current_xact_id()::text::bigint,
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint, clock_timestamp()
FROM contact GROUP BY account_id
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0002_account_status_change"), ("lists", "0009_contact_orders")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
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
                        on_delete=django.db.models.deletion.CASCADE,
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
        migrations.AddField(
            model_name="contact",
            name="external_id",
            field=models.CharField(max_length=200, null=True),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id__isnull", False)),
                fields=("account", "external_id"),
                name="contact_external_id_once",
            ),
        ),
        AddIndexConcurrently("contact", models.Index(fields=["account", "updated_at", "id"], name="contact_updated")),
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
    ]
