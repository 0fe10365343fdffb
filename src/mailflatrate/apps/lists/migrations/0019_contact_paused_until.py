"""People may pause all campaigns until a day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lists", "0018_contact_email_order")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="paused_until",
            field=models.DateTimeField(help_text="no campaign before this moment, set by the person", null=True),
        ),
    ]
