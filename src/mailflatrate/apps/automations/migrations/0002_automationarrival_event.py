"""An arrival may end waits for an event."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("automations", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="automationarrival",
            name="event",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
    ]
