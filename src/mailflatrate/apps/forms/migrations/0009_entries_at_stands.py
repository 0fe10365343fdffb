"""Entries at stands are counted apart from requests on people's behalf."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("forms", "0008_stand"),
    ]

    operations = [
        migrations.AddField(
            model_name="askingtally",
            name="at_stands",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
