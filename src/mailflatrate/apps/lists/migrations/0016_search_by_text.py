"""The index of the search holds the text alone: with the account in it, each search read all entries of the account."""

from django.db import migrations

ALONE = """
DO $$
DECLARE
    home text := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_trgm');
BEGIN
    IF EXISTS (SELECT 1 FROM pg_indexes WHERE schemaname = 'public' AND indexname = 'contact_search'
            AND indexdef LIKE '%(account_id%') THEN
        DROP INDEX contact_search;
        EXECUTE format('CREATE INDEX contact_search ON contact_text USING gin (said %I.gin_trgm_ops)', home);
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("lists", "0015_search")]
    operations = [migrations.RunSQL(ALONE, "")]
