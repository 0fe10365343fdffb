"""Exports and bulk actions keep the lists to which the person who started them was limited."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


def _lists(help_text: str) -> "ArrayField[Any, Any]":
    return ArrayField(base_field=models.BigIntegerField(), default=None, help_text=help_text, null=True, size=None)


class Migration(migrations.Migration):
    dependencies = [("lists", "0015_history_of_contact")]

    operations = [
        migrations.AddField("export", "list_ids", _lists("the lists its requester was limited to (ADR 0048)")),
        migrations.AddField("bulkaction", "list_ids", _lists("the lists its starter was limited to (ADR 0048)")),
    ]
