-- Who entered an automation and who came to its end, for the outbox (ADR 0047), in the transaction of the change. The
-- functions run as the owner, because a "no" of the platform ends enrolments in every account.

CREATE OR REPLACE FUNCTION public.enrolment_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload)
    SELECT n.account_id, 'automation.entered', jsonb_build_object(
        'automation_id', n.automation_id, 'enrolment_id', n.id, 'contact_id', n.contact_id)
    FROM added n;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_told AFTER INSERT ON enrolment REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.enrolment_told();

CREATE OR REPLACE FUNCTION public.enrolment_end_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload)
    VALUES (NEW.account_id, 'automation.finished', jsonb_build_object(
        'automation_id', NEW.automation_id, 'enrolment_id', NEW.id, 'contact_id', NEW.contact_id, 'state', NEW.state));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_end_told AFTER UPDATE OF state ON enrolment
    FOR EACH ROW WHEN (
        OLD.state = 'active' AND NEW.state <> 'active'
    ) EXECUTE FUNCTION public.enrolment_end_told();
