"""The tables of the consent ledger. `../sql` has their triggers."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models
from django.db.models.functions.datetime import Now
from django.db.models.lookups import Exact


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("public_key", models.BinaryField(max_length=32, unique=True)),
                ("private_sealed", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "signing_key",
                "constraints": [
                    models.UniqueConstraint(
                        models.Value(1), condition=models.Q(("retired_at", None)), name="signing_key_one_is_in_use"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retired_at", None), ("retired_at__gte", models.F("created_at")), _connector="OR"
                        ),
                        name="signing_key_retired_after_it_began",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("sealed_at", models.DateTimeField()),
                ("after_id", models.BigIntegerField()),
                ("up_to_id", models.BigIntegerField()),
                ("events", models.PositiveIntegerField()),
                ("ids", models.BinaryField()),
                ("leaves", models.BinaryField()),
                ("root", models.BinaryField(max_length=32)),
                ("previous", models.BinaryField(max_length=32, unique=True)),
                ("seal_hash", models.BinaryField(max_length=32, unique=True)),
                ("signature", models.BinaryField(max_length=64, null=True)),
                (
                    "signed_by",
                    models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="consent.signingkey"),
                ),
            ],
            options={
                "db_table": "consent_seal",
                "indexes": [models.Index(fields=["up_to_id"], name="consent_seal_up_to")],
                "constraints": [models.UniqueConstraint(fields=("after_id",), name="consent_seal_follows_once")],
            },
        ),
        migrations.CreateModel(
            name="ConsentStamp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("authority", models.TextField()),
                ("url", models.TextField()),
                ("stamped_at", models.DateTimeField()),
                ("answer", models.BinaryField()),
                ("believed", models.TextField()),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("seal", models.ForeignKey(on_delete=models.PROTECT, related_name="stamps", to="consent.consentseal")),
            ],
            options={
                "db_table": "consent_stamp",
            },
        ),
        migrations.CreateModel(
            name="ConsentEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("contact_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=18)),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=Now())),
                ("commitment", models.BinaryField(max_length=32)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                ("source_import_id", models.BigIntegerField(null=True)),
                ("mailing_list_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "consent_event",
                "indexes": [
                    models.Index(fields=["account", "contact_id"], name="consent_event_contact"),
                    models.Index(
                        condition=models.Q(("kind__in", ["withdrawn", "objection"])),
                        fields=["account", "contact_id"],
                        name="consent_event_no",
                    ),
                    BrinIndex(
                        autosummarize=True, fields=["source_import_id"], name="consent_event_import", pages_per_range=32
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentEvidence",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=models.PROTECT,
                        primary_key=True,
                        related_name="evidence",
                        serialize=False,
                        to="consent.consentevent",
                    ),
                ),
                ("email", models.CharField(max_length=254)),
                ("signup_at", models.DateTimeField(null=True)),
                ("signup_ip", models.GenericIPAddressField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_ip", models.GenericIPAddressField(null=True)),
                ("source", models.TextField(blank=True, db_default="")),
                ("user_agent", models.TextField(blank=True, db_default="")),
                (
                    "details",
                    models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
                ),
                ("salt", models.BinaryField(max_length=16)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "consent_evidence",
                "indexes": [
                    models.Index(
                        condition=models.Q(("details__has_key", "test_inbox")),
                        fields=["event"],
                        name="consent_evidence_test_inbox",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Exact(
                            models.Func("salt", function="octet_length", output_field=models.IntegerField()), 16
                        ),
                        name="consent_evidence_salt_length",
                    )
                ],
            },
        ),
    ]
