"""What is closed of all functions in the database, those of Procrastinate included, after each migration."""

from typing import Final

from django.db.backends.utils import CursorWrapper

from mailflatrate.settings.roles import APP_ROLE, ENTERED_ROLES, SEARCH_PATH

# A temporary schema is searched first, for tables and for types, unless a path names it: anyone who can sign in could
# put their own names before those that a trigger reads, or that a function of the owner touches as the owner. Our files
# say so themselves, which a test holds; this is for the functions of Procrastinate.
_PATHS: Final = f"""
DO $$
DECLARE
    function pg_catalog.regprocedure;
BEGIN
    FOR function IN SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND (p.prosecdef OR p.prorettype = 'trigger'::regtype)
          AND NOT coalesce('search_path={SEARCH_PATH}' = ANY (p.proconfig), false)
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = {SEARCH_PATH}', function);
    END LOOP;
END $$;
"""  # noqa: S608  # made of constants
# Hanging a function on a table takes the right to execute it, firing it there does not. Without it, no one can hang one
# that works as the owner on a table of their own, and have it act on rows of their choice.
_TRIGGERS: Final = f"""
DO $$
DECLARE
    function pg_catalog.regprocedure;
BEGIN
    FOR function IN SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND p.prorettype = 'trigger'::regtype AND EXISTS (
            SELECT 1 FROM unnest(ARRAY['public', '{"', '".join((APP_ROLE, *ENTERED_ROLES))}']) AS role
            WHERE has_function_privilege(role, p.oid, 'EXECUTE'))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, {", ".join((APP_ROLE, *ENTERED_ROLES))}', function);
    END LOOP;
END $$;
"""  # noqa: S608  # made of constants


def close_functions(cursor: CursorWrapper) -> None:
    """Fix the search path of the owner's and of trigger functions, and keep our roles from hanging those on tables."""
    cursor.execute(_PATHS)
    cursor.execute(_TRIGGERS)
