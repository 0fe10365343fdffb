"""The tables of domains. `../sql` has their functions and triggers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailDomain",
            fields=[
                ("domain", models.CharField(max_length=253, primary_key=True, serialize=False)),
                ("resolves", models.BooleanField()),
                ("null_mx", models.BooleanField()),
                ("checked_at", models.DateTimeField()),
            ],
            options={
                "db_table": "mail_domain",
            },
        ),
        migrations.CreateModel(
            name="SenderDomain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=253)),
                ("state", models.CharField(default="pending", max_length=10)),
                ("checked_at", models.DateTimeField(null=True)),
                ("verified_at", models.DateTimeField(null=True)),
                ("failing_reported_at", models.DateTimeField(db_column="failing_told_at", null=True)),
                ("listed_on", models.TextField(blank=True, db_default="")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("share_number", models.BigIntegerField(null=True)),
                ("transactional_since", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "sender_domain",
                "constraints": [models.UniqueConstraint(fields=("account", "name"), name="sender_domain_once")],
            },
        ),
        migrations.CreateModel(
            name="SenderAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("email", models.CharField(max_length=254)),
                ("display_name", models.CharField(max_length=120)),
                ("verified_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "domain",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="addresses", to="domains.senderdomain"),
                ),
            ],
            options={
                "db_table": "sender_address",
                "constraints": [models.UniqueConstraint(fields=("account", "email"), name="sender_address_once")],
            },
        ),
        migrations.CreateModel(
            name="MediaHost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=253, unique=True)),
                ("found", models.TextField(blank=True)),
                ("problem", models.CharField(blank=True, max_length=20)),
                ("checked_at", models.DateTimeField(null=True)),
                ("passed_at", models.DateTimeField(null=True)),
                ("replaced_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "domain",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="media_hosts", to="domains.senderdomain"),
                ),
            ],
            options={
                "db_table": "media_host",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaced_at", None)), fields=("account",), name="media_host_one_in_use"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DnsCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("host", models.CharField(max_length=253)),
                ("record_type", models.CharField(max_length=5)),
                ("expected", models.TextField()),
                ("found", models.TextField(blank=True)),
                ("passed", models.BooleanField(default=False)),
                ("problem", models.TextField(blank=True)),
                ("checked_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "domain",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="checks", to="domains.senderdomain"),
                ),
            ],
            options={
                "db_table": "dns_check",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "domain", "kind"), name="dns_check_kind_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="DkimKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("selector", models.CharField(max_length=63)),
                ("private_sealed", models.TextField()),
                ("public_record", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("active_from", models.DateTimeField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("domain", models.ForeignKey(on_delete=models.CASCADE, related_name="keys", to="domains.senderdomain")),
            ],
            options={
                "db_table": "dkim_key",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "domain", "selector"), name="dkim_selector_once"),
                    models.CheckConstraint(
                        condition=models.Q(("private_sealed__startswith", "v1.")), name="dkim_key_sealed"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("email", models.CharField(max_length=254)),
                ("for_replies", models.BooleanField(default=False)),
                ("round", models.PositiveIntegerField(default=0)),
                ("asked_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("proved_at", models.DateTimeField(null=True)),
                ("refused_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "mailbox",
                "constraints": [models.UniqueConstraint(fields=("account", "email"), name="mailbox_once")],
            },
        ),
    ]
