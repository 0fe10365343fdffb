"""The database: reachable, up to date, under its policies, and the application's role behind them."""

from collections.abc import Iterator

from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from mailflatrate.base.tenancy.policies import tenant_policies
from mailflatrate.entrypoints.cli.doctor.report import Line, missing, ok, warning
from mailflatrate.settings.roles import APP_ROLE
from mailflatrate.settings.schema import Settings

OLDEST_SERVER = 160000  # GRANT ... WITH INHERIT FALSE
MIGRATE = "Run `mailflatrate migrate`."


def store_lines(settings: Settings) -> Iterator[Line]:
    """Stops at the first connection that cannot be had."""
    for alias in ("owner", "default"):
        try:
            connections[alias].ensure_connection()
        except DatabaseError as problem:
            yield missing("database", f"{alias} cannot sign in: {str(problem).splitlines()[0]}",
                          "Start the server, check DATABASE_URL, then run `mailflatrate migrate`.")  # fmt: skip
            return
    yield _server(settings)
    yield _migrations()
    yield _policies()
    yield _role()


def _server(settings: Settings) -> Line:
    version = connections["owner"].cursor().connection.info.server_version
    text = f"PostgreSQL {version // 10000}"
    if version < OLDEST_SERVER:
        return missing("database", f"{text} is too old", "Use PostgreSQL 16 or newer.")
    if settings.database_url is None:
        return warning(
            "database", f"{text}, the embedded server", "For more than one host set DATABASE_URL; back up daily."
        )
    return ok("database", f"{text} answers owner and application")


def _migrations() -> Line:
    executor = MigrationExecutor(connections["owner"])
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return missing("database", f"{len(waiting)} migrations are not applied", MIGRATE)
    return ok("database", "all migrations are applied")


def _policies() -> Line:
    """Every table of an account has row-level security on and both policies."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relrowsecurity AND c.relnamespace = 'public'::regnamespace "
            "AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid "
            "     AND p.polname IN ('tenant', 'platform')) = 2"
        )
        guarded = {name for (name,) in cursor.fetchall()}
    wanted = {policy.table for policy in tenant_policies()}
    open_tables = sorted(wanted - guarded)
    if open_tables:
        return missing("database", f"no row-level security on {', '.join(open_tables)}", MIGRATE)
    return ok("database", f"row-level security is on for {len(wanted)} tables")


def _role() -> Line:
    """The application's role as the server sees it, and what it sees with no account set: nothing."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper OR rolbypassrls OR rolcreaterole, "
            "(SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid) FROM pg_roles WHERE rolname = current_user"
        )
        name, may_bypass, owned = cursor.fetchone()
        cursor.execute('SELECT count(*) FROM "account"')
        (visible,) = cursor.fetchone()
    if may_bypass or owned or visible:
        return missing("database", f"the role {name} gets past row-level security",
                       f"Let APP_DATABASE_URL name {APP_ROLE} or a role with no more rights.")  # fmt: skip
    return ok("database", f"the role {name} owns nothing and cannot bypass row-level security")
