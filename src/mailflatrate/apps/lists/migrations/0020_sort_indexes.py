"""Sort indexes of custom fields, for the contact lists of large accounts."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_account_second_factor"),
        ("lists", "0019_contact_paused_until"),
    ]

    operations = [
        migrations.CreateModel(
            name="SortIndex",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("type", models.CharField(blank=True, max_length=8)),
                ("read_to", models.BigIntegerField()),
                ("after_key", models.BinaryField(default=bytes, max_length=32)),
                ("built_at", models.DateTimeField(null=True)),
                ("wanted_at", models.DateTimeField()),
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
                    "field",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="lists.contactfield"
                    ),
                ),
            ],
            options={"db_table": "sort_index"},
        ),
        migrations.CreateModel(
            name="SortKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "contact_id",
                        "sort_index_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.FloatField(null=True)),
                ("text", models.TextField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="lists.contact",
                    ),
                ),
                (
                    "sort_index",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="lists.sortindex",
                    ),
                ),
            ],
            options={
                "db_table": "sort_key",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number__isnull", False), ("text__isnull", True)),
                            models.Q(("number__isnull", True), ("text__isnull", False)),
                            _connector="OR",
                        ),
                        name="sort_key_one_value",
                    )
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("number__isnull", False)),
                        fields=["account", "sort_index", "number", "contact"],
                        name="sort_key_numbers",
                    ),
                    models.Index(
                        condition=models.Q(("text__isnull", False)),
                        fields=["account", "sort_index", "text", "contact"],
                        name="sort_key_texts",
                    ),
                ],
            },
        ),
    ]
