"""Four eyes in the database: an owner's row switches it, and no other statement does."""

from django.db import migrations

from mailflatrate.settings.roles import APP_ROLE, PLATFORM_ROLE

SQL = f"""
CREATE FUNCTION four_eyes_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.membership m JOIN public.user_account u ON u.id = m.user_id
        WHERE m.account_id = NEW.account_id AND m.user_id = NEW.switched_by_id AND m.role = 'owner' AND u.is_active)
    THEN
        RAISE EXCEPTION 'only an owner switches the four-eyes release' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER four_eyes_checked BEFORE INSERT ON four_eyes_switch
    FOR EACH ROW EXECUTE FUNCTION four_eyes_checked();

CREATE FUNCTION four_eyes_done() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE account SET four_eyes = NEW.wanted WHERE id = NEW.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER four_eyes_done AFTER INSERT ON four_eyes_switch FOR EACH ROW EXECUTE FUNCTION four_eyes_done();

CREATE FUNCTION four_eyes_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user IN ('{APP_ROLE}', '{PLATFORM_ROLE}') AND NEW.four_eyes IS DISTINCT FROM OLD.four_eyes THEN
        RAISE EXCEPTION 'the four-eyes release is switched by a row of four_eyes_switch'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER four_eyes_held BEFORE UPDATE OF four_eyes ON account
    FOR EACH ROW EXECUTE FUNCTION four_eyes_held();
"""  # noqa: S608  # made of constants
UNDO = """
DROP FUNCTION four_eyes_checked() CASCADE;
DROP FUNCTION four_eyes_done() CASCADE;
DROP FUNCTION four_eyes_held() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_four_eyes")]

    operations = [migrations.RunSQL(SQL, UNDO)]
