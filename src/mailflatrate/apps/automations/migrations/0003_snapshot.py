"""Graphs that a draft had before its edits, so that these can be undone."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("automations", "0002_automationarrival_event")]

    operations = [
        migrations.CreateModel(
            name="DraftSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("side", models.CharField(max_length=4)),
                ("graph", models.JSONField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="automations.automationversion",
                    ),
                ),
            ],
            options={"db_table": "automation_snapshot"},
        ),
        migrations.AddIndex(
            model_name="draftsnapshot",
            index=models.Index(fields=["account", "version", "side", "-id"], name="automation_snapshot_newest"),
        ),
        migrations.AddConstraint(
            model_name="draftsnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["undo", "redo"])), name="automation_snapshot_known_side"
            ),
        ),
    ]
