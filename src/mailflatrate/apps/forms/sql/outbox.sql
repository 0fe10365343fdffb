-- Someone answered "this wasn't me", for the outbox (ADR 0047). What a confirmation begins and ends is in the ledger,
-- which has its own trigger.

CREATE OR REPLACE FUNCTION public.denial_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload) VALUES (NEW.account_id, 'confirmation.denied',
        jsonb_build_object('contact_id', NEW.contact_id, 'list_id', NEW.mailing_list_id));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_told AFTER UPDATE OF state ON signup_request
    FOR EACH ROW WHEN (
        OLD.state IS DISTINCT FROM NEW.state AND NEW.state = 'denied'
    ) EXECUTE FUNCTION public.denial_told();
