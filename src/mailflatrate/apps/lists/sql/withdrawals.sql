-- Whatever a person withdrew is written to the outbox of withdrawals in the same transaction, so that it outlives a
-- restored backup (ADR 0028). It runs as the owner: nobody else may write the outbox.

CREATE OR REPLACE FUNCTION public.withdrawal_of_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO withdrawal_outbox (account_id, kind, contact_id, list_id, address_key, at)
        VALUES (NEW.account_id, NEW.kind, NEW.contact_id, NEW.mailing_list_id,
            (SELECT c.address_key FROM contact c WHERE c.id = NEW.contact_id AND c.account_id = NEW.account_id),
            statement_timestamp());
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER consent_event_is_logged AFTER INSERT ON consent_event
    FOR EACH ROW WHEN (
        NEW.kind IN ('withdrawn', 'objection', 'tracking_withdrawn', 'erased')
    ) EXECUTE FUNCTION public.withdrawal_of_event();
