"""The database's own refusal of role addresses (R-21): whoever inserts a contact, by whatever path, meets it.

And a contact keeps the address that it came with, because consent belongs to it (R-24).

The law stays in `rules.addresses`, which also knows compounds and names; the table knows the plain words of tier 1,
with a +tag, digits and separators at their ends. The function is made from the same data file after each migration
(`refresh`), and a test compares it with the rule: it must never refuse what the rule lets in.
"""

import pgtrigger
from django.db.backends.base.base import BaseDatabaseWrapper

from mailflatrate.rules.addresses.roles import plain_refused_words

FUNCTION = "is_refused_role"


def function_sql() -> str:
    """The function as SQL. It has one expression, so that PostgreSQL puts it in the place of its call, and looks the
    word up in a hash table that it makes once a statement."""
    words = ",".join(f'"{word}"' for word in sorted(plain_refused_words()))
    return f"""
CREATE OR REPLACE FUNCTION {FUNCTION}(email text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT btrim(lower(split_part(split_part(email, '@', 1), '+', 1)), '0123456789._-')
        = ANY ('{{{words}}}'::pg_catalog.text[])
$$
"""  # made of our own data file


def refresh(connection: BaseDatabaseWrapper) -> None:
    """Bring the function up to date with the data file. `connection` is the owner's."""
    with connection.cursor() as cursor:
        cursor.execute(function_sql())


_REFUSE = "RAISE EXCEPTION 'a role address is nobody''s: %', {local} USING ERRCODE = 'check_violation';"

TRIGGERS = [
    # Inserted rows are looked at as a set: only in a query does PostgreSQL search the words by hashing, and an import
    # inserts a million.
    pgtrigger.Trigger(
        name="contact_is_no_role",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]  # the library's
        declare=[("role", "text")],
        func=f"""
            SELECT n.email INTO role FROM new_rows n WHERE public.{FUNCTION}(n.email) LIMIT 1;
            IF role IS NOT NULL THEN
                {_REFUSE.format(local="split_part(role, '@', 1)")}
            END IF;
            RETURN NULL;
        """,  # noqa: S608  # made of constants
    ),
    pgtrigger.Trigger(
        name="contact_becomes_no_role",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("email"),  # type: ignore[no-untyped-call]  # the library's
        condition=pgtrigger.Condition(f"NEW.email IS DISTINCT FROM OLD.email AND public.{FUNCTION}(NEW.email)"),
        func=_REFUSE.format(local="split_part(NEW.email, '@', 1)"),
    ),
    # A consent belongs to the address that was typed; another address is another contact, who was asked.
    pgtrigger.Trigger(
        name="contact_keeps_its_address",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("email", "address_key"),  # type: ignore[no-untyped-call]  # the library's
        condition=pgtrigger.Condition(
            "ROW (NEW.email, NEW.address_key) IS DISTINCT FROM ROW (OLD.email, OLD.address_key)"
        ),
        func="RAISE EXCEPTION 'a contact keeps its address' USING ERRCODE = 'insufficient_privilege';",
    ),
]
