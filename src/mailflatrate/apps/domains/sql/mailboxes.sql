-- R-46: a sender address counts only once somebody who reads that mailbox has confirmed it.

CREATE OR REPLACE FUNCTION public.mailbox_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_user IN ('mailflatrate_app', 'mailflatrate_limited') AND NEW.proved_at IS NOT NULL AND (TG_OP = 'INSERT'
        OR (NEW.account_id, NEW.email, NEW.proved_at) IS DISTINCT FROM (OLD.account_id, OLD.email, OLD.proved_at))
    THEN
        RAISE EXCEPTION 'a mailbox is proved by its reader (R-46)' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER mailbox_held BEFORE INSERT OR UPDATE ON mailbox
    FOR EACH ROW EXECUTE FUNCTION public.mailbox_held();

CREATE OR REPLACE FUNCTION public.sender_address_proved() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.verified_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM public.mailbox m
        WHERE m.account_id = NEW.account_id AND m.email = lower(NEW.email) AND m.proved_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'nobody at % confirmed that it is the account''s (R-46)', NEW.email
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER sender_address_proved BEFORE INSERT OR UPDATE OF verified_at, email, account_id
    ON sender_address
    FOR EACH ROW EXECUTE FUNCTION public.sender_address_proved();

-- R-45: what was judged and proved is what readers see. A sender with another name or address is another sender.
CREATE OR REPLACE FUNCTION public.sender_address_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a sender stays as it was added (R-45)' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER sender_address_stays BEFORE UPDATE OF account_id, domain_id, email, display_name
    ON sender_address
    FOR EACH ROW WHEN ((NEW.account_id, NEW.domain_id, NEW.email, NEW.display_name)
        IS DISTINCT FROM (OLD.account_id, OLD.domain_id, OLD.email, OLD.display_name))
    EXECUTE FUNCTION public.sender_address_stays();
