-- Who may sign in, and with what rights, changes only through `tenancy.access()`, which asks for a pass (ADR 0010). The
-- columns listed may change without letting anybody in; every other column is held, including those that are added
-- later. The names begin with zz, so that these triggers fire after those of the table itself, whose messages say more.
-- Staff are made by the operator's command line alone.

CREATE OR REPLACE FUNCTION public.access_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_user IN ('mailflatrate_app', 'mailflatrate_platform', 'mailflatrate_eraser', 'mailflatrate_limited')
        AND NOT public.access_open()
    THEN
        RAISE EXCEPTION '% of % needs tenancy.access()', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER zz_access_held BEFORE INSERT OR DELETE ON user_account
    FOR EACH ROW EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held_as_is BEFORE UPDATE ON user_account
    FOR EACH ROW WHEN (
        to_jsonb(OLD) - '{last_login,language}'::text[] IS DISTINCT FROM to_jsonb(NEW) -
        '{last_login,language}'::text[]
    ) EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held BEFORE INSERT OR DELETE ON mfa_authenticator
    FOR EACH ROW EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held_as_is BEFORE UPDATE ON mfa_authenticator
    FOR EACH ROW WHEN (
        to_jsonb(OLD) - '{last_used_at}'::text[] IS DISTINCT FROM to_jsonb(NEW) - '{last_used_at}'::text[]
    ) EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held BEFORE INSERT OR DELETE ON account_emailaddress
    FOR EACH ROW EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held_as_is BEFORE UPDATE ON account_emailaddress
    FOR EACH ROW WHEN (to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW)) EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held BEFORE INSERT OR DELETE ON account_emailconfirmation
    FOR EACH ROW EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held_as_is BEFORE UPDATE ON account_emailconfirmation
    FOR EACH ROW WHEN (to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW)) EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held BEFORE INSERT OR DELETE ON membership
    FOR EACH ROW EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held_as_is BEFORE UPDATE ON membership
    FOR EACH ROW WHEN (to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW)) EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held BEFORE INSERT OR DELETE ON invitation
    FOR EACH ROW EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held_as_is BEFORE UPDATE ON invitation
    FOR EACH ROW WHEN (to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW)) EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held BEFORE INSERT OR DELETE ON address_change
    FOR EACH ROW EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held_as_is BEFORE UPDATE ON address_change
    FOR EACH ROW WHEN (to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW)) EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held BEFORE INSERT OR DELETE ON api_key
    FOR EACH ROW EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held_as_is BEFORE UPDATE ON api_key
    FOR EACH ROW WHEN (
        to_jsonb(OLD) - '{last_used_at,window_at,window_count}'::text[] IS DISTINCT FROM to_jsonb(NEW) -
        '{last_used_at,window_at,window_count}'::text[]
    ) EXECUTE FUNCTION public.access_held();
CREATE OR REPLACE TRIGGER zz_access_held BEFORE INSERT OR UPDATE OR DELETE ON shared_entry
    FOR EACH ROW EXECUTE FUNCTION public.access_held();

-- Whether a password alone opens an account is a matter of access, too.
CREATE OR REPLACE TRIGGER zz_second_factor_held BEFORE UPDATE OF second_factor ON account
    FOR EACH ROW WHEN (NEW.second_factor IS DISTINCT FROM OLD.second_factor) EXECUTE FUNCTION public.access_held();

-- So is who has to agree before a campaign goes out.
CREATE OR REPLACE TRIGGER zz_access_held BEFORE INSERT OR DELETE ON four_eyes_switch
    FOR EACH ROW EXECUTE FUNCTION public.access_held();

CREATE OR REPLACE FUNCTION public.staff_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.is_staff AND (TG_OP = 'INSERT' OR NOT OLD.is_staff)
        AND (current_user IN ('mailflatrate_app', 'mailflatrate_limited')
        OR (current_user = 'mailflatrate_platform' AND NOT public.platform_open()))
    THEN
        RAISE EXCEPTION 'the operator makes staff by the command line' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER staff_held BEFORE INSERT OR UPDATE OF is_staff ON user_account
    FOR EACH ROW EXECUTE FUNCTION public.staff_held();
