"""A case that only feedback loops reported says so in code. Its column keeps its name, so both versions run."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("abuse", "0001_initial")]

    operations = [
        migrations.AlterField("case", "quiet", models.BooleanField(db_column="quiet", default=False)),
        migrations.RenameField("case", "quiet", "loops_only"),
    ]
