-- An account's rule that a second person approves each campaign: switched by rows of four_eyes_switch only, which stay.

CREATE OR REPLACE FUNCTION public.four_eyes_checked() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.membership m JOIN public.user_account u ON u.id = m.user_id
        WHERE m.account_id = NEW.account_id AND m.user_id = NEW.switched_by_id AND u.is_active
            AND m.role IN {{roles(SECURITY)}})
    THEN
        RAISE EXCEPTION 'only an owner switches the four-eyes release' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER four_eyes_checked BEFORE INSERT ON four_eyes_switch
    FOR EACH ROW EXECUTE FUNCTION public.four_eyes_checked();

CREATE OR REPLACE FUNCTION public.four_eyes_done() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE account SET four_eyes = NEW.wanted WHERE id = NEW.account_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER four_eyes_done AFTER INSERT ON four_eyes_switch
    FOR EACH ROW EXECUTE FUNCTION public.four_eyes_done();

CREATE OR REPLACE TRIGGER four_eyes_kept BEFORE UPDATE OR DELETE ON four_eyes_switch
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE FUNCTION public.four_eyes_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_user IN ('mailflatrate_app', 'mailflatrate_limited', 'mailflatrate_platform')
        AND NEW.four_eyes IS DISTINCT FROM OLD.four_eyes
    THEN
        RAISE EXCEPTION 'the four-eyes release is switched by a row of four_eyes_switch'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER four_eyes_held BEFORE UPDATE OF four_eyes ON account
    FOR EACH ROW EXECUTE FUNCTION public.four_eyes_held();
