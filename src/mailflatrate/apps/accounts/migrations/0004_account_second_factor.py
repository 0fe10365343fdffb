"""An account may require a second factor of everyone who works for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_account_status")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="second_factor",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
