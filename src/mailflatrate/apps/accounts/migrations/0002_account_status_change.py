"""The model of status changes is named after what it holds. Its table keeps its name, so both versions run."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RenameModel("StandingChange", "AccountStatusChange")]
