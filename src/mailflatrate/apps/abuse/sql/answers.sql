-- R-32: the abuse desk writes only to the person who made the report that the notice names.

CREATE OR REPLACE FUNCTION public.notice_answers_its_reporter() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.report_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM case_report r WHERE r.id = NEW.report_id AND r.reporter <> ''
            AND lower(r.reporter) = lower(NEW.recipient)
    ) THEN
        RAISE EXCEPTION 'the abuse desk answers only who reported something' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER notice_answers_its_reporter BEFORE INSERT OR UPDATE OF recipient, kind, report_id ON notice
    FOR EACH ROW WHEN (
        (NEW.kind = 'case' OR NEW.report_id IS NOT NULL) AND NEW.recipient <> ''
    ) EXECUTE FUNCTION public.notice_answers_its_reporter();
