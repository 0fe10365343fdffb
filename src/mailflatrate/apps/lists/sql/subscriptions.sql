-- A subscription has its contact and its proof: what two foreign keys would promise, asked once for all rows of a
-- statement, and of the same account (ADR 0052). A contact that this transaction wrote needs no lock against deletion,
-- because no one else sees it or can delete it before the transaction ends.

CREATE OR REPLACE FUNCTION public.subscription_refers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    own xid := pg_current_xact_id()::xid;
    rows_added bigint;
    of_own_contacts bigint;
    lost bigint;
BEGIN
    -- LATERAL with LIMIT, because only lookups by key are quick in whatever size the tables have when this is planned.
    SELECT count(*), count(c.id) INTO rows_added, of_own_contacts FROM added s LEFT JOIN LATERAL (
        SELECT id FROM public.contact WHERE id = s.contact_id AND account_id = s.account_id AND xmin = own LIMIT 1
    ) c ON TRUE;
    IF of_own_contacts < rows_added THEN
        PERFORM 1 FROM (SELECT DISTINCT contact_id FROM added ORDER BY contact_id) s CROSS JOIN LATERAL (
            SELECT 1 FROM public.contact WHERE id = s.contact_id AND xmin <> own FOR KEY SHARE
        ) locked;
        -- A statement of its own, which sees what was deleted while the one before it waited.
        SELECT s.contact_id INTO lost FROM added s LEFT JOIN LATERAL (
            SELECT id FROM public.contact WHERE id = s.contact_id AND account_id = s.account_id LIMIT 1
        ) c ON TRUE WHERE c.id IS NULL LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'a subscription has no contact %', lost USING ERRCODE = 'foreign_key_violation';
        END IF;
    END IF;
    -- Events are never deleted.
    SELECT s.consent_event_id INTO lost FROM added s LEFT JOIN LATERAL (
        SELECT id FROM public.consent_event WHERE id = s.consent_event_id AND account_id = s.account_id LIMIT 1
    ) e ON TRUE WHERE s.consent_event_id IS NOT NULL AND e.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a subscription has no event % in the ledger', lost USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

-- A consent from before a no makes no one mailable, and no subscription leaves "unsubscribed" without an event that is
-- newer than the no (ADR 0087). What came before stays: a no to another list ends no subscription.
CREATE OR REPLACE FUNCTION public.subscription_after_no() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    outdated bigint;
BEGIN
    SELECT s.contact_id INTO outdated FROM added s LEFT JOIN LATERAL (
        SELECT id, account_id, contact_id, mailing_list_id, occurred_at FROM public.consent_event
        WHERE id = s.consent_event_id LIMIT 1
    ) e ON TRUE WHERE {{is_confirmed(s.state)}}
        AND ({{forbids_subscribing(s.account_id, s.contact_id, e.occurred_at)}} OR {{consent_ended(e)}}) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'contact % said no after this consent', outdated USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER subscription_after_no AFTER INSERT ON subscription REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.subscription_after_no();

CREATE OR REPLACE FUNCTION public.subscription_returns() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF {{is_confirmed(NEW.state)}} AND EXISTS (
        SELECT 1 FROM public.consent_event e WHERE e.id = NEW.consent_event_id
            AND ({{forbids_subscribing(NEW.account_id, NEW.contact_id, e.occurred_at)}} OR {{consent_ended(e)}})
    ) OR OLD.state = 'unsubscribed' AND NOT coalesce((
        SELECT max(e.id) FILTER (WHERE e.kind IN ('requested', 'confirmed', 'imported')
                AND e.mailing_list_id = NEW.mailing_list_id)
            > coalesce(max(e.id) FILTER (WHERE {{is_no(e)}}
                AND (e.mailing_list_id = NEW.mailing_list_id OR e.mailing_list_id IS NULL)), 0)
        FROM public.consent_event e WHERE e.account_id = NEW.account_id AND e.contact_id = NEW.contact_id
    ), FALSE) THEN
        RAISE EXCEPTION 'contact % said no after this consent', NEW.contact_id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER subscription_returns AFTER UPDATE OF state, consent_event_id, contact_id, mailing_list_id
    ON subscription FOR EACH ROW WHEN (
        NEW.state <> 'unsubscribed' AND (OLD.state, OLD.consent_event_id, OLD.contact_id, OLD.mailing_list_id)
            IS DISTINCT FROM (NEW.state, NEW.consent_event_id, NEW.contact_id, NEW.mailing_list_id)
    ) EXECUTE FUNCTION public.subscription_returns();

CREATE OR REPLACE TRIGGER subscription_refers AFTER INSERT ON subscription REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.subscription_refers();

CREATE OR REPLACE FUNCTION public.subscription_refers_anew() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM public.contact c WHERE c.id = NEW.contact_id AND c.account_id = NEW.account_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a subscription has no contact %', NEW.contact_id USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF NEW.consent_event_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM public.consent_event e WHERE e.id = NEW.consent_event_id AND e.account_id = NEW.account_id
    ) THEN
        RAISE EXCEPTION 'a subscription has no event % in the ledger', NEW.consent_event_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER subscription_refers_anew AFTER UPDATE OF account_id, contact_id, consent_event_id
    ON subscription FOR EACH ROW WHEN (
        (OLD.account_id, OLD.contact_id, OLD.consent_event_id) IS DISTINCT FROM
        (NEW.account_id, NEW.contact_id, NEW.consent_event_id)
    ) EXECUTE FUNCTION public.subscription_refers_anew();

-- Asked when the transaction ends, as of a foreign key, so that contact and subscriptions may go in either order.
CREATE OR REPLACE FUNCTION public.contact_has_no_subscription() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.subscription s WHERE s.contact_id = OLD.id)
        AND NOT EXISTS (SELECT 1 FROM public.contact c WHERE c.id = OLD.id AND c.account_id = OLD.account_id)
    THEN
        RAISE EXCEPTION 'contact % still has a subscription', OLD.id USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS contact_has_no_subscription ON contact;
CREATE CONSTRAINT TRIGGER contact_has_no_subscription AFTER DELETE OR UPDATE OF id, account_id ON contact
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.contact_has_no_subscription();
