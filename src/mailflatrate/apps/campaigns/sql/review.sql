-- R-06: a campaign of a supervised account is scheduled or sent only with a reviewer's approval of exactly this
-- content. An approval of the draft is no answer to a campaign that waits in review, and counts for a week. What was
-- sent may be completed later.

CREATE OR REPLACE FUNCTION public.campaign_reviewed() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asks boolean;
    waits boolean := false;
    completes boolean := false;
BEGIN
    IF NEW.state NOT IN {{campaign_states(REVIEWED)}} THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state IN {{campaign_states(UNFINISHED)}} AND OLD.policy_hash = NEW.policy_hash THEN
            RETURN NEW;
        END IF;
        waits := OLD.state = 'review';
        completes := OLD.state = 'sent';
    END IF;
    SELECT supervised INTO asks FROM account WHERE id = NEW.account_id;
    IF (waits OR coalesce(asks, true)) AND NOT coalesce((
        SELECT r.approved AND (NOT r.early OR completes
            OR NOT waits AND r.reviewed_at >= now() - make_interval(days => {{early_review_days()}}))
        FROM campaign_review r
        WHERE r.account_id = NEW.account_id AND r.campaign_id = NEW.id AND r.content_hash = NEW.policy_hash
        ORDER BY r.id DESC LIMIT 1), false)
    THEN
        RAISE EXCEPTION 'this campaign waits for a reviewer (R-06)' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER campaign_reviewed BEFORE INSERT OR UPDATE OF state, policy_hash, account_id ON campaign
    FOR EACH ROW EXECUTE FUNCTION public.campaign_reviewed();

CREATE OR REPLACE TRIGGER campaign_review_kept BEFORE UPDATE ON campaign_review
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
