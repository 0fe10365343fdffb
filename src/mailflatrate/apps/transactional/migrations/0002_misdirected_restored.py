"""A “this wasn't me” that the withdrawals log brought back names no message."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transactional", "0001_initial"), ("suppression", "0004_misdirected")]

    operations = [
        migrations.AlterField(
            model_name="misdirectedaddress",
            name="message_id",
            field=models.BigIntegerField(null=True),
        ),
    ]
