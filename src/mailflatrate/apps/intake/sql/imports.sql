-- Only the desk decides about an import on hold, and programs hear when an import has ended.
CREATE OR REPLACE FUNCTION public.import_check_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.check_state <> OLD.check_state AND current_user <> 'mailflatrate_platform'
        AND (OLD.check_state = 'held' OR NEW.check_state IN ('released', 'refused')) THEN
        RAISE EXCEPTION 'only the desk decides about an import that is held';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER import_check_guard BEFORE UPDATE OF check_state ON import
    FOR EACH ROW EXECUTE FUNCTION public.import_check_guard();

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
