-- Suppressions, and measures against accounts, are written to the outbox of withdrawals in the same transaction, so
-- that they outlive a restored backup (ADR 0028). They run as the owner: nobody else may write the outbox.

CREATE OR REPLACE FUNCTION public.withdrawal_of_suppression() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO withdrawal_outbox (account_id, kind, reason, address_key, at)
        VALUES (NEW.account_id, 'suppressed', NEW.reason, NEW.address_key, statement_timestamp());
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER suppression_is_logged AFTER INSERT OR UPDATE OF reason ON suppression
    FOR EACH ROW WHEN ({{in_force(NEW)}}) EXECUTE FUNCTION public.withdrawal_of_suppression();

CREATE OR REPLACE FUNCTION public.withdrawal_of_standing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO withdrawal_outbox (account_id, kind, reason, at)
        VALUES (NEW.account_id, 'standing', NEW.after, statement_timestamp());
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER standing_is_logged AFTER INSERT ON standing_change
    FOR EACH ROW WHEN ({{is_restricted(NEW.after)}}) EXECUTE FUNCTION public.withdrawal_of_standing();

-- The process whose statement withdrew something is told in the same round trip; once the transaction is committed, it
-- writes the line into its host's journal before it answers (ADR 0095).

CREATE OR REPLACE FUNCTION public.tell_withdrawal() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET client_min_messages = notice AS $$
BEGIN
    RAISE NOTICE USING ERRCODE = 'MF001', MESSAGE = json_build_array(
        NEW.at, NEW.kind, NEW.account_id, NEW.reason, NEW.contact_id, NEW.list_id,
        encode(NEW.address_key, 'hex'))::text;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER withdrawal_is_told AFTER INSERT ON withdrawal_outbox
    FOR EACH ROW EXECUTE FUNCTION public.tell_withdrawal();
