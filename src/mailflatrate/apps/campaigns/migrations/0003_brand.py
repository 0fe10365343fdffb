"""The brand: a logo for dark backgrounds, the shape of buttons, the style of links, and the only color there is."""

import django.db.models.deletion
from django.db import migrations, models

# Pages for readers take their color from the account; until now it was set apart from the brand.
ONE_COLOR = """
    UPDATE account SET colour = lower(kit."primary") FROM brand_kit AS kit
    WHERE kit.account_id = account.id AND account.colour <> lower(kit."primary")
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_account_second_factor"), ("campaigns", "0002_template_and_check")]

    operations = [
        migrations.AddField(
            model_name="brandkit",
            name="logo_dark",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="campaigns.media"
            ),
        ),
        migrations.AddField(
            model_name="brandkit",
            name="button_shape",
            field=models.CharField(db_default="rounded", default="rounded", max_length=10),
        ),
        migrations.AddField(
            model_name="brandkit",
            name="link_style",
            field=models.CharField(db_default="underline", default="underline", max_length=10),
        ),
        migrations.RunSQL(ONE_COLOR, migrations.RunSQL.noop),
    ]
