"""What the ledger records against mail to a person goes to the outbox of withdrawals, too."""

from django.db import migrations

SQL = """
CREATE FUNCTION withdrawal_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO withdrawal_outbox (account_id, kind, contact_id, list_id, address_key, at)
        VALUES (NEW.account_id, NEW.kind, NEW.contact_id, NEW.mailing_list_id,
            (SELECT c.address_key FROM contact c WHERE c.id = NEW.contact_id AND c.account_id = NEW.account_id),
            statement_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER consent_event_is_logged AFTER INSERT ON consent_event
    FOR EACH ROW WHEN (NEW.kind IN ('withdrawn', 'objection', 'tracking_withdrawn', 'erased'))
    EXECUTE FUNCTION withdrawal_of_event();
"""
UNDO = "DROP TRIGGER consent_event_is_logged ON consent_event; DROP FUNCTION withdrawal_of_event();"


class Migration(migrations.Migration):
    """A trigger only."""

    dependencies = [("lists", "0017_search_ranges"), ("suppression", "0005_withdrawals")]
    operations = [migrations.RunSQL(SQL, UNDO)]
