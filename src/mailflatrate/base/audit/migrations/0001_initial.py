"""The tables of audit. `../sql` has their functions and triggers."""

from django.db import migrations, models

# The chain begins here; its head is the row that a transaction locks when it commits.
HEAD = "INSERT INTO audit_head (number, hash) VALUES (0, decode(repeat('00', 32), 'hex'))"


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={
                "db_table": "audit_head",
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=8)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor", models.CharField(max_length=254)),
                ("action", models.CharField(max_length=60)),
                ("account_id", models.BigIntegerField(null=True)),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("reason", models.TextField(blank=True)),
                ("details", models.JSONField(default=dict)),
                ("number", models.BigIntegerField(null=True, unique=True)),
                ("previous", models.BinaryField(max_length=32, null=True)),
                ("hash", models.BinaryField(max_length=32, null=True)),
            ],
            options={
                "db_table": "audit_entry",
                "indexes": [models.Index(fields=["account_id", "-id"], name="audit_entry_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("actor_kind__in", ["staff", "customer", "machine"])),
                        name="audit_entry_actor_kind",
                    )
                ],
            },
        ),
        migrations.RunSQL(HEAD, migrations.RunSQL.noop),
    ]
