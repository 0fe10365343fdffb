"""Change who gets in, and with what, only while the connection shows the pass `access_open()` asks for (ADR 0010).

allauth's table of further addresses is emptied: a user signs in with the one address of the user's own row, and a row
there, which nobody had to prove, would let in as well.
"""

from django.db import migrations

from mailflatrate.settings.roles import APP_ROLE, ERASER_ROLE, PLATFORM_ROLE

_FUNCTION = f"""
CREATE FUNCTION access_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user IN ('{APP_ROLE}', '{PLATFORM_ROLE}', '{ERASER_ROLE}') AND NOT public.access_open() THEN
        RAISE EXCEPTION '% of % needs tenancy.access()', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
"""
# Columns that change without anybody getting in by it. Every other column is held, also one that is added later.
_FREE = {
    "user_account": ("last_login", "name", "language"),
    "mfa_authenticator": ("last_used_at",),
    "account_emailaddress": (),
    "account_emailconfirmation": (),
    "address_change": (),
    "invitation": (),
    "membership": (),
    "api_key": ("last_used_at", "window_at", "window_count"),
}


def held_sql(table: str, free: tuple[str, ...]) -> str:
    """Return the triggers that hold one table. They fire after those of the table itself, which say more."""
    columns = "'{" + ",".join(free) + "}'::text[]"
    return f"""
    CREATE TRIGGER zz_access_held BEFORE INSERT OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION access_held();
    CREATE TRIGGER zz_access_held_as_is BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN (to_jsonb(OLD) - {columns} IS DISTINCT FROM to_jsonb(NEW) - {columns}) EXECUTE FUNCTION access_held();
    """


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_entrance"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.RunSQL(
            "DELETE FROM account_emailconfirmation; DELETE FROM account_emailaddress;", migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            _FUNCTION + "".join(held_sql(table, free) for table, free in _FREE.items()),
            "DROP FUNCTION access_held() CASCADE;",
        ),
    ]
