"""The medians of the accounts of each size."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stats", "0004_shared_reports")]

    operations = [
        migrations.CreateModel(
            name="PeerRate",
            fields=[
                ("size", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("delivered", models.FloatField(null=True)),
                ("clicked", models.FloatField(null=True)),
                ("unsubscribed", models.FloatField(null=True)),
                ("counted_at", models.DateTimeField()),
            ],
            options={"db_table": "peer_rate"},
        ),
    ]
