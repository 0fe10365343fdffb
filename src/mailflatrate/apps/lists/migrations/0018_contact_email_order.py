"""The contact list's order by address ignores capitals."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("lists", "0017_events")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently("contact", models.Index("account", Lower("email"), "id", name="contact_email_order")),
    ]
