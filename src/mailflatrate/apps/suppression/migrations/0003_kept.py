"""R-75 in the database: a suppression is lifted by the platform role with a reason, and never weakened or moved."""

from django.db import migrations

from mailflatrate.settings.roles import APP_ROLE

# Strongest first, as in `suppression.queries.STRENGTH`; a test compares the two.
STRENGTH = ("complaint", "objection", "erased", "hard_bounce", "manual", "soft_bounce", "unsubscribe")
ARRAY = "ARRAY[" + ", ".join(f"'{reason}'" for reason in STRENGTH) + "]"

SQL = f"""
CREATE FUNCTION suppression_kept() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER suppression_kept BEFORE UPDATE ON suppression FOR EACH ROW EXECUTE FUNCTION suppression_kept();

CREATE FUNCTION suppression_born() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.lifted_at IS NOT NULL THEN
        RAISE EXCEPTION 'a suppression begins in force' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER suppression_born BEFORE INSERT ON suppression FOR EACH ROW EXECUTE FUNCTION suppression_born();
"""

UNDO = """
DROP TRIGGER suppression_kept ON suppression; DROP FUNCTION suppression_kept();
DROP TRIGGER suppression_born ON suppression; DROP FUNCTION suppression_born();
"""


class Migration(migrations.Migration):
    """Triggers only."""

    dependencies = [("suppression", "0002_erased")]

    operations = [migrations.RunSQL(SQL, UNDO)]
