"""Messages are counted by mailbox, and some are kept for reviewers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transactional", "0002_misdirected_restored")]

    operations = [
        migrations.AddField("transactionalmessage", "is_sample", models.BooleanField(db_default=False)),
        migrations.AddField(
            "transactionalmessage",
            "mailbox_key",
            models.BinaryField(db_default=models.Value(b"", output_field=models.BinaryField()), max_length=32),
        ),
    ]
