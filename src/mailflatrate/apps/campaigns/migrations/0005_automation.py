"""A campaign can be the message of a step of an automation."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("campaigns", "0004_draft_review")]

    operations = [
        migrations.AddField(model_name="campaign", name="automation_id", field=models.BigIntegerField(null=True)),
        migrations.AddField(
            model_name="campaign",
            name="automation_over",
            field=models.BooleanField(db_default=False, default=False),
        ),
        AddIndexConcurrently(
            "campaign",
            models.Index(
                fields=["account", "automation_id"],
                condition=models.Q(automation_id__isnull=False),
                name="campaign_of_automation",
            ),
        ),
    ]
