"""People may ask for another address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]

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
                ],
                max_length=10,
            ),
        ),
    ]
