-- R-90: a campaign that a rule stopped goes on only when a reviewer says so, never from within the account.

CREATE OR REPLACE FUNCTION public.campaign_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.hold_rule <> '' AND current_user IN ('mailflatrate_app', 'mailflatrate_limited')
        AND (NEW.hold_rule = '' OR NEW.state NOT IN {{campaign_states(HELD)}})
    THEN
        RAISE EXCEPTION 'a rule stopped this campaign; a reviewer may release it (R-90)'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER campaign_held BEFORE UPDATE OF state, hold_rule ON campaign
    FOR EACH ROW EXECUTE FUNCTION public.campaign_held();
