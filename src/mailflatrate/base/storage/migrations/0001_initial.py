"""The tables of storage."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("account_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=101)),
                ("octets", models.BigIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "stored_file",
                "constraints": [models.UniqueConstraint(fields=("account_id", "name"), name="stored_file_once")],
            },
        ),
        migrations.CreateModel(
            name="StoredChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("account_id", models.BigIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="storage.storedfile"
                    ),
                ),
            ],
            options={
                "db_table": "stored_chunk",
                "constraints": [models.UniqueConstraint(fields=("file", "number"), name="stored_chunk_once")],
            },
        ),
        # Pictures and workbooks are compressed already.
        migrations.RunSQL("ALTER TABLE stored_chunk ALTER COLUMN data SET STORAGE EXTERNAL", migrations.RunSQL.noop),
    ]
