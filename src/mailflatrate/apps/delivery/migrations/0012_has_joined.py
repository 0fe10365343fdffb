"""Which sender processes may claim."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0011_lineage")]

    operations = [
        migrations.AddField(
            model_name="senderprocess",
            name="has_joined",
            field=models.BooleanField(db_default=False),
        ),
    ]
