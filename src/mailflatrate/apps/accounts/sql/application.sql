-- An application that is being checked, or was decided, no longer changes, and neither does a decision about it (R-02).
-- What the customer and Operations wrote to each other stays, and each writes in their own name only.

CREATE OR REPLACE FUNCTION public.application_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    present text;
BEGIN
    SELECT standing INTO present FROM account WHERE id = NEW.account_id;
    IF current_user NOT IN ('mailflatrate_app', 'mailflatrate_limited') OR present IN ('registered', 'more_info') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the application is being checked or was decided; it does not change any more'
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER application_held BEFORE INSERT OR UPDATE ON application
    FOR EACH ROW EXECUTE FUNCTION public.application_held();

CREATE OR REPLACE TRIGGER application_kept BEFORE DELETE ON application
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER vetting_decision_kept BEFORE UPDATE OR DELETE ON vetting_decision
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE FUNCTION public.desk_message_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_user IN ('mailflatrate_app', 'mailflatrate_limited') AND (
        TG_OP = 'UPDATE' OR NEW.side <> 'customer' OR NEW.handled_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'only the desk writes for the desk' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER desk_message_held BEFORE INSERT OR UPDATE ON desk_message
    FOR EACH ROW EXECUTE FUNCTION public.desk_message_held();

CREATE OR REPLACE TRIGGER desk_message_kept BEFORE DELETE ON desk_message
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER desk_message_fixed BEFORE UPDATE ON desk_message
    FOR EACH ROW WHEN (
        (OLD.side, OLD.text, OLD.about_id, OLD.author_id, OLD.at)
        IS DISTINCT FROM (NEW.side, NEW.text, NEW.about_id, NEW.author_id, NEW.at)
    ) EXECUTE FUNCTION public.refuse_change();
