"""A line that names somebody of the staff asks for the platform's pass, whatever kind it says it is (ADR 0010)."""

from django.db import migrations, models

from mailflatrate.settings.roles import APP_ROLE, ERASER_ROLE, PLATFORM_ROLE

SQL = f"""
CREATE OR REPLACE FUNCTION audit_staff_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user NOT IN ('{APP_ROLE}', '{PLATFORM_ROLE}', '{ERASER_ROLE}') OR (
        NEW.actor_kind <> 'staff' AND NOT EXISTS (
            SELECT 1 FROM public.user_account u
            WHERE u.is_staff AND (u.id = NEW.actor_id OR lower(u.email) = lower(btrim(NEW.actor)))))
    THEN
        RETURN NEW;
    END IF;
    IF current_user <> '{PLATFORM_ROLE}' OR NOT public.platform_open() OR NOT EXISTS (
        SELECT 1 FROM public.user_account u WHERE u.id = NEW.actor_id AND u.is_staff AND u.email = NEW.actor)
    THEN
        RAISE EXCEPTION 'only the desk writes lines in the name of staff' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
"""  # noqa: S608  # made of constants


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_staff_by_pass")]

    operations = [
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="auditentry",
            constraint=models.CheckConstraint(
                condition=models.Q(actor_kind__in=["staff", "customer", "machine"]), name="audit_entry_actor_kind"
            ),
        ),
    ]
