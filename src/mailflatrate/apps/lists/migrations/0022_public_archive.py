"""Lists may have a public archive of their campaigns."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lists", "0021_subscription_references")]

    operations = [
        migrations.AddField(
            model_name="mailinglist",
            name="public_archive_at",
            field=models.DateTimeField(help_text="since when the archive is public; None: it isn't", null=True),
        ),
        migrations.AddField(
            model_name="mailinglist",
            name="archive_hidden_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                db_default=[],
                default=list,
                help_text="campaigns that the archive leaves out",
                size=None,
            ),
        ),
        migrations.AddIndex(
            model_name="mailinglist",
            index=models.Index(
                condition=models.Q(("public_archive_at__isnull", False)), fields=["code"], name="mailing_list_public"
            ),
        ),
    ]
