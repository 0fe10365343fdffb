"""The database's own refusal of role addresses (R-21): whoever inserts a contact, by whatever path, meets it.

And a contact keeps the address that it came with, because consent belongs to it (R-24).

The law stays in `rules.addresses`, which also knows compounds and names; the table knows the plain words of tier 1,
with a +tag, digits and separators at their ends. It is filled from the same data files after each migration
(`refresh`), and a test compares it with the rule: it must never refuse what the rule lets in.
"""

import pgtrigger
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from mailflatrate.rules.addresses.roles import plain_refused_words

FUNCTION = "is_refused_role"
TABLE = "role_word"


def _known_sql(email: str) -> str:
    """Whether the local part of `email`, an SQL expression, is a word of the table."""
    local = f"split_part(split_part({email}, '@', 1), '+', 1)"
    known = f"SELECT 1 FROM public.{TABLE} w WHERE w.word = btrim(lower({local}), '0123456789._-')"  # noqa: S608
    return f"EXISTS ({known})"


def function_sql() -> str:
    """The table of words, still empty, and the function over it, as SQL. Safe to repeat."""
    return f"""
CREATE TABLE IF NOT EXISTS public.{TABLE} (word text PRIMARY KEY);
CREATE OR REPLACE FUNCTION {FUNCTION}(email text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT {_known_sql("email")}
$$
"""  # made of constants


def refresh(connection: BaseDatabaseWrapper) -> None:
    """Bring the words up to date with the data files. `connection` is the owner's."""
    words = sorted(plain_refused_words())
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(function_sql())
        cursor.execute(f"DELETE FROM {TABLE} WHERE word <> ALL (%s)", [words])  # noqa: S608
        cursor.execute(
            f"INSERT INTO {TABLE} SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
            [words],
        )
        if cursor.rowcount:
            cursor.execute(f"ANALYZE {TABLE}")


_REFUSE = "RAISE EXCEPTION 'a role address is nobody''s: %', {local} USING ERRCODE = 'check_violation';"

TRIGGERS = [
    # Inserted rows are looked at as a set, by a join: an import inserts a million, a sign-up one.
    pgtrigger.Trigger(
        name="contact_is_no_role",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]  # the library's
        declare=[("role", "text")],
        func=f"""
            SELECT n.email INTO role FROM new_rows n WHERE {_known_sql("n.email")} LIMIT 1;
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
