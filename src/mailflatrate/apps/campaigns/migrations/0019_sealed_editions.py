"""Editions that are there already were written by us: they get their seal, once."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from mailflatrate.apps.campaigns.seals import seal_of


def seal(apps: Apps, schema: BaseDatabaseSchemaEditor) -> None:
    """Past the trigger that freezes them, which only the owner can lay down."""
    editions = apps.get_model("campaigns", "Edition")._base_manager.using(schema.connection.alias)
    schema.execute("ALTER TABLE edition DISABLE TRIGGER USER")
    for edition in editions.iterator(chunk_size=200):
        editions.filter(id=edition.id).update(seal=seal_of(edition))
    schema.execute("ALTER TABLE edition ENABLE TRIGGER USER")


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0018_digests"),
    ]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="seal",
            field=models.BinaryField(
                default=b"", help_text="of all the above, by a key that the database does not know", max_length=32
            ),
            preserve_default=False,
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
