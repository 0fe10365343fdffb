-- “This wasn't me” is written to the outbox of withdrawals in the same transaction, so that it outlives a restored
-- backup (ADR 0028). It runs as the owner: nobody else may write the outbox.

CREATE OR REPLACE FUNCTION public.withdrawal_of_misdirected() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO withdrawal_outbox (account_id, kind, address_key, at)
        VALUES (NEW.account_id, 'misdirected', NEW.address_key, NEW.reported_at);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER misdirected_is_logged AFTER INSERT ON misdirected_address
    FOR EACH ROW EXECUTE FUNCTION public.withdrawal_of_misdirected();
