"""A campaign and a template have texts in further languages; an edition knows its language."""

from django.db import migrations, models
from django.db.models import Value


def _texts() -> "models.JSONField[object, object]":
    return models.JSONField(default=list, db_default=Value([], output_field=models.JSONField()))


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0009_coupons")]

    operations = [
        migrations.AddField(model_name="campaign", name="translations", field=_texts()),
        migrations.AddField(model_name="campaigntemplate", name="translations", field=_texts()),
        migrations.AddField(
            model_name="edition", name="language", field=models.CharField(max_length=5, default="", db_default="")
        ),
    ]
