-- R-01 and R-90: who moves an account from one status to another, and what an account's own scope may never write.
-- The rows of `m` are those of `rules.vetting.account_status`; a test compares what both allow for every pair. A
-- status changes only by a row of standing_change, whose trigger runs as the owner of the tables (ADR 0008).

CREATE OR REPLACE FUNCTION public.standing_change_checked() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    present account;
    least int;
    person user_account;
    since timestamptz;
BEGIN
    SELECT * INTO STRICT present FROM account WHERE id = NEW.account_id FOR UPDATE;
    IF present.is_house THEN
        RAISE EXCEPTION 'the house account has no standing' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.before IS DISTINCT FROM present.standing THEN
        RAISE EXCEPTION 'account % is %, not %', NEW.account_id, present.standing, NEW.before
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT m.least INTO least FROM (VALUES
    {{status_moves}}
) AS m (before, after, least)
        WHERE m.before = NEW.before AND m.after = NEW.after;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no account goes from % to % (R-01)', NEW.before, NEW.after
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO person FROM user_account WHERE id = NEW.actor_id;
    IF least = 2 AND NOT coalesce(person.is_staff AND person.is_active, false) THEN
        RAISE EXCEPTION 'only a person of the operator moves an account from % to % (R-01, R-90)', NEW.before, NEW.after
            USING ERRCODE = 'check_violation';
    END IF;
    IF least = 1 AND NEW.actor_id IS NOT NULL AND NOT coalesce(person.is_staff AND person.is_active, false) THEN
        RAISE EXCEPTION 'a rule or a person of the operator moves an account from % to %', NEW.before, NEW.after
            USING ERRCODE = 'check_violation';
    END IF;
    IF {{is_lift(NEW.before, NEW.after)}} THEN
        SELECT max(at) INTO since FROM standing_change
            WHERE account_id = NEW.account_id AND after IN ('paused', 'suspended');
        IF NEW.at < since + interval '{{limit(pause_cooling_hours)}} hours' THEN
            RAISE EXCEPTION 'a pause is lifted after 24 hours at the earliest (R-90)' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.after = 'approved' AND NOT EXISTS (
        SELECT 1 FROM vetting_decision d WHERE d.account_id = NEW.account_id AND d.application_id = NEW.application_id
            AND d.kind = 'approve' AND d.decided_by_id = NEW.actor_id
    ) THEN
        RAISE EXCEPTION 'an account is approved by a decision about its record (R-02)'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER standing_change_checked BEFORE INSERT ON standing_change
    FOR EACH ROW EXECUTE FUNCTION public.standing_change_checked();

CREATE OR REPLACE FUNCTION public.standing_change_done() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE account SET
        standing = NEW.after,
        standing_reason = CASE WHEN NEW.after IN ('active', 'approved', 'submitted') THEN '' ELSE NEW.text END,
        vetting_record_id = CASE WHEN NEW.after = 'approved' THEN NEW.application_id ELSE vetting_record_id END,
        activated_by_id = CASE WHEN NEW.before = 'approved' AND NEW.after = 'active' THEN NEW.actor_id
                               ELSE activated_by_id END,
        activated_at = CASE WHEN NEW.before = 'approved' AND NEW.after = 'active' THEN NEW.at ELSE activated_at END,
        supervised = supervised OR NEW.before IN ('approved', 'paused', 'suspended')
    WHERE id = NEW.account_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER standing_change_done AFTER INSERT ON standing_change
    FOR EACH ROW EXECUTE FUNCTION public.standing_change_done();

CREATE OR REPLACE TRIGGER standing_change_kept BEFORE UPDATE OR DELETE ON standing_change
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE FUNCTION public.account_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_user NOT IN ('mailflatrate_app', 'mailflatrate_limited', 'mailflatrate_platform') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF (NEW.standing, NEW.standing_reason) IS DISTINCT FROM ('registered', '')
            OR NEW.activated_by_id IS NOT NULL OR NEW.activated_at IS NOT NULL OR NEW.vetting_record_id IS NOT NULL
        THEN
            RAISE EXCEPTION 'an account begins as registered (R-01)' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF current_user IN ('mailflatrate_app', 'mailflatrate_limited') THEN
            RAISE EXCEPTION 'an account is made by the platform role' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.standing, NEW.standing_reason, NEW.activated_by_id, NEW.activated_at, NEW.vetting_record_id)
        IS DISTINCT FROM
       (OLD.id, OLD.standing, OLD.standing_reason, OLD.activated_by_id, OLD.activated_at, OLD.vetting_record_id)
    THEN
        RAISE EXCEPTION 'the standing of an account moves by a row of standing_change (R-01)'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF current_user IN ('mailflatrate_app', 'mailflatrate_limited')
        AND (NEW.supervised, NEW.daily_limit, NEW.is_house, NEW.created_at)
        IS DISTINCT FROM (OLD.supervised, OLD.daily_limit, OLD.is_house, OLD.created_at)
    THEN
        RAISE EXCEPTION 'the limits of an account are set by the platform role'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER account_held BEFORE INSERT OR UPDATE ON account
    FOR EACH ROW EXECUTE FUNCTION public.account_held();
