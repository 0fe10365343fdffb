"""Where withdrawals are logged, so that a promotion waits for them; and every number that a link or a line may hold."""

import django.db.models.functions.datetime
from django.db import migrations, models

JUMP = """
CREATE OR REPLACE FUNCTION jump_identifiers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    name text;
    numbers text;
BEGIN
    IF NOT public.platform_open() THEN
        RAISE EXCEPTION 'identifiers jump with a pass only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOREACH name IN ARRAY ARRAY[
        'delivery', 'campaign', 'edition', 'chunk', 'contact', 'subscription', 'signup_request', 'account',
        'mailing_list', 'notice'
    ] LOOP
        numbers := pg_get_serial_sequence('public.' || name, 'id');
        PERFORM setval(numbers, nextval(numbers) + 10000000);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0025_past_recipients"),
        ("lists", "0019_owned_outbox"),
    ]
    operations = [
        migrations.CreateModel(
            name="WithdrawalsPlace",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=80)),
                ("seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("replayed_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "withdrawals_place"},
        ),
        migrations.AddField(
            model_name="sendingfence",
            name="withdrawals_at",
            field=models.DateTimeField(help_text="when a person replayed the withdrawals log in this hold", null=True),
        ),
        migrations.RunSQL(JUMP, migrations.RunSQL.noop),
    ]
