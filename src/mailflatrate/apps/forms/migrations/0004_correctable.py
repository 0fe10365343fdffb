"""What a form asks can be corrected on the preferences page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forms", "0003_tags")]

    operations = [
        migrations.AddField(
            model_name="form", name="correctable", field=models.BooleanField(db_default=False, default=False)
        ),
    ]
