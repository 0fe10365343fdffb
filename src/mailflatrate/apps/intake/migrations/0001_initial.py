"""The tables of imports, moves and suppression files. `../sql` has their triggers."""

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions.datetime import Now


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0001_initial"), ("lists", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Move",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=16, unique=True)),
                ("state", models.CharField(default="checking", max_length=9)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("files", models.JSONField(default=list)),
                ("answers", models.JSONField(default=dict)),
                ("result", models.JSONField(null=True)),
                ("run", models.PositiveIntegerField(default=1)),
                ("bytes_total", models.BigIntegerField(default=0)),
                ("bytes_done", models.BigIntegerField(default=0)),
                ("people_to_ask", models.BigIntegerField(default=0)),
                ("people_confirmed", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_ip", models.GenericIPAddressField(null=True)),
                ("confirmed_agent", models.TextField(blank=True, db_default="")),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "mailing_list",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="+", to="lists.mailinglist"
                    ),
                ),
            ],
            options={
                "db_table": "move",
                "indexes": [models.Index(fields=["account", "-id"], name="move_recent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["starting", "moved"]), _negated=True),
                            models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="move_confirmed_by_a_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("file_name", models.CharField(max_length=255)),
                ("file_path", models.TextField()),
                ("file_sha256", models.CharField(max_length=64)),
                ("file_bytes", models.BigIntegerField()),
                ("mapping", models.JSONField(default=dict)),
                ("terms", models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict)),
                ("state", models.CharField(default="uploaded", max_length=10)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("bytes_read", models.BigIntegerField(default=0)),
                ("rows_read", models.BigIntegerField(default=0)),
                ("accepted", models.BigIntegerField(default=0)),
                ("updated", models.BigIntegerField(default=0)),
                ("unchanged", models.BigIntegerField(default=0)),
                ("quarantined", models.JSONField(default=dict)),
                ("refused", models.JSONField(default=dict)),
                ("figures", models.JSONField(null=True)),
                ("check_state", models.CharField(blank=True, db_default="", max_length=10)),
                ("check_reason", models.TextField(blank=True, db_default="")),
                ("checked_at", models.DateTimeField(null=True)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "checked_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="lists.listorigin"
                    ),
                ),
                ("mailing_list", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="lists.mailinglist")),
                ("move", models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="intake.move")),
            ],
            options={
                "db_table": "import",
                "indexes": [
                    models.Index(fields=["account", "-created_at"], name="import_recent"),
                    models.Index(
                        condition=models.Q(("check_state", "held")), fields=["finished_at"], name="import_held"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["uploaded", "failed", "cancelled"]),
                            ("origin__isnull", False),
                            _connector="OR",
                        ),
                        name="import_has_an_origin",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("check_state__in", ["released", "refused"]), _negated=True),
                            models.Q(
                                ("checked_at__isnull", False),
                                ("checked_by__isnull", False),
                                models.Q(("check_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="import_checked_by_a_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportRefusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("line_number", models.BigIntegerField()),
                ("row", models.JSONField()),
                ("rule", models.CharField(blank=True, max_length=10)),
                ("reason", models.CharField(max_length=60)),
                ("suggestion", models.CharField(blank=True, max_length=254)),
                ("held", models.BooleanField(db_default=False, default=False)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "source_import",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="refusals", to="intake.import"
                    ),
                ),
            ],
            options={
                "db_table": "import_refusal",
                "indexes": [
                    models.Index(fields=["account", "source_import", "line_number"], name="import_refusal_line")
                ],
            },
        ),
        migrations.CreateModel(
            name="MoveFetch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("system", models.CharField(max_length=20)),
                ("base_url", models.CharField(blank=True, db_default="", max_length=300)),
                ("key_sealed", models.TextField(blank=True, db_default="")),
                ("with_templates", models.BooleanField(default=False)),
                ("audiences", models.JSONField(default=list)),
                ("chosen", models.JSONField(default=list)),
                ("parts_done", models.JSONField(default=list)),
                ("parts_total", models.PositiveIntegerField(default=0)),
                ("rows_done", models.BigIntegerField(default=0)),
                ("templates", models.JSONField(default=list)),
                ("starts", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "refusals_missing",
                    models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list),
                ),
                ("started_at", models.DateTimeField(db_default=Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("move", models.OneToOneField(on_delete=models.CASCADE, related_name="fetch", to="intake.move")),
            ],
            options={
                "db_table": "move_fetch",
                "indexes": [
                    models.Index(
                        condition=models.Q(("key_sealed", ""), _negated=True),
                        fields=["started_at"],
                        name="move_fetch_with_key",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SuppressionFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("file_name", models.CharField(max_length=255)),
                ("file_path", models.TextField()),
                ("file_sha256", models.CharField(max_length=64)),
                ("file_bytes", models.BigIntegerField()),
                ("email_column", models.CharField(max_length=120)),
                ("statuses", models.JSONField(default=dict)),
                ("reason", models.CharField(max_length=12)),
                ("state", models.CharField(default="queued", max_length=10)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("bytes_read", models.BigIntegerField(default=0)),
                ("rows_read", models.BigIntegerField(default=0)),
                ("added", models.BigIntegerField(default=0)),
                ("strengthened", models.BigIntegerField(default=0)),
                ("known", models.BigIntegerField(default=0)),
                ("rejected", models.JSONField(default=dict)),
                ("role_addresses", models.BigIntegerField(default=0)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "suppression_file",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="suppression_file_recent"),
                    models.Index(
                        condition=models.Q(("state", "running")), fields=["state"], name="suppression_file_running"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SuppressionFileRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("line_number", models.BigIntegerField()),
                ("row", models.JSONField()),
                ("reason", models.CharField(max_length=30)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "source_file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="reported_rows",
                        to="intake.suppressionfile",
                    ),
                ),
            ],
            options={
                "db_table": "suppression_file_row",
                "indexes": [
                    models.Index(fields=["account", "source_file", "line_number"], name="suppression_file_row_line")
                ],
            },
        ),
    ]
