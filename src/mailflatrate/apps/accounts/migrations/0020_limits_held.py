"""Changing a user's name, or what limits at the sign-in have counted, asks for `tenancy.access()` (ADR 0010)."""

from django.db import migrations

SQL = """
CREATE OR REPLACE TRIGGER zz_access_held_as_is BEFORE UPDATE ON user_account FOR EACH ROW
    WHEN (to_jsonb(OLD) - '{last_login,language}'::text[] IS DISTINCT FROM
          to_jsonb(NEW) - '{last_login,language}'::text[]) EXECUTE FUNCTION access_held();
CREATE TRIGGER zz_access_held BEFORE INSERT OR UPDATE OR DELETE ON shared_entry FOR EACH ROW
    EXECUTE FUNCTION access_held();
"""
BACK = """
DROP TRIGGER zz_access_held ON shared_entry;
CREATE OR REPLACE TRIGGER zz_access_held_as_is BEFORE UPDATE ON user_account FOR EACH ROW
    WHEN (to_jsonb(OLD) - '{last_login,name,language}'::text[] IS DISTINCT FROM
          to_jsonb(NEW) - '{last_login,name,language}'::text[]) EXECUTE FUNCTION access_held();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0019_notice_language")]

    operations = [migrations.RunSQL(SQL, BACK)]
