"""Nobody becomes staff by SQL: not in an account's scope, and not in the platform role without its pass (ADR 0010)."""

from django.db import migrations

from mailflatrate.settings.roles import APP_ROLE, PLATFORM_ROLE

SQL = f"""
CREATE OR REPLACE FUNCTION staff_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_staff AND (TG_OP = 'INSERT' OR NOT OLD.is_staff) AND (current_user = '{APP_ROLE}'
        OR (current_user = '{PLATFORM_ROLE}' AND NOT public.platform_open()))
    THEN
        RAISE EXCEPTION 'the operator makes staff by the command line' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_sender_notice")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
