"""The archive of deliveries by month, and the view over both tables (ADR 0026)."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# The same columns in the same order, which the move relies on. The primary key names the partition.
ARCHIVE = """
CREATE TABLE delivery_archive (LIKE delivery INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (id);
ALTER TABLE delivery_archive ADD PRIMARY KEY (id);
CREATE INDEX archive_contact ON delivery_archive (account_id, contact_id, campaign_id) WHERE contact_id IS NOT NULL;
CREATE INDEX archive_chunk ON delivery_archive (chunk_id);
"""
# Rows are seen as whoever reads the view sees them in the tables: row-level security stays in force.
RECORD = """
CREATE VIEW delivery_record WITH (security_invoker = true) AS
    SELECT d.*, false AS archived FROM delivery d
    UNION ALL
    SELECT a.*, true AS archived FROM delivery_archive a;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_sealed_notices"),
        ("campaigns", "0019_sealed_editions"),
        ("delivery", "0020_followed_logs"),
        ("gate", "0005_keys_by_privilege"),
        ("lists", "0017_search_ranges"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeliveryRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition_id", models.BigIntegerField(null=True)),
                ("rules_version", models.CharField(max_length=32)),
                ("granted_at", models.DateTimeField()),
                ("confirmation_id", models.BigIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("deferred", "Put off by the recipient's server"),
                            ("sent", "Delivered"),
                            ("bounced", "Bounced"),
                            ("withheld", "Left out"),
                            ("cancelled", "Cancelled"),
                            ("in_doubt", "In doubt"),
                        ],
                        db_default="pending",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(db_default=0)),
                ("reply_code", models.PositiveSmallIntegerField(null=True)),
                ("reply_status", models.CharField(blank=True, db_default="", max_length=12)),
                ("reply_text", models.TextField(blank=True, db_default="")),
                (
                    "bounce",
                    models.CharField(blank=True, db_default="", help_text="hard, soft, sender, content", max_length=10),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, db_default="", help_text="why withheld, bounced or in doubt", max_length=60
                    ),
                ),
                ("settled_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("archived", models.BooleanField()),
            ],
            options={
                "db_table": "delivery_record",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ArchivedCampaign",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="campaigns.campaign",
                    ),
                ),
                ("ended_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("after_chunk_id", models.BigIntegerField(db_default=0, help_text="chunks up to here have moved")),
                ("deliveries", models.PositiveIntegerField(db_default=0)),
                ("from_id", models.BigIntegerField(help_text="the lowest id that has moved", null=True)),
                ("to_id", models.BigIntegerField(help_text="the first id after those that have moved", null=True)),
                ("finished_at", models.DateTimeField(help_text="when everything had moved", null=True)),
            ],
            options={
                "db_table": "archived_campaign",
            },
        ),
        migrations.CreateModel(
            name="ArchiveMonth",
            fields=[
                ("month", models.DateField(primary_key=True, serialize=False)),
                ("partition", models.CharField(max_length=63, unique=True)),
                ("from_id", models.BigIntegerField()),
                ("to_id", models.BigIntegerField(help_text="the first id after it")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(help_text="when the last of its campaigns had finished", null=True)),
                ("dropped_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "archive_month",
            },
        ),
        migrations.CreateModel(
            name="LastMailing",
            fields=[
                (
                    "contact",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="lists.contact",
                    ),
                ),
                ("at", models.DateTimeField(help_text="the last delivery, whatever became of it")),
                ("sent_at", models.DateTimeField(help_text="the last one that was accepted", null=True)),
            ],
            options={
                "db_table": "last_mailing",
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="delivery",
            name="delivery_needs_permission",
        ),
        migrations.AlterField(
            model_name="delivery",
            name="account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="accounts.account",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="campaign",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="campaigns.campaign",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="chunk",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="delivery.chunk",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="decision",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="gate.gatedecision",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="notice",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="accounts.notice",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="delivery",
            trigger=pgtrigger.compiler.Trigger(
                name="delivery_needs_permission",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE hole text;",
                    func="\nSELECT format('account %s may not send', n.account_id) INTO hole\nFROM (SELECT DISTINCT account_id FROM new_rows WHERE notice_id IS NULL) n\nLEFT JOIN public.account a ON a.id = n.account_id\nWHERE a.id IS NULL OR a.standing NOT IN ('active', 'throttled') OR a.activated_by_id IS NULL OR a.activated_at IS NULL\nLIMIT 1;\n\nIF hole IS NOT NULL THEN\n    RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';\nEND IF;\n\nSELECT format('account %s has not accepted %s in force', n.account_id, kinds.kind) INTO hole\nFROM (SELECT DISTINCT account_id FROM new_rows WHERE notice_id IS NULL) n\nCROSS JOIN (VALUES ('terms'), ('anti_spam_policy'), ('data_processing')) AS kinds (kind)\nWHERE NOT EXISTS (\n    SELECT 1 FROM public.acceptance x JOIN public.agreement_document d ON d.id = x.document_id\n    WHERE x.account_id = n.account_id AND d.kind = kinds.kind AND d.version = (\n        SELECT f.version FROM public.agreement_document f\n        WHERE f.kind = kinds.kind AND f.valid_from <= now() ORDER BY f.valid_from DESC, f.id DESC LIMIT 1))\nLIMIT 1;\n\nIF hole IS NOT NULL THEN\n    RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';\nEND IF;\n\nSELECT format('campaign %s is not released with this content', n.campaign_id) INTO hole\nFROM (SELECT DISTINCT account_id, campaign_id, edition_id, decision_id FROM new_rows\n      WHERE consent_event_id IS NOT NULL) n\nLEFT JOIN public.campaign c ON c.id = n.campaign_id AND c.account_id = n.account_id\nLEFT JOIN public.edition e ON e.id = n.edition_id AND e.account_id = n.account_id AND e.campaign_id = n.campaign_id\nLEFT JOIN public.gate_decision g ON g.id = n.decision_id AND g.account_id = n.account_id\n    AND g.campaign_id = n.campaign_id AND g.edition_id = n.edition_id AND g.chain = 'campaign' AND g.allowed\nWHERE c.id IS NULL OR e.id IS NULL OR g.id IS NULL OR c.state NOT IN ('planning', 'sending', 'waiting', 'paused')\n    OR EXISTS (SELECT 1 FROM public.archived_campaign x WHERE x.campaign_id = n.campaign_id)\n    OR c.policy_ticked_at IS NULL OR c.policy_ticked_by_id IS NULL OR c.policy_hash <> e.content_hash\n    OR c.policy_version <> (\n        SELECT f.version FROM public.agreement_document f\n        WHERE f.kind = 'anti_spam_policy' AND f.valid_from <= now() ORDER BY f.valid_from DESC, f.id DESC LIMIT 1)\nLIMIT 1;\n\nIF hole IS NOT NULL THEN\n    RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';\nEND IF;\n\nSELECT format('campaign %s has no proved sender or reply address', n.campaign_id) INTO hole\nFROM (SELECT DISTINCT account_id, campaign_id FROM new_rows WHERE consent_event_id IS NOT NULL) n\nJOIN public.campaign c ON c.id = n.campaign_id\nLEFT JOIN public.sender_address s ON s.id = c.sender_id AND s.account_id = n.account_id\nLEFT JOIN public.sender_domain d ON d.id = s.domain_id AND d.account_id = n.account_id\nWHERE s.verified_at IS NULL OR d.verified_at IS NULL OR (c.reply_to <> '' AND NOT EXISTS (\n    SELECT 1 FROM public.mailbox m\n    WHERE m.account_id = n.account_id AND m.email = lower(c.reply_to) AND m.proved_at IS NOT NULL))\nLIMIT 1;\n\nIF hole IS NOT NULL THEN\n    RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';\nEND IF;\n\nSELECT format('list %s may not be mailed', n.mailing_list_id) INTO hole\nFROM (SELECT DISTINCT account_id, campaign_id, mailing_list_id FROM new_rows WHERE consent_event_id IS NOT NULL) n\nLEFT JOIN public.mailing_list l ON l.id = n.mailing_list_id AND l.account_id = n.account_id\nLEFT JOIN public.campaign c ON c.id = n.campaign_id AND n.mailing_list_id = ANY (c.list_ids)\nWHERE l.id IS NULL OR c.id IS NULL OR l.origin_state = 'rejected'\nLIMIT 1;\n\nIF hole IS NOT NULL THEN\n    RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';\nEND IF;\n\nSELECT format('contact %s has not consented to list %s', n.contact_id, n.mailing_list_id) INTO hole\nFROM new_rows n\nLEFT JOIN public.subscription s ON s.account_id = n.account_id AND s.mailing_list_id = n.mailing_list_id\n    AND s.contact_id = n.contact_id\nLEFT JOIN public.consent_event e ON e.id = n.consent_event_id\nLEFT JOIN public.import i ON i.id = e.source_import_id AND i.account_id = n.account_id\nLEFT JOIN public.list_origin o ON o.id = i.origin_id AND o.account_id = n.account_id\n    AND o.mailing_list_id = n.mailing_list_id\nWHERE n.consent_event_id IS NOT NULL AND (\n    s.state IS DISTINCT FROM 'confirmed' OR s.consent_event_id IS DISTINCT FROM n.consent_event_id\n    OR e.account_id IS DISTINCT FROM n.account_id OR e.contact_id IS DISTINCT FROM n.contact_id\n    OR e.mailing_list_id IS DISTINCT FROM n.mailing_list_id OR e.kind NOT IN ('confirmed', 'imported')\n    OR (e.kind = 'imported' AND o.state IS DISTINCT FROM 'approved'))\nLIMIT 1;\n\nIF hole IS NOT NULL THEN\n    RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';\nEND IF;\n\nSELECT format('contact %s is suppressed or gone', n.contact_id) INTO hole\nFROM new_rows n\nLEFT JOIN public.contact c ON c.id = n.contact_id AND c.account_id = n.account_id\nLEFT JOIN public.suppression own ON own.account_id = n.account_id AND own.address_key = c.address_key\n    AND own.lifted_at IS NULL\nLEFT JOIN public.suppression everywhere ON everywhere.account_id IS NULL AND everywhere.address_key = c.address_key\n    AND everywhere.lifted_at IS NULL\nWHERE n.consent_event_id IS NOT NULL AND (c.id IS NULL OR own.id IS NOT NULL OR everywhere.id IS NOT NULL)\nLIMIT 1;\n\nIF hole IS NOT NULL THEN\n    RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';\nEND IF;\n\nSELECT format('nobody asked for confirmation %s', n.confirmation_id) INTO hole\nFROM new_rows n\nLEFT JOIN public.signup_request r ON r.id = n.confirmation_id AND r.account_id = n.account_id\nLEFT JOIN public.signup_form f ON f.id = r.form_id AND f.account_id = n.account_id AND f.state = 'published'\nLEFT JOIN public.form_version v ON v.id = r.version_id AND v.account_id = n.account_id AND v.form_id = f.id\nLEFT JOIN public.contact c ON c.id = n.contact_id AND c.account_id = n.account_id\n    AND c.address_key = r.address_key\nLEFT JOIN public.consent_event e ON e.id = r.requested_event_id AND e.account_id = n.account_id\n    AND e.contact_id = n.contact_id AND e.mailing_list_id = n.mailing_list_id AND e.kind = 'requested'\nLEFT JOIN public.gate_decision g ON g.id = n.decision_id AND g.account_id = n.account_id AND g.chain = 'confirmation'\n    AND g.allowed\nLEFT JOIN public.suppression own ON own.account_id = n.account_id AND own.address_key = r.address_key\n    AND own.lifted_at IS NULL AND own.reason NOT IN ('unsubscribe', 'soft_bounce', 'hard_bounce')\nLEFT JOIN public.suppression everywhere ON everywhere.account_id IS NULL AND everywhere.address_key = r.address_key\n    AND everywhere.lifted_at IS NULL AND everywhere.reason <> 'hard_bounce'\nWHERE n.confirmation_id IS NOT NULL AND (\n    r.id IS NULL OR g.id IS NULL OR own.id IS NOT NULL OR everywhere.id IS NOT NULL OR r.state <> 'asked'\n    OR c.id IS NULL OR e.id IS NULL OR r.mailing_list_id IS DISTINCT FROM n.mailing_list_id\n    OR CASE WHEN r.kind = 'move' THEN NOT EXISTS (\n        SELECT 1 FROM public.subscription s\n        WHERE s.account_id = n.account_id AND s.contact_id = r.moves_id AND s.state = 'confirmed')\n       ELSE f.id IS NULL OR v.id IS NULL END)\nLIMIT 1;\n\nIF hole IS NOT NULL THEN\n    RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';\nEND IF;\nRETURN NULL;",
                    hash="75159ac30a719e2df0b9dab77302c82015a267e9",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_delivery_needs_permission_cce89",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="delivery",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="archivedcampaign",
            name="account",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.account"
            ),
        ),
        migrations.AddField(
            model_name="lastmailing",
            name="account",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.account"
            ),
        ),
        migrations.AddIndex(
            model_name="archivedcampaign",
            index=models.Index(
                condition=models.Q(("finished_at", None)), fields=["campaign"], name="archived_campaign_moving"
            ),
        ),
        migrations.AddIndex(
            model_name="archivedcampaign",
            index=models.Index(fields=["from_id", "to_id"], name="archived_campaign_range"),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="ArchivedDelivery",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("edition_id", models.BigIntegerField(null=True)),
                        ("rules_version", models.CharField(max_length=32)),
                        ("granted_at", models.DateTimeField()),
                        ("confirmation_id", models.BigIntegerField(null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "Waiting"),
                                    ("deferred", "Put off by the recipient's server"),
                                    ("sent", "Delivered"),
                                    ("bounced", "Bounced"),
                                    ("withheld", "Left out"),
                                    ("cancelled", "Cancelled"),
                                    ("in_doubt", "In doubt"),
                                ],
                                db_default="pending",
                                max_length=10,
                            ),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(db_default=0)),
                        ("reply_code", models.PositiveSmallIntegerField(null=True)),
                        ("reply_status", models.CharField(blank=True, db_default="", max_length=12)),
                        ("reply_text", models.TextField(blank=True, db_default="")),
                        (
                            "bounce",
                            models.CharField(
                                blank=True, db_default="", help_text="hard, soft, sender, content", max_length=10
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                blank=True, db_default="", help_text="why withheld, bounced or in doubt", max_length=60
                            ),
                        ),
                        ("settled_at", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ],
                    options={
                        "db_table": "delivery_archive",
                    },
                ),
                migrations.AddField(
                    model_name="archiveddelivery",
                    name="account",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                migrations.AddField(
                    model_name="archiveddelivery",
                    name="campaign",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                migrations.AddField(
                    model_name="archiveddelivery",
                    name="chunk",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="delivery.chunk",
                    ),
                ),
                migrations.AddField(
                    model_name="archiveddelivery",
                    name="consent_event",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lists.consentevent",
                    ),
                ),
                migrations.AddField(
                    model_name="archiveddelivery",
                    name="contact",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="lists.contact",
                    ),
                ),
                migrations.AddField(
                    model_name="archiveddelivery",
                    name="decision",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="gate.gatedecision",
                    ),
                ),
                migrations.AddField(
                    model_name="archiveddelivery",
                    name="mailing_list",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lists.mailinglist",
                    ),
                ),
                migrations.AddField(
                    model_name="archiveddelivery",
                    name="notice",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.notice",
                    ),
                ),
                migrations.AddIndex(
                    model_name="archiveddelivery",
                    index=models.Index(
                        condition=models.Q(("contact__isnull", False)),
                        fields=["account", "contact", "campaign"],
                        name="archive_contact",
                    ),
                ),
            ],
            database_operations=[migrations.RunSQL(ARCHIVE, "DROP TABLE delivery_archive")],
        ),
        migrations.RunSQL(RECORD, "DROP VIEW delivery_record"),
        pgtrigger.migrations.AddTrigger(
            model_name="archiveddelivery",
            trigger=pgtrigger.compiler.Trigger(
                name="archived_delivery_keeps_its_basis",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (ROW (NEW.account_id, NEW.campaign_id, NEW.edition_id, NEW.mailing_list_id, NEW.decision_id, NEW.consent_event_id,\n    NEW.confirmation_id, NEW.notice_id)\nIS DISTINCT FROM ROW (OLD.account_id, OLD.campaign_id, OLD.edition_id, OLD.mailing_list_id, OLD.decision_id,\n    OLD.consent_event_id, OLD.confirmation_id, OLD.notice_id)\nOR (NEW.contact_id IS NOT NULL AND NEW.contact_id IS DISTINCT FROM OLD.contact_id))",
                    func="RAISE EXCEPTION 'what a delivery rests on never changes' USING ERRCODE = 'insufficient_privilege';",
                    hash="bb528fc4df40283bcbabd4f21f98651d6280bac5",
                    operation='UPDATE OF "contact_id", "account_id", "campaign_id", "edition_id", "mailing_list_id", "decision_id", "consent_event_id", "confirmation_id", "notice_id"',
                    pgid="pgtrigger_archived_delivery_keeps_its_basis_6bd08",
                    table="delivery_archive",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="archiveddelivery",
            trigger=pgtrigger.compiler.Trigger(
                name="archived_delivery_stays_final",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.state <> OLD.state AND NEW.state <> 'bounced')",
                    func="RAISE EXCEPTION 'an archived delivery is final' USING ERRCODE = 'insufficient_privilege';",
                    hash="6fd39ad4f50b5fb55d85241c9ba931e6988b40cb",
                    operation='UPDATE OF "state"',
                    pgid="pgtrigger_archived_delivery_stays_final_201c4",
                    table="delivery_archive",
                    when="BEFORE",
                ),
            ),
        ),
    ]
