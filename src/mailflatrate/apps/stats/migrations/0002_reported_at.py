"""When a measure's owners were notified has a new name in code. Its column keeps its own, so both versions run."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stats", "0001_initial")]

    operations = [
        migrations.AlterField("measure", "told_at", models.DateTimeField(db_column="told_at", null=True)),
        migrations.RenameField("measure", "told_at", "reported_at"),
    ]
