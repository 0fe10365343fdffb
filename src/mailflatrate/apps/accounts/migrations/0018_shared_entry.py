"""A cache that all processes share, for limits at the sign-in and codes that were used."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0017_sessions")]

    operations = [
        migrations.CreateModel(
            name="SharedEntry",
            fields=[
                ("key", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("value", models.JSONField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "shared_entry",
                "indexes": [models.Index(fields=["expires_at"], name="shared_entry_age")],
            },
        ),
        migrations.RunSQL("ALTER TABLE shared_entry SET UNLOGGED", "ALTER TABLE shared_entry SET LOGGED"),
    ]
