"""People agree to click tracking from their mailbox."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy", "0002_address")]

    operations = [
        migrations.AlterField(
            model_name="privacyrequest",
            name="kind",
            field=models.CharField(
                choices=[
                    ("access", "See what is stored"),
                    ("correction", "Correct it"),
                    ("erasure", "Erase it"),
                    ("objection", "Object to mailings"),
                    ("address", "Change the address"),
                    ("tracking", "Agree to click tracking"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="privacyrequest",
            name="values",
            field=models.JSONField(
                default=dict, help_text="what is to be corrected, as the person wrote it, or what they agree to"
            ),
        ),
    ]
