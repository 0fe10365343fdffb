"""Typed custom fields. The fields of contacts that are here already are declared in the background (ADR 0038)."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_account_status_change"), ("lists", "0002_export")]

    operations = [
        migrations.CreateModel(
            name="ContactField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=60)),
                ("label", models.CharField(max_length=120)),
                ("type", models.CharField(max_length=8)),
                ("purpose", models.CharField(blank=True, db_default="", max_length=300)),
                ("choices", models.JSONField(default=list)),
                ("default", models.JSONField(null=True)),
                ("place", models.PositiveIntegerField(default=0)),
                ("archived_at", models.DateTimeField(null=True)),
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
            ],
            options={
                "db_table": "contact_field",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "key"), name="contact_field_key_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "type__in",
                                ["text", "number", "date", "boolean", "choice", "choices", "country", "language"],
                            )
                        ),
                        name="contact_field_known_type",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FieldMigration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("state", models.CharField(default="reading", max_length=10)),
                ("after_key", models.BinaryField(default=bytes, max_length=32)),
                ("found", models.JSONField(default=dict)),
                ("changed", models.BigIntegerField(default=0)),
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
                "db_table": "field_migration",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "done"), _negated=True),
                        fields=["state"],
                        name="field_migration_open",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("account",), name="field_migration_once")],
            },
        ),
        migrations.RunSQL(
            "INSERT INTO field_migration (account_id, state, after_key, found, changed)"
            " SELECT id, 'reading', '', '{}', 0 FROM account",
            migrations.RunSQL.noop,
        ),
    ]
