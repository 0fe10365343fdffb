"""How campaigns and templates in Markdown look; those from before look plain."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0017_best_hour")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="theme",
            field=models.CharField(blank=True, db_default="", max_length=10),
        ),
        migrations.AddField(
            model_name="campaigntemplate",
            name="theme",
            field=models.CharField(blank=True, db_default="", max_length=10),
        ),
    ]
