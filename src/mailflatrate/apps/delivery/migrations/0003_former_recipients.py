"""The model of recipients whose month was dropped gets a plain name. Its table keeps its own, so both versions run."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("delivery", "0002_ab_test")]

    operations = [migrations.RenameModel("PastRecipients", "FormerRecipients")]
