"""The model of an account's templates, and the time of a feed's last check, have new names in code alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [
        migrations.RenameModel("MailingTemplate", "CampaignTemplate"),
        migrations.AlterField("feeddigest", "looked_at", models.DateTimeField(db_column="looked_at", null=True)),
        migrations.RenameField("feeddigest", "looked_at", "checked_at"),
    ]
