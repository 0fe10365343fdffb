"""When the owners of a failing domain were notified has a new name in code. Its column keeps its own name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("domains", "0001_initial")]

    operations = [
        migrations.AlterField(
            "senderdomain", "failing_told_at", models.DateTimeField(db_column="failing_told_at", null=True)
        ),
        migrations.RenameField("senderdomain", "failing_told_at", "failing_reported_at"),
    ]
