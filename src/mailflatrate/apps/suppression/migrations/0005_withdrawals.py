"""The outbox of withdrawals, and the triggers that fill it from suppressions and from measures against accounts."""

import django.db.models.functions.datetime
from django.db import migrations, models

SQL = """
CREATE FUNCTION withdrawal_of_suppression() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO withdrawal_outbox (account_id, kind, reason, address_key, at)
        VALUES (NEW.account_id, 'suppressed', NEW.reason, NEW.address_key, statement_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER suppression_is_logged AFTER INSERT OR UPDATE OF reason ON suppression
    FOR EACH ROW WHEN (NEW.lifted_at IS NULL) EXECUTE FUNCTION withdrawal_of_suppression();

CREATE FUNCTION withdrawal_of_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO withdrawal_outbox (account_id, kind, reason, at)
        VALUES (NEW.account_id, 'standing', NEW.after, statement_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER standing_is_logged AFTER INSERT ON standing_change
    FOR EACH ROW WHEN (NEW.after IN ('throttled', 'paused', 'suspended', 'closed'))
    EXECUTE FUNCTION withdrawal_of_standing();
"""
UNDO = """
DROP TRIGGER suppression_is_logged ON suppression; DROP FUNCTION withdrawal_of_suppression();
DROP TRIGGER standing_is_logged ON standing_change; DROP FUNCTION withdrawal_of_standing();
"""
KINDS = ("suppressed", "withdrawn", "objection", "tracking_withdrawn", "erased", "standing")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_sealed_notices"),
        ("suppression", "0004_since_the_reason"),
    ]
    operations = [
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=[(kind, kind.replace("_", " ").title()) for kind in KINDS], max_length=20),
                ),
                (
                    "reason",
                    models.CharField(db_default="", help_text="of a suppression; the new standing", max_length=20),
                ),
                ("contact_id", models.BigIntegerField(null=True)),
                ("list_id", models.BigIntegerField(null=True)),
                ("address_key", models.BinaryField(max_length=32, null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={"db_table": "withdrawal_outbox"},
        ),
        migrations.RunSQL(SQL, UNDO),
    ]
