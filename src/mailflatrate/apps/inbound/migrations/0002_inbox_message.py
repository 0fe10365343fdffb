"""The model of test inbox messages is named after what it holds. Its table keeps its name, so both versions run."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inbound", "0001_initial")]

    operations = [migrations.RenameModel("PostboxMessage", "InboxMessage")]
