"""A test message may show a version of a transactional template."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_limited_members")]

    operations = [
        migrations.AddField(model_name="notice", name="template_version_id", field=models.BigIntegerField(null=True)),
    ]
