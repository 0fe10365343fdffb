"""Segments as trees. What was saved as a list of conditions becomes a group, all of which must match."""

from django.db import migrations, models

FILL = """
UPDATE segment SET tree = jsonb_build_object('version', 2, 'match', 'all', 'items', conditions)
WHERE jsonb_typeof(conditions) = 'array' AND tree IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("lists", "0011_suppression_files")]

    operations = [
        migrations.AddField(model_name="segment", name="tree", field=models.JSONField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
