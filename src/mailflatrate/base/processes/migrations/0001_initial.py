"""The tables of processes."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models.functions.datetime import Now

# A row goes with its worker, in the database.
TABLE = """
CREATE TABLE worker_process (
    worker_id bigint PRIMARY KEY REFERENCES procrastinate_workers (id) ON DELETE CASCADE,
    name varchar(80) NOT NULL,
    host varchar(80) NOT NULL,
    pid integer NOT NULL CHECK (pid >= 0),
    queues varchar(40)[] NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now()
)
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TABLE, "DROP TABLE worker_process")],
            state_operations=[
                migrations.CreateModel(
                    name="WorkerProcess",
                    fields=[
                        (
                            "worker",
                            models.OneToOneField(
                                on_delete=models.CASCADE,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="procrastinate.procrastinateworker",
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        ("host", models.CharField(max_length=80)),
                        ("pid", models.PositiveIntegerField()),
                        ("queues", ArrayField(base_field=models.CharField(max_length=40), size=None)),
                        ("started_at", models.DateTimeField(db_default=Now())),
                    ],
                    options={
                        "db_table": "worker_process",
                    },
                ),
            ],
        ),
    ]
