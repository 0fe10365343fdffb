"""Parameters for web analytics in the links of campaigns."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0011_media_editing")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="untagged_links",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="campaign",
            name="link_campaign",
            field=models.CharField(blank=True, db_default="", max_length=60),
        ),
        migrations.CreateModel(
            name="LinkTagging",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("is_on", models.BooleanField()),
                ("style", models.CharField(choices=[("utm", "utm_…"), ("mtm", "mtm_…")], max_length=3)),
                (
                    "domains",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=253), default=list, size=None
                    ),
                ),
                ("source", models.CharField(max_length=60)),
                ("medium", models.CharField(max_length=60)),
                ("content", models.CharField(blank=True, max_length=60)),
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
                "db_table": "link_tagging",
                "constraints": [models.UniqueConstraint(fields=("account",), name="link_tagging_once")],
            },
        ),
    ]
