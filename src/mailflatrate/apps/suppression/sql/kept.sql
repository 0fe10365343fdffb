-- R-75: a suppression begins in force, belongs to one address for good, is never weakened, and is lifted with a reason
-- by the platform role, never from within an account. The reasons in the array go from the strongest to the weakest.

CREATE OR REPLACE FUNCTION public.suppression_born() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.lifted_at IS NOT NULL THEN
        RAISE EXCEPTION 'a suppression begins in force' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER suppression_born BEFORE INSERT ON suppression
    FOR EACH ROW EXECUTE FUNCTION public.suppression_born();

CREATE OR REPLACE FUNCTION public.suppression_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    strength text[] := ARRAY[{{suppression_strength}}];
BEGIN
    IF NEW.id <> OLD.id OR NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.address_key <> OLD.address_key
            OR (NEW.created_at <> OLD.created_at AND (NEW.created_at < OLD.created_at OR NEW.reason = OLD.reason))
            OR OLD.lifted_at IS NOT NULL THEN
        RAISE EXCEPTION 'a suppression is not moved to another address, nor changed once it was lifted (R-75)'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.lifted_at IS NOT NULL THEN
        IF current_user IN ('mailflatrate_app', 'mailflatrate_limited') THEN
            RAISE EXCEPTION 'no account lifts a suppression (R-75)' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF btrim(NEW.lifted_reason) = '' THEN
            RAISE EXCEPTION 'a suppression is lifted with a reason (R-75)' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF array_position(strength, NEW.reason::text) > array_position(strength, OLD.reason::text) THEN
        RAISE EXCEPTION 'a suppression is not weakened' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER suppression_kept BEFORE UPDATE ON suppression
    FOR EACH ROW EXECUTE FUNCTION public.suppression_kept();
