"""The outbox: partitioned by day, with a partition for days that have none of their own."""

from django.db import migrations, models

# No primary key in the database: it would have to hold the time as well, and nothing looks for an id alone.
OUTBOX = """
CREATE SEQUENCE outbox_event_id_seq;
CREATE TABLE outbox_event (
    id bigint NOT NULL DEFAULT nextval('outbox_event_id_seq'),
    account_id bigint NOT NULL,
    type varchar(40) NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (at);
ALTER SEQUENCE outbox_event_id_seq OWNED BY outbox_event.id;
CREATE INDEX outbox_event_order ON outbox_event (account_id, xid, id);
CREATE TABLE outbox_event_other PARTITION OF outbox_event DEFAULT;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(OUTBOX, "DROP TABLE outbox_event")],
            state_operations=[
                migrations.CreateModel(
                    name="OutboxEvent",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("account_id", models.BigIntegerField()),
                        ("type", models.CharField(max_length=40)),
                        (
                            "payload",
                            models.JSONField(
                                db_default=models.Value({}, output_field=models.JSONField()), default=dict
                            ),
                        ),
                        ("xid", models.BigIntegerField()),
                        ("at", models.DateTimeField(db_default=models.Func(function="clock_timestamp"))),
                    ],
                    options={
                        "db_table": "outbox_event",
                        "indexes": [models.Index(fields=["account_id", "xid", "id"], name="outbox_event_order")],
                    },
                ),
            ],
        ),
    ]
