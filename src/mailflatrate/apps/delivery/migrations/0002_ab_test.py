"""The model of A/B tests gets the trade's name. Its table keeps its own, so older processes keep running."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial")]

    operations = [migrations.RenameModel("Trial", "AbTest")]
