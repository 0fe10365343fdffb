"""A suppression is found by its mailbox, in any spelling."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("suppression", "0004_misdirected")]

    operations = [
        migrations.AddField("suppression", "mailbox_key", models.BinaryField(max_length=32, null=True)),
    ]
