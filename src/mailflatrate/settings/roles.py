"""The database roles below the owner, who migrates. The application signs in as APP_ROLE, which owns nothing and cannot
bypass row-level security. For one transaction it enters PLATFORM_ROLE (reasons on a closed list), ERASER_ROLE (deletes
the personal half of one account's consent events, nothing else, ARCHITECTURE section 7) or LIMITED_ROLE (a member's
lists, ADR 0048). Their policies also require a pass, which only a process with the secret key can make, for its own
connection (ADR 0010): who can run SQL under APP_ROLE may say SET ROLE and still sees nothing.
"""

import hashlib
import hmac
from enum import StrEnum
from functools import cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mailflatrate.settings import links
from mailflatrate.settings.links import ProcessPurpose
from mailflatrate.settings.postgres import EmbeddedPostgres
from mailflatrate.settings.schema import Settings, SettingsError
from mailflatrate.settings.secrets import load_secrets

APP_ROLE = "mailflatrate_app"
PLATFORM_ROLE = "mailflatrate_platform"
ERASER_ROLE = "mailflatrate_eraser"
LIMITED_ROLE = "mailflatrate_limited"
ENTERED_ROLES = (PLATFORM_ROLE, ERASER_ROLE, LIMITED_ROLE)
"""What a connection of the application enters for one transaction; none of them can sign in."""
ACCOUNT_ID_SETTING = "mailflatrate.account_id"
PASS_SETTING = "mailflatrate.pass"  # noqa: S105  # the name of a setting, no secret
DECISION_SETTING = "mailflatrate.decision"
ACCESS_SETTING = "mailflatrate.access"
ACCOUNT_SETTING = "mailflatrate.account_pass"
JOB_SETTING = "mailflatrate.job"
MEMBER_SETTING = "mailflatrate.member"
LIMITED_SETTING = "mailflatrate.limited"
SEARCH_PATH = "pg_catalog, public, pg_temp"
"""Names the temporary schema last; where it isn't named, PostgreSQL searches it first."""
SERVER_SQL = "SELECT public.own_server()"
"""Names the server process behind a connection: its id, and the moment it started, because ids come round again."""
_SERVER_ATTRIBUTE = "mailflatrate_server"


class PassKind(StrEnum):
    """The kinds of passes. The kind is part of what is sealed, so that no pass works for another kind."""

    PLATFORM = "platform"
    DECISION = "decision"
    ACCESS = "access"
    ACCOUNT = "account"
    JOB = "job"
    LIMITED = "limited"


def _app_password() -> str:
    """Derive the password from the secret key, so that all hosts of an installation agree without another setting."""
    return hmac.new(load_secrets().secret_key.encode(), b"database application role", hashlib.sha256).hexdigest()


@cache
def pass_key() -> bytes:
    """Return the key that passes are made with; the database keeps a copy that only the owner can read."""
    return hmac.new(load_secrets().secret_key.encode(), b"database platform pass", hashlib.sha256).digest()


TRANSACTION_SQL = "SELECT public.own_server() || ' ' || (extract(epoch FROM now()) * 1000000)::bigint"
"""Names a transaction: the server process that runs it, and the moment it began."""
_NO_SERVER = ""


def server_of(connection: psycopg.Connection[Any]) -> str:
    """Like `own_server()`, queried once per connection. Behind a pooler, passes are for the transaction that
    `name_transaction` sets.
    """
    server = getattr(connection, _SERVER_ATTRIBUTE, None)
    if server == _NO_SERVER:
        raise RuntimeError("Behind a pooler there is no server process, and so no pass, outside of a transaction.")
    if server is None:
        row = psycopg.Cursor(connection).execute(SERVER_SQL).fetchone()
        assert row is not None
        server = str(row[0])
        setattr(connection, _SERVER_ATTRIBUTE, server)
    return str(server)


def name_transaction(connection: psycopg.Connection[Any], name: str = _NO_SERVER) -> None:
    """Set the name for which passes on a pooled connection are made: the running transaction's, or none between two."""
    setattr(connection, _SERVER_ATTRIBUTE, name)


async def server_of_async(connection: psycopg.AsyncConnection[Any]) -> str:
    server = getattr(connection, _SERVER_ATTRIBUTE, None)
    if server is None:
        cursor = await connection.execute(SERVER_SQL)
        row = await cursor.fetchone()
        assert row is not None
        server = str(row[0])
        setattr(connection, _SERVER_ATTRIBUTE, server)
    return str(server)


def account_pass_for(server: str, account_id: int) -> str:
    """Return the pass that lets one server process see the rows of one account; `account_open()` checks it."""
    return pass_for(f"{account_id} {server}", PassKind.ACCOUNT)


def limited_pass_for(server: str, account_id: int, user_id: int) -> str:
    return pass_for(f"{account_id} {user_id} {server}", PassKind.LIMITED)


