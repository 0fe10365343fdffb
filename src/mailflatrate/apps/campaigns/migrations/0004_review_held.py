"""R-06 in the database: no mailing of a supervised account, and none that waits for a reviewer, goes out without one."""

from django.db import migrations

SQL = """
CREATE FUNCTION campaign_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asks boolean;
BEGIN
    IF NEW.state NOT IN ('scheduled', 'planning', 'sending', 'waiting', 'paused') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state IN ('planning', 'sending', 'waiting', 'paused') AND OLD.policy_hash = NEW.policy_hash THEN
            RETURN NEW;
        END IF;
        asks := OLD.state = 'review';
    END IF;
    IF NOT coalesce(asks, false) THEN
        SELECT supervised INTO asks FROM account WHERE id = NEW.account_id;
    END IF;
    IF coalesce(asks, true) AND NOT coalesce((
        SELECT r.approved FROM campaign_review r
        WHERE r.account_id = NEW.account_id AND r.campaign_id = NEW.id AND r.content_hash = NEW.policy_hash
        ORDER BY r.id DESC LIMIT 1), false)
    THEN
        RAISE EXCEPTION 'this mailing waits for a reviewer (R-06)' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER campaign_reviewed BEFORE INSERT OR UPDATE OF state, policy_hash, account_id ON campaign
    FOR EACH ROW EXECUTE FUNCTION campaign_reviewed();
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_review"), ("accounts", "0002_vetting")]

    operations = [migrations.RunSQL(SQL, "DROP FUNCTION campaign_reviewed() CASCADE")]
