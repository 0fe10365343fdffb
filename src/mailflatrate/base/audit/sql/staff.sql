-- Only Operations writes lines in the name of a member of staff, and only in the name of the person it has signed in.

CREATE OR REPLACE FUNCTION public.audit_staff_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_user NOT IN (
        'mailflatrate_app', 'mailflatrate_platform', 'mailflatrate_eraser', 'mailflatrate_limited') OR (
        NEW.actor_kind <> 'staff' AND NOT EXISTS (
            SELECT 1 FROM public.user_account u
            WHERE u.is_staff AND (u.id = NEW.actor_id OR lower(u.email) = lower(btrim(NEW.actor)))))
    THEN
        RETURN NEW;
    END IF;
    IF current_user <> 'mailflatrate_platform' OR NOT public.platform_open() OR NOT EXISTS (
        SELECT 1 FROM public.user_account u WHERE u.id = NEW.actor_id AND u.is_staff AND u.email = NEW.actor)
    THEN
        RAISE EXCEPTION 'only the desk writes lines in the name of staff' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER audit_staff_held BEFORE INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION public.audit_staff_held();
