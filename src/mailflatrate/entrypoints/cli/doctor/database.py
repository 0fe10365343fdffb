"""The database: reachable, up to date, protected by its policies, and its role limited by them."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from mailflatrate.apps.delivery import fence, full_disks
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.jobs import CHECKED, DAMAGED
from mailflatrate.base.job_database.admission import memories
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.base.tenancy.policies import tenant_policies
from mailflatrate.entrypoints.boot.doctor_report import Line, missing, ok, warning
from mailflatrate.settings import fingerprints
from mailflatrate.settings.database_memory import MatchKind
from mailflatrate.settings.postgres import EmbeddedPostgres
from mailflatrate.settings.roles import APP_ROLE
from mailflatrate.settings.schema import Settings
from mailflatrate.settings.secrets import load_secrets

OLDEST_SERVER = 160000  # GRANT ... WITH INHERIT FALSE
OLDEST_BACKUP = timedelta(days=2)
BACKUP_MADE = "backup.made"
_HELD_BY = {fence.HoldCause.REJOINED: "a sender host is back that had no part in what happened to the database"}
MOST_DRIFT_SECONDS = 60.0
MIGRATE = "Run `mailflatrate migrate`."


def store_lines(settings: Settings) -> Iterator[Line]:
    """Check the database; stop at the first connection that fails."""
    for alias in connections:
        try:
            connections[alias].ensure_connection()
        except DatabaseError as problem:
            yield missing(
                "database",
                f"{alias} can't connect: {str(problem).splitlines()[0]}",
                "Start the server, check DATABASE_URL, then run `mailflatrate migrate`.",
            )
            return
    yield _server(settings)
    yield from _memory()
    yield _migrations()
    yield _policies()
    yield _role()
    yield _keys()
    yield _audit()
    yield _backup()
    yield _desk()
    yield _history(settings)
    for host, since in full_disks.without_room():
        yield missing(
            "sending",
            f"the disk of the sender host {host} has been full since {since:%Y-%m-%d %H:%M} UTC, so it sends nothing",
            "Free up space on that host. It resumes automatically.",
        )
    yield _replica(settings)


def _is_embedded(settings: Settings) -> bool:
    """Return whether the embedded server answers. Processes of `up` get its address as they would any other's."""
    host = connections["default"].cursor().connection.info.host
    return settings.is_embedded or host == str(EmbeddedPostgres(settings.data_dir).socket_dir)


def _server(settings: Settings) -> Line:
    version = connections["default"].cursor().connection.info.server_version
    text = f"PostgreSQL {version // 10000}"
    if version < OLDEST_SERVER:
        return missing("database", f"{text} is too old", "Use PostgreSQL 16 or newer.")
    if _is_embedded(settings):
        return warning(
            "database", f"{text}, the embedded server", "To run more than one host, set DATABASE_URL. Back up daily."
        )
    return ok("database", f"{text} accepts {' and '.join(connections)}")


def _memory() -> Iterator[Line]:
    try:
        state = fence.read_state()
    except DatabaseError:  # `migrate` comes first
        return
    refused = [
        verdict for memory in memories() if (verdict := memory.judge(memory.read(), state)).match is MatchKind.REFUSED
    ]
    if refused:
        yield missing(
            "database",
            f"every process of this host refuses this database: {refused[0].reason}",
            "Stop this server and start the current primary. If this database is to be used from now on, run "
            "`mailflatrate restored --lost-since TIME` here.",
        )
    drift = 0.0 if state is None else (clock.now() - state.at).total_seconds()
    if abs(drift) > MOST_DRIFT_SECONDS:
        yield warning(
            "clock",
            f"this host's clock is {abs(drift):.0f} seconds {'ahead of' if drift > 0 else 'behind'} the database's",
            "Keep the clocks of all hosts in step, for example with chrony. Nothing is decided by them, but times of "
            "results are wrong.",
        )


def _migrations() -> Line:
    executor = MigrationExecutor(connections["default"])
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return missing("database", f"{len(waiting)} migrations are not applied", MIGRATE)
    return ok("database", "all migrations are applied")


def _policies() -> Line:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relrowsecurity AND c.relnamespace = 'public'::regnamespace "
            "AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid "
            "     AND p.polname IN ('tenant', 'platform')) = 2"
        )
        guarded = {name for (name,) in cursor.fetchall()}
    tables = {policy.table for policy in tenant_policies()}
    open_tables = sorted(tables - guarded)
    if open_tables:
        return missing("database", f"no row-level security on {', '.join(open_tables)}", MIGRATE)
    return ok("database", f"row-level security is on for {len(tables)} tables")


