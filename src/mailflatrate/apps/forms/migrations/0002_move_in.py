"""Requests name the move by whose link a person came."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("forms", "0001_initial"),
        ("lists", "0004_move"),
    ]

    operations = [
        migrations.AddField(
            model_name="signuprequest",
            name="move_in",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="lists.move",
            ),
        ),
    ]
