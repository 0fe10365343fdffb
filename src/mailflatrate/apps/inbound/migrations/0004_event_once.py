"""An event that a provider posts is stored once. Built without holding up the mail that comes in meanwhile."""

from django.db import migrations, models

CREATE = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS raw_mail_event_once ON raw_mail (sha256) WHERE via = 'hook'"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inbound", "0003_provider_post")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
                migrations.RunSQL(CREATE, "DROP INDEX raw_mail_event_once"),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="rawmail",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("via", "hook")), fields=("sha256",), name="raw_mail_event_once"
                    ),
                )
            ],
        )
    ]
