"""Which event an account counts as a conversion."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("lists", "0022_public_archive"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConversionGoal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("amount_property", models.CharField(blank=True, max_length=60)),
                ("currency_property", models.CharField(blank=True, max_length=60)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("coupon_property", models.CharField(blank=True, max_length=60)),
                ("window_days", models.PositiveSmallIntegerField(default=7)),
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
                    "event_type",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="lists.contacteventtype",
                    ),
                ),
            ],
            options={
                "db_table": "conversion_goal",
                "constraints": [
                    models.UniqueConstraint(fields=("account",), name="conversion_goal_once"),
                    models.CheckConstraint(
                        condition=models.Q(("window_days__range", (1, 30))), name="conversion_goal_window"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_property", ""), models.Q(("currency", ""), _negated=True), _connector="OR"
                        ),
                        name="conversion_goal_currency",
                    ),
                ],
            },
        ),
    ]
