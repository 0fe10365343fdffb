-- Where an account wants it, a second person of the account approves each campaign: not the one who asked for approval,
-- and not the one who made the last edit (R-04 for the tick of the policy).

CREATE OR REPLACE FUNCTION public.campaign_second_release() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asks boolean;
BEGIN
    IF NEW.state NOT IN {{campaign_states(RELEASED)}} THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state IN {{campaign_states(UNFINISHED)}}
        AND OLD.policy_hash = NEW.policy_hash
    THEN
        RETURN NEW;
    END IF;
    SELECT a.four_eyes INTO asks FROM public.account a WHERE a.id = NEW.account_id;
    IF coalesce(asks, true) AND NOT EXISTS (
        SELECT 1 FROM public.release_request r
        WHERE r.account_id = NEW.account_id AND r.campaign_id = NEW.id AND r.content_hash = NEW.policy_hash
            AND r.answer = 'released' AND r.answered_by_id IS DISTINCT FROM NEW.edited_by_id)
    THEN
        RAISE EXCEPTION 'this mailing waits for a second person of the account'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER campaign_second_release BEFORE INSERT OR UPDATE OF state, policy_hash, account_id ON campaign
    FOR EACH ROW EXECUTE FUNCTION public.campaign_second_release();

CREATE OR REPLACE FUNCTION public.release_request_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mailing campaign;
    acts bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.asked_by_id ELSE NEW.answered_by_id END;
BEGIN
    IF TG_OP = 'INSERT' AND NEW.answer <> '' THEN
        RAISE EXCEPTION 'a release is asked for before it is given' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.answer <> '' OR
        (NEW.account_id, NEW.campaign_id, NEW.content_hash, NEW.asked_by_id, NEW.asked_at)
        IS DISTINCT FROM (OLD.account_id, OLD.campaign_id, OLD.content_hash, OLD.asked_by_id, OLD.asked_at))
    THEN
        RAISE EXCEPTION 'what was asked and answered stays as it was' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.answer NOT IN ('', 'released') THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM public.membership m JOIN public.user_account u ON u.id = m.user_id
        WHERE m.account_id = NEW.account_id AND m.user_id = acts AND u.is_active
            AND ((NEW.answer = '' AND m.role IN {{roles(DRAFT)}}) OR m.role IN {{roles(RELEASE)}}))
    THEN
        RAISE EXCEPTION 'a release is asked for by those who write, and given by those who may release'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.answer = 'released' THEN
        SELECT * INTO mailing FROM public.campaign c WHERE c.id = NEW.campaign_id AND c.account_id = NEW.account_id;
        IF NEW.answered_by_id IS NOT DISTINCT FROM NEW.asked_by_id
            OR NEW.answered_by_id IS NOT DISTINCT FROM mailing.edited_by_id
        THEN
            RAISE EXCEPTION 'whoever asked, or wrote last, is no second person'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF mailing.policy_hash IS DISTINCT FROM NEW.content_hash
            OR mailing.policy_ticked_by_id IS DISTINCT FROM NEW.answered_by_id
        THEN
            RAISE EXCEPTION 'the second person ticks the policy for this content (R-04)'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER release_request_held BEFORE INSERT OR UPDATE ON release_request
    FOR EACH ROW EXECUTE FUNCTION public.release_request_held();
