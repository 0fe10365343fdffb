"""A domain from which transactional email is sent isn't offered to campaigns any longer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("domains", "0003_share_number")]

    operations = [
        migrations.AddField(
            model_name="senderdomain",
            name="transactional_since",
            field=models.DateTimeField(
                help_text="when a template of transactional email first named it; campaigns aren't offered it",
                null=True,
            ),
        ),
    ]
