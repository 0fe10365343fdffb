"""R-90 in the database: what a rule stopped, a customer does not let go on, whatever statement he finds."""

from django.db import migrations

SQL = """
CREATE FUNCTION campaign_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.hold_rule <> '' AND current_user = 'mailflatrate_app'
        AND (NEW.hold_rule = '' OR NEW.state NOT IN ('paused', 'cancelled'))
    THEN
        RAISE EXCEPTION 'a rule stopped this mailing; a reviewer lets it go on (R-90)'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER campaign_held BEFORE UPDATE OF state, hold_rule ON campaign
    FOR EACH ROW EXECUTE FUNCTION campaign_held();
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0005_hold")]

    operations = [migrations.RunSQL(SQL, "DROP FUNCTION campaign_held() CASCADE")]
