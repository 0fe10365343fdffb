"""R-32 in the database: the desk writes only to whoever made the report that the notice names."""

from django.db import migrations

SQL = """
CREATE FUNCTION notice_answers_its_reporter() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF NEW.report_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM case_report r WHERE r.id = NEW.report_id AND r.reporter <> ''
            AND lower(r.reporter) = lower(NEW.recipient)
    ) THEN
        RAISE EXCEPTION 'the abuse desk answers only who reported something' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER notice_answers_its_reporter BEFORE INSERT OR UPDATE OF recipient, kind, report_id ON notice
    FOR EACH ROW WHEN ((NEW.kind = 'case' OR NEW.report_id IS NOT NULL) AND NEW.recipient <> '')
    EXECUTE FUNCTION notice_answers_its_reporter();
"""

UNDO = """
DROP TRIGGER notice_answers_its_reporter ON notice; DROP FUNCTION notice_answers_its_reporter();
"""


class Migration(migrations.Migration):
    """A trigger only."""

    dependencies = [("abuse", "0001_initial"), ("accounts", "0008_case_notice")]

    operations = [migrations.RunSQL(SQL, UNDO)]
