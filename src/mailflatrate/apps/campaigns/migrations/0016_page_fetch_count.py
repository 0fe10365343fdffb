"""How many foreign pages an account had fetched, day by day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("campaigns", "0015_brand_lookup"),
    ]

    operations = [
        migrations.CreateModel(
            name="PageFetchCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("fetched", models.PositiveIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "page_fetch_count",
                "constraints": [models.UniqueConstraint(fields=("account", "day"), name="page_fetch_count_once")],
                "indexes": [models.Index(fields=["day"], name="page_fetch_count_age")],
            },
        ),
    ]
