-- What a campaign follows up is decided when it is made: a sent campaign of the account that is no follow-up itself. An
-- index lets each have one, so that no one is reminded twice.

CREATE OR REPLACE FUNCTION public.campaign_follow_up_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.follow_up_of, NEW.follow_up_goal) IS DISTINCT FROM (OLD.follow_up_of, OLD.follow_up_goal) THEN
            RAISE EXCEPTION 'what a campaign follows up stays as it was' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.follow_up_of IS NULL) IS DISTINCT FROM (NEW.follow_up_goal IS NULL) THEN
        RAISE EXCEPTION 'a follow-up has a campaign and a goal' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.follow_up_of IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM public.campaign c
        WHERE c.id = NEW.follow_up_of AND c.account_id = NEW.account_id AND c.state = 'sent'
            AND c.automation_id IS NULL AND c.follow_up_of IS NULL)
    THEN
        RAISE EXCEPTION 'only a sent campaign of this account can be followed up'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER campaign_follow_up_held BEFORE INSERT OR UPDATE OF follow_up_of, follow_up_goal ON campaign
    FOR EACH ROW EXECUTE FUNCTION public.campaign_follow_up_held();
