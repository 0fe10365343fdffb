"""What was found behind the links of campaigns."""

import django.db.models.deletion
from django.db import migrations, models

OUTCOMES = ("waiting", "ok", "no_host", "gone", "failed", "unknown", "skipped")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_limited_members"), ("campaigns", "0012_link_tagging")]

    operations = [
        migrations.CreateModel(
            name="LinkVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("url", models.TextField()),
                ("key", models.CharField(max_length=64)),
                (
                    "outcome",
                    models.CharField(choices=[(each, each) for each in OUTCOMES], default="waiting", max_length=10),
                ),
                ("problem", models.CharField(blank=True, max_length=200)),
                ("final_url", models.TextField(blank=True)),
                ("redirects", models.PositiveSmallIntegerField(default=0)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("text", models.CharField(blank=True, max_length=600)),
                ("prices", models.JSONField(default=list)),
                ("events", models.JSONField(default=list)),
                ("is_current", models.BooleanField(default=True)),
                ("visited_at", models.DateTimeField(null=True)),
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
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="link_visits",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "db_table": "link_visit",
                "constraints": [models.UniqueConstraint(fields=("account", "campaign", "key"), name="link_visit_once")],
            },
        ),
    ]
