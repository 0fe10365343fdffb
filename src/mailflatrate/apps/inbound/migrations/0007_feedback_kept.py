"""Deleting a draft deletes no feedback: a draft has none, and the application may not."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0019_sealed_editions"),
        ("inbound", "0006_domain_reports"),
    ]

    operations = [
        migrations.AlterField(
            model_name="feedback",
            name="campaign",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="campaigns.campaign",
            ),
        ),
    ]
