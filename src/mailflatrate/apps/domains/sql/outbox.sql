-- A sender domain that no longer passes its checks, for the outbox (ADR 0047): when its owners are told, and as often.

CREATE OR REPLACE FUNCTION public.domain_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload)
        VALUES (NEW.account_id, 'domain.failed', jsonb_build_object('domain_id', NEW.id));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_told AFTER UPDATE OF failing_told_at ON sender_domain
    FOR EACH ROW WHEN (
        OLD.failing_told_at IS NULL AND NEW.failing_told_at IS NOT NULL
    ) EXECUTE FUNCTION public.domain_told();
