"""Stored messages know which addresses they name, as keyed hashes; a job notes those of rows from before."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


def _column(model: str) -> migrations.AddField:
    field = django.contrib.postgres.fields.ArrayField(
        base_field=models.BinaryField(max_length=32), null=True, size=None
    )
    return migrations.AddField(model_name=model, name="address_keys", field=field)


def _index(model: str, index: models.Index) -> migrations.AddIndex:
    return migrations.AddIndex(model_name=model, index=index)


def _named(table: str) -> models.Index:
    return django.contrib.postgres.indexes.GinIndex(
        condition=models.Q(("address_keys__isnull", False)), fields=["address_keys"], name=f"{table}_named"
    )


def _unnamed(table: str) -> models.Index:
    return models.Index(condition=models.Q(("address_keys__isnull", True)), fields=["id"], name=f"{table}_unnamed")


class Migration(migrations.Migration):
    dependencies = [("inbound", "0007_feedback_kept")]

    operations = [
        _column("postboxmessage"),
        _column("rawmail"),
        _index("postboxmessage", _named("postbox_message")),
        _index("postboxmessage", _unnamed("postbox_message")),
        _index("rawmail", _named("raw_mail")),
        _index("rawmail", _unnamed("raw_mail")),
        _index(
            "rawmail",
            models.Index(
                condition=models.Q(("delivery_id__isnull", False)), fields=["delivery_id"], name="raw_mail_delivery"
            ),
        ),
    ]
