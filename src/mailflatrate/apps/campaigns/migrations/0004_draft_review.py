"""A draft can be shown to the operator's team early; a review keeps what was seen, and since when it was asked for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_brand")]

    operations = [
        migrations.AddField(model_name="campaignreview", name="asked_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="campaignreview", name="early", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(model_name="campaignreview", name="seen", field=models.JSONField(null=True)),
    ]