def pass_for(server: str, kind: PassKind = PassKind.PLATFORM) -> str:
    key = pass_key()
    inner = hashlib.sha256(key + f"{kind.value} {server}".encode()).digest()
    return hashlib.sha256(key + inner).hexdigest()


def enter_role(connection: psycopg.Connection[Any], role: str) -> None:
    """Enter PLATFORM_ROLE or ERASER_ROLE until it leaves or rolls back. The pass is a parameter of its own, never in
    the text of a statement: anyone who signs in under the same name can read running statements.
    """
    pass_token = pass_for(server_of(connection))
    cursor = psycopg.Cursor(connection)
    cursor.execute("SELECT set_config('role', %s, false), set_config(%s, %s, false)", [role, PASS_SETTING, pass_token])
    cursor.close()


def knows_owner(settings: Settings) -> bool:
    """Return whether this process may sign in as the owner: it is an operator's command and has the credentials."""
    return links.purpose() is ProcessPurpose.ADMINISTRATION and (
        settings.is_embedded or settings.database_url is not None
    )


def owner_url(settings: Settings) -> str:
    """Return the owner's connection string: DATABASE_URL's, or the embedded server's. Raises SettingsError."""
    if not knows_owner(settings):
        raise SettingsError("DATABASE_URL is not set: `migrate` connects as the owner of the database, services do not")
    return _completed(_owner(settings), settings, "DATABASE_URL", is_owner=True)


def uses_pooler(settings: Settings) -> bool:
    """Return whether this process connects through a pooler in transaction mode, which pages do if one is set."""
    return links.purpose() is ProcessPurpose.PAGES and settings.pooler_database_url is not None


def app_url(settings: Settings) -> str:
    """Return the application role's connection string, with the limits of this process. Raises SettingsError."""
    if uses_pooler(settings):
        assert settings.pooler_database_url is not None
        return _completed(settings.pooler_database_url, settings, "MAILFLATRATE_POOLER_DATABASE_URL", is_pooled=True)
    variable = "MAILFLATRATE_APP_DATABASE_URL" if settings.app_database_url else "DATABASE_URL"
    return _completed(app_login(settings), settings, variable)


def app_login(settings: Settings) -> str:
    """The one that is set, or the owner's with the role's name and password; without time limits."""
    if settings.app_database_url:
        return settings.app_database_url
    password = None if settings.is_embedded else _app_password()
    return make_conninfo(_owner(settings), user=APP_ROLE, password=password)


def _owner(settings: Settings) -> str:
    return settings.database_url or EmbeddedPostgres(settings.data_dir).url


def _completed(
    conninfo: str, settings: Settings, variable: str, *, is_owner: bool = False, is_pooled: bool = False
) -> str:
    try:
        return links.completed(conninfo, settings, is_owner=is_owner, is_pooled=is_pooled)
    except ValueError as problem:
        raise SettingsError(f"{variable}: {problem}") from problem


def _role_password(settings: Settings) -> str | None:
    if not settings.app_database_url:
        return _app_password()
    given = conninfo_to_dict(settings.app_database_url)
    return str(given["password"]) if given.get("user") == APP_ROLE and given.get("password") else None


def create_roles(settings: Settings) -> None:
    """Create missing roles; this requires the owner to have CREATEROLE."""
    with psycopg.connect(owner_url(settings), autocommit=True) as connection:
        for role, login in ((APP_ROLE, "LOGIN"), *((role, "NOLOGIN") for role in ENTERED_ROLES)):
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                continue
            statement = f"CREATE ROLE {{}} {login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"
            connection.execute(sql.SQL(statement).format(sql.Identifier(role)))
        password = _role_password(settings)
        if password is not None:  # hashed here, so that it is in no log of the server
            hashed = connection.pgconn.encrypt_password(password.encode(), APP_ROLE.encode(), b"scram-sha-256")
            change = sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(change.format(sql.Identifier(APP_ROLE), sql.Literal(hashed.decode())))
        # INHERIT FALSE: the wider view and the right to erase require SET ROLE and are never inherited.
        for role in ENTERED_ROLES:
            connection.execute(f"GRANT {role} TO {APP_ROLE} WITH INHERIT FALSE, SET TRUE")
        # Every role may change its own defaults and password; what it changed lasts until here (ADR 0010).
        connection.execute(f"ALTER ROLE {APP_ROLE} RESET ALL")
        _see_own_servers(connection)


def _see_own_servers(owner: psycopg.Connection[Any]) -> None:
    """Let an owner who isn't a superuser see when the application's server processes started."""
    (superuser,) = owner.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() or (True,)
    if not superuser:
        owner.execute(f"GRANT {APP_ROLE} TO CURRENT_USER WITH INHERIT TRUE, SET FALSE")
