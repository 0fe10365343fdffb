"""Triggers check a subscription's contact and proof (`sql/subscriptions.sql`), instead of two foreign keys."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lists", "0020_sort_indexes")]

    operations = [
        migrations.AlterField(
            model_name="subscription",
            name="consent_event",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="lists.consentevent",
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="contact",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="subscriptions",
                to="lists.contact",
            ),
        ),
    ]
