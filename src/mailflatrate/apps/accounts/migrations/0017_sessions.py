"""Sessions in sealed rows, and second factors that are sealed where they rest. All browsers sign in once more."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from mailflatrate.base.ids import vault

_SECRETS = {"totp": "secret", "recovery_codes": "seed"}
_PLACE = "second factor"


def seal_factors(apps: Apps, schema: BaseDatabaseSchemaEditor) -> None:
    """Seal the seeds that rest in clear. Repeated, it finds none."""
    rows = apps.get_model("mfa", "Authenticator").objects.using(schema.connection.alias)
    for row in rows.filter(type__in=_SECRETS):
        name = _SECRETS[row.type]
        if name in row.data and not row.data[name].startswith("v1."):
            row.data[name] = vault().seal(row.data[name].encode(), _PLACE)
            row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_keys_by_privilege"),
    ]

    operations = [
        migrations.CreateModel(
            name="BrowserSession",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("data", models.TextField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, db_default="", max_length=200)),
                ("opened_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "browser_session",
            },
        ),
        migrations.RunSQL(
            "DROP TABLE IF EXISTS usersessions_usersession; DROP TABLE IF EXISTS django_session;",
            migrations.RunSQL.noop,
        ),
        migrations.RunPython(seal_factors, migrations.RunPython.noop),
    ]
