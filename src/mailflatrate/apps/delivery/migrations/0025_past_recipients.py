"""Who got the messages of a dropped month is kept, so that the links in them work as long as the key ring (ADR 0026)."""

import importlib

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

_functions = importlib.import_module("mailflatrate.apps.delivery.migrations.0022_archive_functions")

# As in 0022, and before the partition goes its recipients are folded, some thousand ids a call.
DROP_MONTH = _functions._function(
    "drop_archive_month(ended_before timestamptz) RETURNS text",
    """
    m public.archive_month;
    expired timestamptz := least(ended_before, date_trunc('year', now()) - interval '1 year');
    n integer;
    low bigint;
    high bigint;
""",
    """
    SELECT * INTO m FROM public.archive_month WHERE dropped_at IS NULL ORDER BY from_id LIMIT 1 FOR UPDATE;
    IF m.month IS NULL OR m.made_at >= expired OR coalesce(m.ended_at, m.made_at) >= expired THEN
        RETURN NULL;
    END IF;
    DELETE FROM public.attempt WHERE id IN (
        SELECT t.id FROM public.archived_campaign a JOIN public.attempt t ON t.account_id = a.account_id
            AND t.delivery_id >= greatest(a.from_id, m.from_id) AND t.delivery_id < least(a.to_id, m.to_id)
        WHERE a.from_id < m.to_id AND a.to_id > m.from_id
          AND NOT EXISTS (SELECT 1 FROM public.delivery d WHERE d.id = t.delivery_id)
        LIMIT 20000);
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n > 0 THEN
        RETURN 'attempts';
    END IF;
    SELECT min(id) INTO low FROM public.delivery_archive
        WHERE id >= coalesce(m.folded_to, m.from_id) AND id < m.to_id;
    IF low IS NOT NULL THEN
        high := least(low + 50000, m.to_id);
        INSERT INTO public.past_recipients (account_id, campaign_id, mailing_list_id, from_id, to_id, offsets,
                                            contact_ids)
        SELECT account_id, campaign_id, mailing_list_id, low, max(id), array_agg((id - low)::integer ORDER BY id),
            array_agg(contact_id ORDER BY id)
        FROM public.delivery_archive
        WHERE id >= low AND id < high AND contact_id IS NOT NULL AND mailing_list_id IS NOT NULL
          AND state IN ('sent', 'bounced', 'in_doubt')
        GROUP BY account_id, campaign_id, mailing_list_id;
        UPDATE public.archive_month SET folded_to = high WHERE month = m.month;
        RETURN 'recipients';
    END IF;
    EXECUTE format('DROP TABLE public.%I', m.partition);
    UPDATE public.archive_month SET dropped_at = now() WHERE month = m.month;
    RETURN m.partition;
""",
).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_sealed_notices"),
        ("campaigns", "0020_stored_pictures"),
        ("delivery", "0024_hot_updates"),
        ("lists", "0018_withdrawals"),
    ]

    operations = [
        migrations.AddField(
            model_name="archivemonth",
            name="folded_to",
            field=models.BigIntegerField(help_text="ids below it are in past_recipients", null=True),
        ),
        migrations.CreateModel(
            name="PastRecipients",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
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
                ("from_id", models.BigIntegerField()),
                ("to_id", models.BigIntegerField(help_text="the last id in it")),
                ("offsets", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                (
                    "contact_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
            ],
            options={
                "db_table": "past_recipients",
                "indexes": [models.Index(fields=["account", "from_id"], name="past_recipients_id")],
            },
        ),
        migrations.RunSQL(DROP_MONTH, migrations.RunSQL.noop),
    ]
