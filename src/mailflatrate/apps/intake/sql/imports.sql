-- Only the desk decides about an import on hold.
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
