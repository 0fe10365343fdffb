"""A line in the name of the operator's staff is written with the pass of the platform role alone (ADR 0010)."""

from django.db import migrations

from mailflatrate.settings.roles import APP_ROLE, ERASER_ROLE, PLATFORM_ROLE

SQL = f"""
CREATE FUNCTION audit_staff_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.actor_kind <> 'staff' OR current_user NOT IN ('{APP_ROLE}', '{PLATFORM_ROLE}', '{ERASER_ROLE}') THEN
        RETURN NEW;
    END IF;
    IF current_user <> '{PLATFORM_ROLE}' OR NOT public.platform_open() OR NOT EXISTS (
        SELECT 1 FROM public.user_account u WHERE u.id = NEW.actor_id AND u.is_staff AND u.email = NEW.actor)
    THEN
        RAISE EXCEPTION 'only the desk writes lines in the name of staff' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_staff_held BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_staff_held();
"""  # noqa: S608  # made of constants


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_chained_last")]

    operations = [migrations.RunSQL(SQL, "DROP FUNCTION audit_staff_held() CASCADE;")]
