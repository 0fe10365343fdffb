"""How often a fetch was started without progress, and the tables of refusals that its key may not read."""

from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):
    dependencies = [("lists", "0013_move_fetch")]

    operations = [
        migrations.AddField(
            model_name="movefetch", name="starts", field=models.PositiveIntegerField(default=0, db_default=0)
        ),
        migrations.AddField(
            model_name="movefetch",
            name="refusals_missing",
            field=models.JSONField(default=list, db_default=Value([], output_field=models.JSONField())),
        ),
    ]
