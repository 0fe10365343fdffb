"""The server's run in which a mark was made, and an unlogged table that PostgreSQL empties after a crash."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0007_contract")]

    operations = [
        migrations.AddField(model_name="begun", name="server_run", field=models.UUIDField(null=True)),
        migrations.CreateModel(
            name="ServerRun",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("run", models.UUIDField()),
            ],
            options={
                "db_table": "server_run",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="server_run_once")],
            },
        ),
        migrations.RunSQL("ALTER TABLE server_run SET UNLOGGED", "ALTER TABLE server_run SET LOGGED"),
    ]
