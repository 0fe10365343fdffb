"""The chain is made after everything else that a commit does.

Deferred triggers run in the order in which their rows were written, checks of foreign keys among them. A commit that
held the chain's head and then waited for a row of somebody whose own commit waited for the head was a deadlock. So the
first round only puts a line at the end of the queue, and the head is locked in the second, when nothing is left to wait
for.
"""

from django.db import migrations

LAST = """
CREATE FUNCTION audit_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE audit_entry SET number = NULL WHERE id = NEW.id AND number IS NULL;
    RETURN NULL;
END $$;

DROP TRIGGER audit_chain ON audit_entry;
CREATE CONSTRAINT TRIGGER audit_queue AFTER INSERT ON audit_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_queue();
CREATE CONSTRAINT TRIGGER audit_chain AFTER UPDATE ON audit_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.number IS NULL AND NEW.number IS NULL) EXECUTE FUNCTION audit_chain();
"""
AS_BEFORE = """
DROP FUNCTION audit_queue() CASCADE;
DROP TRIGGER audit_chain ON audit_entry;
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON audit_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_chain();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(LAST, AS_BEFORE)]
