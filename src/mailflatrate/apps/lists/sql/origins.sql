-- Whether a list may be mailed is for Operations to say (R-10, R-11): an account declares where its addresses come
-- from, and each declaration is final once somebody decided about it. A rejected list stays rejected, and an import
-- that is held waits for a reviewer (R-15).

CREATE OR REPLACE FUNCTION public.list_origin_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a declaration of origin is never removed';
    ELSIF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' OR NEW.decided_at IS NOT NULL OR NEW.decided_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'a declaration of origin begins undecided';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(OLD) - '{state,decided_by_id,decided_at,decision_reason}'::text[]
        IS DISTINCT FROM to_jsonb(NEW) - '{state,decided_by_id,decided_at,decision_reason}'::text[] THEN
        RAISE EXCEPTION 'a declaration of origin is never changed; declare a new version';
    ELSIF OLD.state NOT IN ('waiting', 'asked') THEN
        RAISE EXCEPTION 'a decided declaration of origin is final';
    ELSIF NEW.state = 'replaced' THEN
        IF (OLD.decided_by_id, OLD.decided_at, OLD.decision_reason)
            IS DISTINCT FROM (NEW.decided_by_id, NEW.decided_at, NEW.decision_reason) THEN
            RAISE EXCEPTION 'replacing a declaration of origin is no decision';
        END IF;
    ELSIF current_user <> 'mailflatrate_platform' THEN
        RAISE EXCEPTION 'only the desk decides about an origin';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER list_origin_guard BEFORE INSERT OR UPDATE OR DELETE ON list_origin
    FOR EACH ROW EXECUTE FUNCTION public.list_origin_guard();

CREATE OR REPLACE FUNCTION public.mailing_list_origin_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.origin_state <> 'form' THEN
            RAISE EXCEPTION 'a list begins without an origin that somebody decided about';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.origin_state = NEW.origin_state THEN
        RETURN NEW;
    ELSIF OLD.origin_state = 'rejected' THEN
        RAISE EXCEPTION 'the origin of this list was rejected; that is final';
    ELSIF NOT (OLD.origin_state = 'form' AND NEW.origin_state = 'waiting')
        AND current_user <> 'mailflatrate_platform'
    THEN
        RAISE EXCEPTION 'only the desk decides about an origin';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER mailing_list_origin_guard BEFORE INSERT OR UPDATE OF origin_state ON mailing_list
    FOR EACH ROW EXECUTE FUNCTION public.mailing_list_origin_guard();
