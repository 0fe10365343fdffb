-- The database says when a message was taken, because the daily limit of an address counts on it (R-112). Afterward
-- only what is personal is taken out of it.

-- Messages of an account to one address take turns until their transactions end: two at a time would each count without
-- the other. A transaction that reads an old snapshot wouldn't see the one before it, so it gets no turn.
CREATE OR REPLACE FUNCTION public.contract_turn(account bigint, key bytea) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'messages are counted in read committed transactions only'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('contract ' || account || ' ' || encode(key, 'hex'), 0));
END $$;

CREATE OR REPLACE FUNCTION public.transactional_message_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.created_at := now();
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - '{recipient,data_sealed,refused_by,created_by_id}'::text[]
        IS DISTINCT FROM to_jsonb(OLD) - '{recipient,data_sealed,refused_by,created_by_id}'::text[]
        OR NEW.recipient NOT IN (OLD.recipient, '') OR NEW.data_sealed NOT IN (OLD.data_sealed, '')
        OR NEW.created_by_id IS NOT NULL AND NEW.created_by_id IS DISTINCT FROM OLD.created_by_id
        OR NEW.refused_by <> OLD.refused_by AND OLD.refused_by <> ''
    THEN
        RAISE EXCEPTION 'a message stays as it was taken' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER transactional_message_kept BEFORE INSERT OR UPDATE ON transactional_message
    FOR EACH ROW EXECUTE FUNCTION public.transactional_message_kept();
