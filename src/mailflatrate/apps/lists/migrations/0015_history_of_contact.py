"""Notes and changes by contact alone, as the database looks for them when it deletes them with the contact."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("lists", "0014_move_fetch_bounds")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently("contactnote", models.Index(fields=["contact", "-created_at"], name="contact_note_of")),
        AddIndexConcurrently("recordedchange", models.Index(fields=["contact", "-at"], name="contact_change_of")),
        RemoveIndexConcurrently("contactnote", "contact_note_recent"),
        RemoveIndexConcurrently("recordedchange", "contact_change_recent"),
    ]
