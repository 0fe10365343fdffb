"""A campaign can be sent to each recipient at the hour of the day at which they confirmed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0016_page_fetch_count"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="at_best_hour",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="releaserequest",
            name="at_best_hour",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
