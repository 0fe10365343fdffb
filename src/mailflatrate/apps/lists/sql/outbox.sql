-- What happened to contacts, lists and imports, for the outbox (ADR 0047), in the transaction of the change. The
-- functions run as the owner. One statement writes one set, so imports and bulk actions keep their speed.

-- Whatever ends or begins a consent has an event in the ledger, so this hears every "no", wherever it came from.
CREATE OR REPLACE FUNCTION public.consent_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload)
    SELECT e.account_id, t.type,
        CASE t.type WHEN 'contact.erased' THEN jsonb_build_object('contact_id', e.contact_id, 'reason', e.kind)
            ELSE jsonb_build_object('contact_id', e.contact_id, 'list_id', e.mailing_list_id) END
    FROM added e CROSS JOIN LATERAL (SELECT CASE
        WHEN e.kind = 'confirmed' THEN 'contact.confirmed'
        WHEN e.kind IN ('withdrawn', 'objection') THEN 'contact.unsubscribed'
        WHEN e.kind = 'confirmation_sent' THEN 'confirmation.asked'
        WHEN e.kind = 'expired' AND e.mailing_list_id IS NOT NULL THEN 'confirmation.expired'
        ELSE 'contact.erased' END AS type) t
    WHERE e.kind IN ('confirmed', 'withdrawn', 'objection', 'confirmation_sent', 'expired', 'erased');
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_told AFTER INSERT ON consent_event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.consent_told();

-- Only the account's own suppressions, and only of people it has: what another customer's mail ran into is not its
-- business. A complaint reads like any other opt-out (R-80).
CREATE OR REPLACE FUNCTION public.suppression_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload)
    SELECT s.account_id, 'contact.suppressed', jsonb_build_object('contact_id', c.id, 'reason',
        CASE WHEN s.reason IN ('unsubscribe', 'objection', 'complaint') THEN 'opt_out' ELSE s.reason END)
    FROM added s JOIN public.contact c ON c.account_id = s.account_id AND c.address_key = s.address_key
    WHERE {{in_force(s)}};
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION public.suppression_changed_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload)
    SELECT s.account_id, 'contact.suppressed', jsonb_build_object('contact_id', c.id, 'reason',
        CASE WHEN s.reason IN ('unsubscribe', 'objection', 'complaint') THEN 'opt_out' ELSE s.reason END)
    FROM added s JOIN removed o ON o.id = s.id AND o.reason <> s.reason
    JOIN public.contact c ON c.account_id = s.account_id AND c.address_key = s.address_key
    WHERE {{in_force(s)}};
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_told AFTER INSERT ON suppression REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.suppression_told();
CREATE OR REPLACE TRIGGER zz_told_stronger AFTER UPDATE ON suppression
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.suppression_changed_told();

CREATE OR REPLACE FUNCTION public.origin_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload) VALUES (NEW.account_id, 'origin.decided',
        jsonb_build_object('origin_id', NEW.id, 'list_id', NEW.mailing_list_id, 'decision', NEW.state));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_told AFTER UPDATE OF state ON list_origin
    FOR EACH ROW WHEN (
        OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('approved', 'rejected')
    ) EXECUTE FUNCTION public.origin_told();
