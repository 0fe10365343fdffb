-- The stages of a campaign, for the outbox (ADR 0047). Planning is begun once; an A/B test and a resumed campaign plan
-- again from another state.

CREATE OR REPLACE FUNCTION public.campaign_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    told text := CASE
        WHEN NEW.state = 'review' THEN 'campaign.review'
        WHEN OLD.state = 'review' AND NEW.state = 'draft' THEN 'campaign.returned'
        WHEN OLD.state IN {{campaign_states(NOT_BEGUN)}} AND NEW.state = 'planning' THEN 'campaign.started'
        WHEN NEW.state = 'paused' THEN 'campaign.held'
        WHEN NEW.state IN {{campaign_states(OVER)}} THEN 'campaign.finished' END;
BEGIN
    IF told IS NOT NULL THEN
        INSERT INTO public.outbox_event (account_id, type, payload) VALUES (NEW.account_id, told,
            jsonb_build_object('campaign_id', NEW.id)
            || CASE told WHEN 'campaign.finished' THEN jsonb_build_object('state', NEW.state) ELSE '{}' END);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_told AFTER UPDATE OF state ON campaign
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION public.campaign_told();
