"""What hosts compare with their memory of the database, and why sending is held."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0010_no_room")]

    operations = [
        migrations.AddField(
            model_name="sendingfence",
            name="lineage",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), db_default=[], size=None),
        ),
        migrations.AddField(
            model_name="sendingfence",
            name="reason",
            field=models.CharField(blank=True, db_default="", max_length=200),
        ),
        migrations.AddField(
            model_name="sendingfence",
            name="replicas",
            field=models.PositiveSmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="sendingfence",
            name="replicas_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="senderprocess",
            name="was_synchronous",
            field=models.BooleanField(db_default=False),
        ),
        migrations.RunSQL("UPDATE sending_fence SET lineage = ARRAY[gen_random_uuid()]", migrations.RunSQL.noop),
    ]
