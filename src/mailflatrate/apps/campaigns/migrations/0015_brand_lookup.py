"""What was found of a brand on a website."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("campaigns", "0014_message_copy"),
    ]

    operations = [
        migrations.CreateModel(
            name="BrandLookup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("url", models.CharField(max_length=2000)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("values", models.JSONField(default=dict)),
                ("colors", models.JSONField(default=list)),
                ("requested_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "logo",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="campaigns.media"
                    ),
                ),
            ],
            options={
                "db_table": "brand_lookup",
                "constraints": [models.UniqueConstraint(fields=("account",), name="brand_lookup_once")],
            },
        ),
    ]
