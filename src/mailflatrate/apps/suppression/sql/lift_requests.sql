-- R-75: an account asks to lift a suppression that holds for it; the platform role decides, once.

CREATE OR REPLACE FUNCTION public.lift_request_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'a request to lift begins undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (SELECT FROM public.suppression s WHERE s.id = NEW.suppression_id AND {{in_force(s)}}
                AND (s.account_id = NEW.account_id OR s.account_id IS NULL)) THEN
            RAISE EXCEPTION 'a request to lift is about a suppression in force of its account or of all'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.account_id, NEW.suppression_id, NEW.asked_by_id, NEW.asked_at)
            IS DISTINCT FROM (OLD.id, OLD.account_id, OLD.suppression_id, OLD.asked_by_id, OLD.asked_at)
            OR (OLD.state <> 'asked' AND (NEW.state, NEW.decided_by_id, NEW.decided_at)
                IS DISTINCT FROM (OLD.state, OLD.decided_by_id, OLD.decided_at)) THEN
        RAISE EXCEPTION 'a request to lift is decided once, and stays as it was asked'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER lift_request_kept BEFORE INSERT OR UPDATE ON lift_request
    FOR EACH ROW EXECUTE FUNCTION public.lift_request_kept();
