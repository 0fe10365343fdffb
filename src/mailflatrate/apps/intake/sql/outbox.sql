-- Programs hear when an import has ended (ADR 0047). The function runs as the owner.
CREATE OR REPLACE FUNCTION public.import_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload) VALUES (NEW.account_id, 'import.finished',
        jsonb_build_object('import_id', NEW.id, 'list_id', NEW.mailing_list_id, 'state', NEW.state));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_told AFTER UPDATE OF state ON import
    FOR EACH ROW WHEN (
        OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('done', 'failed', 'cancelled')
    ) EXECUTE FUNCTION public.import_told();
