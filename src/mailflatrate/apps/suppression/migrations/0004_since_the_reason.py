"""A stronger reason counts from its own day (R-75), and a reporter's IP address is the desk's alone (R-80)."""

from django.db import migrations

from mailflatrate.settings.roles import APP_ROLE

STRENGTH = ("complaint", "objection", "erased", "hard_bounce", "manual", "soft_bounce", "unsubscribe")
ARRAY = "ARRAY[" + ", ".join(f"'{reason}'" for reason in STRENGTH) + "]"

NO_IP = "UPDATE suppression SET evidence = evidence - 'ip' WHERE reason = 'complaint' AND lifted_at IS NULL"

SQL = f"""
CREATE OR REPLACE FUNCTION suppression_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.address_key <> OLD.address_key
            OR (NEW.created_at <> OLD.created_at AND (NEW.created_at < OLD.created_at OR NEW.reason = OLD.reason))
            OR OLD.lifted_at IS NOT NULL THEN
        RAISE EXCEPTION 'a suppression is not moved to another address, nor changed once it was lifted (R-75)'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.lifted_at IS NOT NULL THEN
        IF current_user = '{APP_ROLE}' THEN
            RAISE EXCEPTION 'no account lifts a suppression (R-75)' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF btrim(NEW.lifted_reason) = '' THEN
            RAISE EXCEPTION 'a suppression is lifted with a reason (R-75)' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF array_position({ARRAY}, NEW.reason::text) > array_position({ARRAY}, OLD.reason::text) THEN
        RAISE EXCEPTION 'a suppression is not weakened' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""

UNDO = f"""
CREATE OR REPLACE FUNCTION suppression_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.address_key <> OLD.address_key
            OR NEW.created_at <> OLD.created_at OR OLD.lifted_at IS NOT NULL THEN
        RAISE EXCEPTION 'a suppression is not moved to another address, nor changed once it was lifted (R-75)'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.lifted_at IS NOT NULL THEN
        IF current_user = '{APP_ROLE}' THEN
            RAISE EXCEPTION 'no account lifts a suppression (R-75)' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF btrim(NEW.lifted_reason) = '' THEN
            RAISE EXCEPTION 'a suppression is lifted with a reason (R-75)' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF array_position({ARRAY}, NEW.reason::text) > array_position({ARRAY}, OLD.reason::text) THEN
        RAISE EXCEPTION 'a suppression is not weakened' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    """The trigger's function, and rows of before."""

    dependencies = [("suppression", "0003_kept")]

    operations = [migrations.RunSQL(NO_IP, migrations.RunSQL.noop), migrations.RunSQL(SQL, UNDO)]
