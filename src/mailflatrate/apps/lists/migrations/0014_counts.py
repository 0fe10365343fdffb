"""Counters of lists that triggers keep, and the last count of large accounts."""

import django.db.models.deletion
from django.db import migrations, models

COUNTED = """
CREATE OR REPLACE FUNCTION public.subscription_counted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.list_tally (account_id, mailing_list_id, state, people)
        SELECT account_id, mailing_list_id, state, count(*) FROM added GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO public.list_tally (account_id, mailing_list_id, state, people)
        SELECT account_id, mailing_list_id, state, -count(*) FROM removed GROUP BY 1, 2, 3;
    ELSE
        INSERT INTO public.list_tally (account_id, mailing_list_id, state, people)
        SELECT account_id, mailing_list_id, state, sum(people) FROM (
            SELECT account_id, mailing_list_id, state, 1 AS people FROM added
            UNION ALL SELECT account_id, mailing_list_id, state, -1 FROM removed) changed
        GROUP BY 1, 2, 3 HAVING sum(people) <> 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER zz_counted_in AFTER INSERT ON subscription REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.subscription_counted();
CREATE TRIGGER zz_counted_out AFTER DELETE ON subscription REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION public.subscription_counted();
CREATE TRIGGER zz_counted_over AFTER UPDATE ON subscription REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.subscription_counted();
INSERT INTO list_tally (account_id, mailing_list_id, state, people)
SELECT account_id, mailing_list_id, state, count(*) FROM subscription GROUP BY 1, 2, 3;
"""
UNCOUNTED = """
DROP TRIGGER zz_counted_in ON subscription;
DROP TRIGGER zz_counted_out ON subscription;
DROP TRIGGER zz_counted_over ON subscription;
DROP FUNCTION public.subscription_counted();
"""
ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0021_sealed_notices"), ("lists", "0013_import_terms")]
    operations = [
        migrations.CreateModel(
            name="ListTally",
            fields=[
                ID,
                ("state", models.CharField(max_length=12)),
                ("people", models.BigIntegerField()),
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
                    "mailing_list",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="lists.mailinglist",
                    ),
                ),
            ],
            options={
                "db_table": "list_tally",
                "indexes": [models.Index(fields=["account", "mailing_list", "state"], name="list_tally_account")],
            },
        ),
        migrations.CreateModel(
            name="MailableCount",
            fields=[
                ID,
                ("counted_at", models.DateTimeField()),
                ("series", models.JSONField(help_text="pairs of a day and a number, the oldest first")),
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
                "db_table": "mailable_count",
                "constraints": [models.UniqueConstraint(fields=("account",), name="mailable_count_once")],
            },
        ),
        migrations.RunSQL(COUNTED, UNCOUNTED),
    ]
