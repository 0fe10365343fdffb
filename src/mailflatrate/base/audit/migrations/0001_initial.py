"""The log, its head, and the triggers that chain it and keep it from change."""

from django.db import migrations, models

# The chain is made when the transaction commits: until then nobody waits for anybody. The head's row is the lock.
CHAIN = """
CREATE FUNCTION audit_measure(entry audit_entry) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(entry.previous
                  || convert_to(string_agg(octet_length(part) || ':' || part, '' ORDER BY place), 'UTF8'))
      FROM unnest(ARRAY[
        entry.id::text, (extract(epoch FROM entry.at) * 1000000)::bigint::text, entry.actor_kind,
        coalesce(entry.actor_id::text, ''), entry.actor, entry.action, coalesce(entry.account_id::text, ''),
        entry.subject, entry.reason, entry.details::text
      ]) WITH ORDINALITY AS parts (part, place)
$$;

CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE
    head audit_head;
    entry audit_entry;
BEGIN
    SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
    SELECT * INTO entry FROM audit_entry WHERE id = NEW.id AND number IS NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    entry.number := head.number + 1;
    entry.previous := head.hash;
    entry.hash := audit_measure(entry);
    UPDATE audit_entry SET number = entry.number, previous = entry.previous, hash = entry.hash WHERE id = entry.id;
    UPDATE audit_head SET number = entry.number, hash = entry.hash;
    RETURN NULL;
END $$;

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.number IS NULL AND NEW.previous IS NULL AND NEW.hash IS NULL THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF OLD.number IS NULL AND (to_jsonb(OLD) - '{number,previous,hash}'::text[])
                                = (to_jsonb(NEW) - '{number,previous,hash}'::text[]) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_append_only BEFORE INSERT OR UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON audit_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_chain();
INSERT INTO audit_head (number, hash) VALUES (0, decode(repeat('00', 32), 'hex'));
"""
UNCHAIN = """
DROP FUNCTION audit_chain() CASCADE;
DROP FUNCTION audit_refuse() CASCADE;
DROP FUNCTION audit_measure(audit_entry);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=8)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor", models.CharField(max_length=254)),
                ("action", models.CharField(max_length=60)),
                ("account_id", models.BigIntegerField(null=True)),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("reason", models.TextField(blank=True)),
                ("details", models.JSONField(default=dict)),
                ("number", models.BigIntegerField(null=True, unique=True)),
                ("previous", models.BinaryField(max_length=32, null=True)),
                ("hash", models.BinaryField(max_length=32, null=True)),
            ],
            options={
                "db_table": "audit_entry",
                "indexes": [models.Index(fields=["account_id", "-id"], name="audit_entry_account")],
            },
        ),
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={"db_table": "audit_head"},
        ),
        migrations.RunSQL(CHAIN, UNCHAIN),
    ]
