-- The audit log is append-only and chained. The chain is made when a transaction commits: until then nobody waits for
-- anybody, and the head's row is the lock. Deferred triggers run in the order in which their rows were written, checks
-- of foreign keys among them. A commit that held the head and then waited for a row of a transaction that waited for
-- the head was a deadlock. So the first round only puts a line at the end of the queue, and the second locks the head,
-- when nothing else is left to wait for.

CREATE OR REPLACE FUNCTION public.audit_measure(entry public.audit_entry) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(entry.previous
                  || convert_to(string_agg(octet_length(part) || ':' || part, '' ORDER BY place), 'UTF8'))
      FROM unnest(ARRAY[
        entry.id::text, (extract(epoch FROM entry.at) * 1000000)::bigint::text, entry.actor_kind,
        coalesce(entry.actor_id::text, ''), entry.actor, entry.action, coalesce(entry.account_id::text, ''),
        entry.subject, entry.reason, entry.details::text
      ]) WITH ORDINALITY AS parts (part, place)
$$;

-- The first line of a transaction chains those after it, too: only lines of this transaction are seen without a number.
CREATE OR REPLACE FUNCTION public.audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head audit_head;
    entry audit_entry;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id AND number IS NULL) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
    FOR entry IN SELECT * FROM audit_entry WHERE id >= NEW.id AND number IS NULL ORDER BY id LOOP
        head.number := head.number + 1;
        entry.number := head.number;
        entry.previous := head.hash;
        head.hash := audit_measure(entry);
        UPDATE audit_entry SET number = entry.number, previous = entry.previous, hash = head.hash WHERE id = entry.id;
    END LOOP;
    UPDATE audit_head SET number = head.number, hash = head.hash;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION public.audit_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE audit_entry SET number = NULL WHERE id = NEW.id AND number IS NULL;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS audit_queue ON audit_entry;
CREATE CONSTRAINT TRIGGER audit_queue AFTER INSERT ON audit_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.audit_queue();

DROP TRIGGER IF EXISTS audit_chain ON audit_entry;
CREATE CONSTRAINT TRIGGER audit_chain AFTER UPDATE ON audit_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.number IS NULL AND NEW.number IS NULL) EXECUTE FUNCTION public.audit_chain();

CREATE OR REPLACE FUNCTION public.audit_refuse() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
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

CREATE OR REPLACE TRIGGER audit_append_only BEFORE INSERT OR UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION public.audit_refuse();
CREATE OR REPLACE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse();
