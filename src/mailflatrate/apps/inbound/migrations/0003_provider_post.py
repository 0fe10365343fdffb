"""What relays' providers post, before it is read."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbound", "0002_inbox_message")]

    operations = [
        migrations.CreateModel(
            name="ProviderPost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("relay_id", models.BigIntegerField()),
                ("provider", models.CharField(max_length=10)),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("raw", models.BinaryField()),
                ("once", models.BinaryField(max_length=32, unique=True)),
                ("state", models.CharField(db_default="new", max_length=8)),
                ("reason", models.CharField(blank=True, db_default="", max_length=200)),
                ("attempts", models.SmallIntegerField(db_default=0, default=0)),
            ],
            options={"db_table": "provider_post"},
        ),
        migrations.AddIndex(
            model_name="providerpost",
            index=models.Index(condition=models.Q(("state", "new")), fields=["id"], name="provider_post_new"),
        ),
        migrations.AddIndex(
            model_name="providerpost", index=models.Index(fields=["received_at"], name="provider_post_received")
        ),
    ]
