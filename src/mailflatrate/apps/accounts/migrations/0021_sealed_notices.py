"""The text of a notice is sealed for its recipient: password links stand in it."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from mailflatrate.apps.accounts.models.notices import seal_text


def seal_texts(apps: Apps, schema: BaseDatabaseSchemaEditor) -> None:
    """Seal the texts that rest in clear. Repeated, it finds none."""
    rows = apps.get_model("accounts", "Notice").objects.using(schema.connection.alias)
    for notice in rows.exclude(text_sealed="").exclude(text_sealed__startswith="v1.").iterator(chunk_size=500):
        notice.text_sealed = seal_text(notice.text_sealed, notice.recipient)
        notice.save(update_fields=["text_sealed"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0020_limits_held")]

    operations = [
        migrations.RenameField("notice", "text", "text_sealed"),
        migrations.AlterField(
            "notice",
            "text_sealed",
            models.TextField(blank=True, help_text="password links stand in it, so no row gives them away"),
        ),
        migrations.RunPython(seal_texts, migrations.RunPython.noop),
    ]
