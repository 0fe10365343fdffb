-- The account status and new agreements, for the outbox (ADR 0047).

CREATE OR REPLACE FUNCTION public.status_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload) VALUES (NEW.account_id, 'account.status',
        jsonb_build_object('before', NEW.before, 'after', NEW.after));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_told AFTER INSERT ON standing_change
    FOR EACH ROW EXECUTE FUNCTION public.status_told();

-- A version is stored once for each language and announced once.
CREATE OR REPLACE FUNCTION public.agreement_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload)
    SELECT a.id, 'agreement.new', jsonb_build_object('kind', d.kind, 'version', d.version)
    FROM public.account a, (SELECT DISTINCT kind, version FROM added) d
    WHERE a.standing <> 'closed' AND NOT EXISTS (SELECT 1 FROM public.agreement_document earlier
        WHERE earlier.kind = d.kind AND earlier.version = d.version AND earlier.id NOT IN (SELECT id FROM added));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_told AFTER INSERT ON agreement_document REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.agreement_told();
