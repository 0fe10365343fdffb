"""Private signing keys are sealed: those that stand in clear text are read, sealed and written back."""

from django.db import migrations, models


def seal(apps, schema_editor):
    from mailflatrate.apps.domains.models import DkimKey, key_place
    from mailflatrate.base.ids import vault

    rows = apps.get_model("domains", "DkimKey")._base_manager.using(schema_editor.connection.alias)
    for key in rows.select_related("domain").all():
        key.private_sealed = DkimKey.seal(key.domain.name, key.selector, key.private_sealed.encode())
        assert vault().open(key.private_sealed, key_place(key.domain.name, key.selector))
        key.save(using=schema_editor.connection.alias, update_fields=["private_sealed"])


class Migration(migrations.Migration):
    dependencies = [("domains", "0002_origins")]

    operations = [
        migrations.RenameField(model_name="dkimkey", old_name="private_pem", new_name="private_sealed"),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="dkimkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("private_sealed__startswith", "v1.")), name="dkim_key_sealed"
            ),
        ),
    ]
