"""Links to a domain's DNS records can be ended one domain at a time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("domains", "0002_failing_reported_at")]

    operations = [
        migrations.AddField(model_name="senderdomain", name="share_number", field=models.BigIntegerField(null=True)),
    ]
