-- A code that was given is never given again: it stays with its pool, its campaign and its person, whose name may only
-- be taken off. It is deleted with its account alone.

CREATE OR REPLACE FUNCTION public.coupon_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a coupon code that was given stays as it was' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER coupon_stays BEFORE UPDATE ON coupon_code
    FOR EACH ROW WHEN (
        (NEW.account_id, NEW.pool_id, NEW.code) IS DISTINCT FROM (OLD.account_id, OLD.pool_id, OLD.code)
        OR OLD.given_at IS NOT NULL AND (
            (NEW.campaign_id, NEW.given_at) IS DISTINCT FROM (OLD.campaign_id, OLD.given_at)
            OR NEW.contact_id IS NOT NULL AND NEW.contact_id IS DISTINCT FROM OLD.contact_id)
        OR NEW.given_at IS NULL AND (NEW.contact_id IS NOT NULL OR NEW.campaign_id IS NOT NULL)
    ) EXECUTE FUNCTION public.coupon_stays();

CREATE OR REPLACE TRIGGER coupon_given_stays BEFORE DELETE ON coupon_code
    FOR EACH ROW WHEN (OLD.given_at IS NOT NULL) EXECUTE FUNCTION public.coupon_stays();

CREATE OR REPLACE TRIGGER coupon_pool_stays BEFORE UPDATE ON coupon_pool
    FOR EACH ROW WHEN ((NEW.account_id, NEW.key) IS DISTINCT FROM (OLD.account_id, OLD.key))
    EXECUTE FUNCTION public.coupon_stays();
