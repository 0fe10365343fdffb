"""Campaigns have labels."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0007_saved_block")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="labels",
            field=ArrayField(
                models.CharField(max_length=40),
                default=list,
                db_default=Value([], output_field=ArrayField(models.CharField(max_length=40))),
            ),
        ),
    ]
