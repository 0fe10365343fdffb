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
