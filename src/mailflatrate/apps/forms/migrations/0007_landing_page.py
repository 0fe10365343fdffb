"""A form can have a landing page, with versions that stay, which operators can take down."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("forms", "0006_further_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LandingPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=16, unique=True)),
                ("draft", models.JSONField(default=dict)),
                ("is_published", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "form",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="landing_page", to="forms.form"
                    ),
                ),
            ],
            options={
                "db_table": "landing_page",
            },
        ),
        migrations.CreateModel(
            name="LandingTakedown",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("reason", models.TextField()),
                ("taken_down_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "page",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="takedown", to="forms.landingpage"
                    ),
                ),
            ],
            options={
                "db_table": "landing_takedown",
            },
        ),
        migrations.CreateModel(
            name="LandingVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("seal", models.BinaryField(max_length=32)),
                ("published_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="forms.landingpage"
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "landing_version",
            },
        ),
        migrations.AddField(
            model_name="landingpage",
            name="current",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="forms.landingversion"
            ),
        ),
        migrations.AddConstraint(
            model_name="landingversion",
            constraint=models.UniqueConstraint(fields=("account", "page", "number"), name="landing_version_once"),
        ),
        migrations.AddConstraint(
            model_name="landingpage",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_published", False), ("current__isnull", False), _connector="OR"),
                name="landing_page_published_has_version",
            ),
        ),
    ]