def _role() -> Line:
    """Check the application's role as the server sees it; with no account set, it must see nothing."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper OR rolbypassrls OR rolcreaterole, "
            "(SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid) FROM pg_roles WHERE rolname = current_user"
        )
        name, may_bypass, owned = cursor.fetchone()
        cursor.execute('SELECT count(*) FROM "account"')
        (visible,) = cursor.fetchone()
    if may_bypass or owned or visible:
        return missing(
            "database",
            f"the role {name} bypasses row-level security",
            f"Set APP_DATABASE_URL to {APP_ROLE} or to a role with no more privileges than it has.",
        )
    return ok("database", f"the role {name} owns nothing and can't bypass row-level security")


def _keys() -> Line:
    with connections["default"].cursor() as cursor:
        installation = fingerprints.read(cursor.connection)
    try:
        fingerprints.compare(installation, fingerprints.fingerprints(load_secrets()))
    except fingerprints.KeysDiffer as problem:
        return missing("keys", str(problem), "Services on this host won't start until the keys match.")
    return ok("keys", "this host has the installation's secret key and token keys")


def _audit() -> Line:
    with tenancy.platform(PlatformReason.OPERATOR_DESK), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT action, at FROM audit_entry WHERE action = ANY(%s) ORDER BY id DESC LIMIT 1", [[CHECKED, DAMAGED]]
        )
        newest = cursor.fetchone()
    if newest is None:
        return warning(
            "audit",
            "the audit log has never been verified",
            "A worker verifies it every night. To do it now, run `mailflatrate audit verify`.",
        )
    if newest[0] == DAMAGED:
        return missing(
            "audit",
            "rows of the audit log were changed, removed or inserted",
            "Run `mailflatrate audit verify` to see which ones.",
        )
    return ok("audit", f"the audit log was intact on {newest[1]:%Y-%m-%d}")


def _backup() -> Line:
    with tenancy.platform(PlatformReason.OPERATOR_DESK), connections["default"].cursor() as cursor:
        cursor.execute("SELECT at FROM audit_entry WHERE action = %s ORDER BY id DESC LIMIT 1", [BACKUP_MADE])
        newest = cursor.fetchone()
    how = "Enable mailflatrate-backup.timer, or archive WAL. See docs/operations/recover.md."
    if newest is None:
        return warning("backup", "`mailflatrate backup` hasn't made a backup yet", how)
    text = f"the latest backup is from {newest[0]:%Y-%m-%d %H:%M} UTC"
    if clock.now() - newest[0] > OLDEST_BACKUP:
        return warning("backup", text, f"{how} Run `systemctl status mailflatrate-backup` to see what failed.")
    return ok("backup", text)


def _desk() -> Line:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM mfa_authenticator f WHERE f.user_id = u.id "
            "AND f.type IN ('totp', 'webauthn'))) FROM user_account u WHERE u.is_staff AND u.is_active"
        )
        people, ready = cursor.fetchone()
    if not ready:
        return warning(
            "desk",
            "no operator has two-factor authentication, so no account can be activated",
            "Open the link from `mailflatrate setup-link`, or run `mailflatrate create-user ... "
            "--operator`. Then sign in and set up two-factor authentication.",
        )
    if ready < people:
        return warning(
            "desk",
            f"{people - ready} of {people} operators don't have two-factor authentication",
            "Have them sign in and set it up, or set is_active to false.",
        )
    return ok("desk", f"operators with two-factor authentication: {ready}")


def _history(settings: Settings) -> Line:
    hold = fence.current_hold()
    if hold is None:
        return ok("sending", "not on hold; this database is approved for sending")
    if hold.cause is fence.HoldCause.PAUSED:
        return missing(
            "sending",
            f"an operator paused all sending at {hold.since:%Y-%m-%d %H:%M} UTC",
            "Run `mailflatrate resume-all`.",
        )
    waiting = f" ({hold.reason})" if hold.reason else ""
    waiting += f"; journals not replayed yet: {', '.join(hold.waits_for)}" if hold.waits_for else ""
    if hold.unread:
        waiting += f"; withdrawals not read yet: {', '.join(hold.unread)}"
    if hold.waits_until:
        waiting += f"; waiting until {hold.waits_until:%H:%M:%S} UTC for hosts that this database doesn't know"
    what = _HELD_BY.get(hold.cause, f"the database was {hold.cause.value}")
    return missing(
        "sending",
        f"all sending is on hold: {what}{waiting}",
        "Start every host so that it replays its journals, then run `mailflatrate resume-all`.",
    )


def _replica(settings: Settings) -> Line:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('synchronous_standby_names'), current_setting('synchronous_commit'),"
            " (SELECT count(*) FROM pg_stat_replication)"
        )
        names, commit, connected = cursor.fetchone()
    if names and commit in ("on", "remote_apply"):
        if not connected:
            return missing(
                "replica",
                f"synchronous ({names}), but no replica is connected, so every commit waits",
                "Start the replica, or take it out of synchronous_standby_names if you accept the risk.",
            )
        return ok("replica", f"synchronous ({names}): a failover loses nothing that was recorded")
    if _is_embedded(settings):
        return ok("replica", "none: the embedded server has no failover")
    return warning(
        "replica",
        "no synchronous replica: a failover may lose the last few seconds, and sending is then held until the "
        "journals are replayed",
        "Set synchronous_standby_names if you promote replicas. A single server needs nothing.",
    )
