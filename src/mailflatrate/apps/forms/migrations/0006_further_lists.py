"""One sign-up can ask for several lists, with one confirmation email."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forms", "0005_placement")]

    operations = [
        migrations.AddField(
            model_name="signuprequest",
            name="further",
            field=models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="signupdenial",
            name="further_list_ids",
            field=models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list),
        ),
    ]
