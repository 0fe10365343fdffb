"""Each message counts how often its reading was begun; one for several recipients has its content once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbound", "0008_address_keys")]

    operations = [
        migrations.AddField(
            model_name="rawmail",
            name="attempts",
            field=models.SmallIntegerField(db_default=0, default=0, help_text="times that reading it was begun"),
        ),
        migrations.AddField(
            model_name="rawmail",
            name="content_of",
            field=models.ForeignKey(
                help_text="the row that holds its content",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="inbound.rawmail",
            ),
        ),
    ]
