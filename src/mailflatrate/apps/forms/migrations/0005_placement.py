"""A form can appear as a pop-up, a slide-in or a bar, and counts where it is seen."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("forms", "0004_correctable"),
    ]

    operations = [
        migrations.AddField(
            model_name="form",
            name="placement",
            field=models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name="signuprequest",
            name="placement",
            field=models.CharField(blank=True, db_default="", default="", max_length=8),
        ),
        migrations.CreateModel(
            name="FormCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("placement", models.CharField(blank=True, max_length=8)),
                ("what", models.CharField(max_length=9)),
                ("count", models.BigIntegerField()),
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
                    "form",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="forms.form"
                    ),
                ),
            ],
            options={
                "db_table": "form_count",
                "indexes": [models.Index(fields=["account", "form", "day"], name="form_count_day")],
            },
        ),
    ]
