"""Row-level security of every table, derived from the models and applied by the owner after each migration."""

from dataclasses import dataclass

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from mailflatrate.base.tenancy import statements
from mailflatrate.base.tenancy.apply import (
    SqlObject,
    TableSpec,
    apply_objects,
    apply_tables,
    differences,
    differing,
    differing_tables,
    drop_functions,
    left_over,
    patiently,
)
from mailflatrate.base.tenancy.function_rights import close_functions
from mailflatrate.base.tenancy.limits import LIMITED_TABLES
from mailflatrate.base.tenancy.models import TenantModel
from mailflatrate.base.tenancy.pass_checks import pass_functions
from mailflatrate.settings import fingerprints
from mailflatrate.settings.roles import (
    ACCOUNT_ID_SETTING,
    APP_ROLE,
    ENTERED_ROLES,
    ERASER_ROLE,
    LIMITED_ROLE,
    PLATFORM_ROLE,
    pass_key,
)

# Asked once a statement: the wider roles see and write rows only with the pass of their connection (ADR 0010).
OPEN = "(SELECT public.platform_open())"
MINE = f"nullif(current_setting('{ACCOUNT_ID_SETTING}', true), '')::bigint"
# The account is a setting that anyone can set, so it counts only with the pass for it. The pass comes next to the
# comparison, which the planner keeps: an index condition, with the account's own figures.
MINE_OPEN = "(SELECT public.account_open())"

# Tables without a policy, each with its reason. A test fails for a table that is neither here nor under a policy.
WITHOUT_POLICY: dict[str, str] = {
    "user_account": "a person signs in before an account is known, and may belong to several",
    "address_change": "belongs to a user, who signs in before an account is known",
    "applicant": "somebody who has not proved his address yet belongs to no account",
    "signup_counter": "hashes and numbers, nobody's data; it counts across all customers",
    "shared_entry": "keyed hashes, counts and times, nobody's data; limits at the sign-in hold before one is known",
    "confirmation_mark": "keyed hashes and times, nobody's data; the cap holds across all customers",
    "browser_session": "opened before an account is known; sealed, and the cookie that opens it is not in it",
    "django_content_type": "the framework's catalogue of tables",
    "django_migrations": "the framework's record of schema changes",
    "auth_permission": "the framework's catalogue, unused",
    "auth_group": "the framework's catalogue, unused",
    "auth_group_permissions": "the framework's catalogue, unused",
    "account_emailaddress": "belongs to a user, who signs in before an account is known",
    "account_emailconfirmation": "belongs to a user, who signs in before an account is known",
    "mfa_authenticator": "belongs to a user, who signs in before an account is known",
    "role_word": "words of offices, the same for all; only the owner writes them",
    "mail_domain": "facts of the public DNS, the same for all",
    "procrastinate_jobs": "workers serve all accounts; whoever adds or changes a row shows a pass",
    "procrastinate_events": "history of jobs, identifiers only",
    "procrastinate_periodic_defers": "the schedule, nobody's data; written with a pass",
    "procrastinate_workers": "heartbeats, nobody's data; written with a pass",
    "worker_process": "processes and the queues they serve, nobody's data; written with a pass",
}

# Tables on which a role may do less than everything: what is proof may be added to, and never be changed or removed.
# Only ERASER_ROLE deletes evidence, and it sees nothing else.
_APPEND = "SELECT, INSERT"
# The database, not the application, says when an event was recorded.
_APPEND_EVENT = (
    "SELECT, INSERT (id, account_id, contact_id, mailing_list_id, kind, occurred_at, source_import_id, commitment)"
)
_ASKING_TALLY = f"{_APPEND}, UPDATE (asked, confirmed, denied, unknown, at_stands)"
_PAGE_COUNT = f"{_APPEND}, UPDATE (fetched)"
_TAKEN_MESSAGE = f"{_APPEND}, UPDATE (recipient, data_sealed, refused_by, created_by_id)"
RESTRICTED: dict[str, dict[str, str]] = {
    "consent_event": {APP_ROLE: _APPEND_EVENT, PLATFORM_ROLE: _APPEND_EVENT, ERASER_ROLE: ""},
    "consent_evidence": {APP_ROLE: _APPEND, PLATFORM_ROLE: _APPEND, ERASER_ROLE: "SELECT, DELETE"},
    "consent_seal": {APP_ROLE: "SELECT", PLATFORM_ROLE: _APPEND},
    "consent_stamp": {APP_ROLE: "SELECT", PLATFORM_ROLE: _APPEND},
    # The framework's record of schema changes and its catalogs: a missing row would make a migration run again.
    **{
        table: dict.fromkeys((APP_ROLE, PLATFORM_ROLE), "SELECT")
        for table in (
            "django_migrations",
            "django_content_type",
            "auth_permission",
            "auth_group",
            "auth_group_permissions",
        )
    },
    # Limits count up; triggers decide who may reset them.
    "asking_tally": {APP_ROLE: _ASKING_TALLY, PLATFORM_ROLE: f"{_ASKING_TALLY}, DELETE"},
    "page_fetch_count": {APP_ROLE: _PAGE_COUNT, PLATFORM_ROLE: f"{_PAGE_COUNT}, DELETE"},
    "writing_help": {APP_ROLE: f"{_APPEND}, UPDATE", PLATFORM_ROLE: f"{_APPEND}, UPDATE, DELETE"},
    "signup_counter": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), f"{_APPEND}, UPDATE (count), DELETE"),
    "confirmation_mark": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), f"{_APPEND}, DELETE"),
    # The words that name an office come from our data files, with a migration.
    "role_word": {APP_ROLE: "SELECT", PLATFORM_ROLE: "SELECT"},
    # The platform decides who signs; a trigger keeps a key's values unchanged, and a retired key retired.
    "signing_key": {APP_ROLE: "SELECT", PLATFORM_ROLE: f"{_APPEND}, UPDATE"},
    "peer_rate": {APP_ROLE: "SELECT", PLATFORM_ROLE: f"{_APPEND}, DELETE"},  # medians over many accounts
    # Nobody deletes; a trigger keeps the application role from lifting.
    "suppression": {APP_ROLE: f"{_APPEND}, UPDATE", PLATFORM_ROLE: f"{_APPEND}, UPDATE"},
    "lift_request": {APP_ROLE: _APPEND, PLATFORM_ROLE: f"{_APPEND}, UPDATE"},
    "case_answer": {APP_ROLE: _APPEND},
    # The database says in which transaction an event was recorded; nothing changes one.
    "contact_event": dict.fromkeys(
        (APP_ROLE, PLATFORM_ROLE),
        "SELECT, INSERT (id, account_id, contact_id, event_type_id, at, properties, key), DELETE",
    ),
    # Written by the owner's triggers alone; jobs take out what is logged, and changes that are too old.
    **{
        table_name: {APP_ROLE: "SELECT", PLATFORM_ROLE: "SELECT, DELETE"}
        for table_name in ("contact_change", "withdrawal_outbox")
    },
    # Number, transaction and time come from the database; the owner drops whole days.
    "outbox_event": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), "SELECT, INSERT (account_id, type, payload)"),
    # What happened to a message, and why it was let out, stays; an erased person is taken out of the row.
    "delivery": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), f"{_APPEND}, UPDATE"),
    # In the archive only what comes late is written: a bounce, an erasure, the end of a reply. The owner's functions
    # move rows and drop months (ADR 0026).
    "delivery_archive": dict.fromkeys(
        (APP_ROLE, PLATFORM_ROLE),
        "SELECT, UPDATE (contact_id, state, bounce, reason, reply_code, reply_status, reply_text, settled_at)",
    ),
    "archived_campaign": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), "SELECT"),
    "archive_month": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), "SELECT"),
    "past_recipients": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), "SELECT"),
    "last_mailing": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), "SELECT, DELETE"),
    # A view: each row is seen under the policies of its table.
    "delivery_record": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), "SELECT"),
    # The log of messages stays; a person is taken out of a row, and only our job deletes rows, when they are too old.
    "transactional_message": {APP_ROLE: _TAKEN_MESSAGE, PLATFORM_ROLE: f"{_TAKEN_MESSAGE}, DELETE"},
    "template_edition": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), _APPEND),
    "landing_takedown": {APP_ROLE: "SELECT", PLATFORM_ROLE: f"{_APPEND}, DELETE"},  # operators only
    "misdirected_address": {APP_ROLE: _APPEND, PLATFORM_ROLE: f"{_APPEND}, DELETE"},
    "attempt": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), f"{_APPEND}, UPDATE (reply_text)"),
    "gate_decision": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), _APPEND),
    # A bounce that was read again takes its earlier reading back, through the eraser; a complaint is never taken back.
    "feedback": {
        **dict.fromkeys((APP_ROLE, PLATFORM_ROLE), f"{_APPEND}, UPDATE (contact_id, text, reason)"),
        ERASER_ROLE: "SELECT, DELETE",
    },
    # The log is added to, its head is moved by the trigger that chains it.
    "audit_entry": {APP_ROLE: _APPEND, PLATFORM_ROLE: _APPEND},
    "audit_head": {APP_ROLE: "SELECT", PLATFORM_ROLE: "SELECT"},
    # Triggers say which columns; an account is closed, never deleted.
    "account": {APP_ROLE: "SELECT, UPDATE", PLATFORM_ROLE: "SELECT, INSERT, UPDATE"},
    "agreement_document": {APP_ROLE: "SELECT", PLATFORM_ROLE: _APPEND},
    # The platform decides whether anything is sent at all; the row is never removed.
    "sending_fence": {APP_ROLE: "SELECT", PLATFORM_ROLE: f"{_APPEND}, UPDATE"},
    "sender_process": {APP_ROLE: "SELECT", PLATFORM_ROLE: f"{_APPEND}, UPDATE, DELETE"},
    "server_run": dict.fromkeys((APP_ROLE, PLATFORM_ROLE), "SELECT"),
    "withdrawals_place": {APP_ROLE: "SELECT", PLATFORM_ROLE: f"{_APPEND}, UPDATE, DELETE"},
}


_READ_BY_ALL = (
    "agreement_document", "archive_month", "consent_seal", "consent_stamp", "peer_rate", "sender_process",
    "sending_fence", "server_run", "signing_key", "withdrawals_place",
)  # fmt: skip
# Tables of `base`, which has no accounts to point at.
_BY_ACCOUNT_NUMBER = ("outbox_event", "stored_file", "stored_chunk")
# The operator's own: where mail leaves, and with which credentials. No scope of an account sees a row.
_PLATFORM_ONLY = (
    "followed_message", "log_follower", "provider_post", "relay", "relay_count", "relay_hook", "relay_report",
    "sending_bucket", "warm_up",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    table: str
    may_see: str
    may_write: str


def tenant_policies() -> list[Policy]:
    """One for each model that belongs to an account, and one for the accounts. Rows with a null `account` are the
    platform's: no one may write them, and everyone may read them unless the model says `hidden_without_account`. A
    model with `desk_only` is visible only to the platform role.
    """
    policies = [
        Policy("account", f"id = {MINE} AND {MINE_OPEN}", f"id = {MINE} AND {MINE_OPEN}"),
        # An account's lines are written in its scope and read at the desk only.
        Policy("audit_entry", "false", f"account_id = {MINE} AND {MINE_OPEN}"),
        Policy("audit_head", "false", "false"),
        *(Policy(table, *2 * (f"account_id = {MINE} AND {MINE_OPEN}",)) for table in _BY_ACCOUNT_NUMBER),
        # All roles may read them; only the platform adds to them.
        *(Policy(table, "true", "false") for table in _READ_BY_ALL),
        *(Policy(table, "false", "false") for table in _PLATFORM_ONLY),
    ]
    for model in apps.get_models(include_auto_created=True):
        if not issubclass(model, TenantModel) or not model._meta.managed:
            continue  # a view has no policies of its own
        mine = f"account_id = {MINE} AND {MINE_OPEN}"
        shared = model._meta.get_field("account").null and not getattr(model, "hidden_without_account", False)
        may_see = f"{mine} OR account_id IS NULL" if shared else mine
        policies.append(Policy(model._meta.db_table, "false" if getattr(model, "desk_only", False) else may_see, mine))
    return policies


def restricted() -> dict[str, dict[str, str]]:
    """Return RESTRICTED and the models with `platform_writes`, which the application role only reads."""
    models = (model for model in apps.get_models() if issubclass(model, TenantModel))
    written = [model._meta.db_table for model in models if getattr(model, "platform_writes", False)]
    closed = {table: {APP_ROLE: ""} for table in _PLATFORM_ONLY}
    return {**RESTRICTED, **closed, **{table: {APP_ROLE: "SELECT"} for table in written}}


def apply_policies(connection: BaseDatabaseWrapper) -> list[str]:
    """Apply functions, triggers, views, policies and rights as defined in the SQL files and the models; return the
    names of those that were changed. Concurrent senders and readers wait three seconds at most.
    """
    alias = connection.alias
    patiently(alias, "kept", _keep_pass)
    objects = _objects()
    changed = apply_objects(alias, objects)
    with connection.cursor() as cursor:
        for question, statement in _WIDE:
            cursor.execute(question)
            if cursor.fetchone() is not None:
                cursor.execute(statement)
        close_functions(cursor)
    changed += apply_tables(alias, _wanted(_tables(connection)))
    superseded = left_over(alias, objects)
    drop_functions(alias, superseded)
    return changed + superseded


def plan_policies(connection: BaseDatabaseWrapper) -> list[str]:
    """Describe what `apply_policies` would change now, one line per object; changes nothing."""
    alias = connection.alias
    objects = _objects()
    changes = [
        f"{made.kind} {made.name}" + (f" ({made.source})" if made.source else "") for made in differing(alias, objects)
    ]
    for table, present in differing_tables(alias, _wanted(_tables(connection))):
        changes.append(f"table {table.name}: {', '.join(differences(table, present))}")
    return changes + [f"remove function {name}" for name in left_over(alias, objects)]


def _objects() -> list[SqlObject]:
    """Return functions and views, ordered so that each comes after those it needs."""
    return [*pass_functions(), *(made for made in statements.shipped() if made.kind != "trigger")]


def _tables(connection: BaseDatabaseWrapper) -> dict[str, bool]:
    """Return the tables and views of the schema, each with whether it is a partition."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return {str(name): bool(is_partition) for name, is_partition in cursor.fetchall()}


_TABLES = """
SELECT relname, relispartition FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY relname
"""
_ALL = "SELECT, INSERT, UPDATE, DELETE"


def _wanted(names: dict[str, bool]) -> list[TableSpec]:
    """A table's policies do not apply to direct reads of its partitions, so no role has rights on those."""
    limited = restricted()
    made: dict[str, list[SqlObject]] = {}
    triggers: dict[str, list[SqlObject]] = {}
    for trigger in statements.shipped():
        if trigger.kind == "trigger":
            triggers.setdefault(trigger.table, []).append(trigger)
    for policy in tenant_policies():
        for name, role, using, check in (
            ("tenant", APP_ROLE, policy.may_see, policy.may_write),
            ("platform", PLATFORM_ROLE, OPEN, OPEN),
        ):
            made.setdefault(policy.table, []).append(_policy(policy.table, name, role, using, check))
        made[policy.table].append(_limited(policy.table))
    for table, condition in _ERASED.items():
        made.setdefault(table, []).append(_policy(table, "eraser", ERASER_ROLE, condition, None))
    return [
        TableSpec(name=name, is_guarded=True, rights=dict.fromkeys((APP_ROLE, *ENTERED_ROLES), ""))
        if is_partition
        else TableSpec(
            name=name,
            is_guarded=name in made,
            policies=made.get(name, []),
            triggers=triggers.get(name, []),
            rights=_rights(name, limited.get(name, {}), is_guarded=name in made),
        )
        for name, is_partition in names.items()
    ]


def _rights(table: str, stated: dict[str, str], *, is_guarded: bool) -> dict[str, str]:
    rights = {APP_ROLE: _ALL, PLATFORM_ROLE: _ALL, ERASER_ROLE: "", **stated}
    return {**rights, LIMITED_ROLE: _limited_rights(table, rights[APP_ROLE], is_guarded=is_guarded)}


def _limited(table: str) -> SqlObject:
    """Return what a limited member sees of a table: nothing, unless `limits` names it."""
    limited_table = LIMITED_TABLES.get(table)
    if limited_table is None:
        return _policy(table, "limited", LIMITED_ROLE, "true" if table in _READ_BY_ALL else "false", "false")
    return _policy(table, "limited", LIMITED_ROLE, limited_table.may_see, limited_table.may_write)


def _limited_rights(table: str, of_application: str, *, is_guarded: bool) -> str:
    """Without a policy, those of the application role, to which it can return; tables that show nothing may be read."""
    if not is_guarded:
        return of_application
    limited_table = LIMITED_TABLES.get(table)
    return limited_table.rights if limited_table is not None else "SELECT" if of_application else ""


_ERASED = {
    "consent_evidence": f"{OPEN} AND account_id = {MINE}",
    "feedback": f"{OPEN} AND account_id = {MINE} AND kind NOT IN ('complaint', 'unsubscribe')",
}


def _policy(table: str, name: str, role: str, using: str, check: str | None) -> SqlObject:
    with_check = f" WITH CHECK ({check})" if check is not None else ""
    return SqlObject("policy", f'{name} ON "{table}"', f"""
        DROP POLICY IF EXISTS {name} ON "{table}";
        CREATE POLICY {name} ON "{table}" TO {role} USING ({using}){with_check};
    """)  # fmt: skip


# A query that finds something when a role lacks a right on a whole schema, and the statement that grants it.
_WIDE = [
    (
        f"SELECT 1 WHERE NOT has_schema_privilege('{role}', 'public', 'USAGE')",
        f"GRANT USAGE ON SCHEMA public TO {role}",
    )
    for role in (APP_ROLE, *ENTERED_ROLES)
] + [
    (
        f"SELECT 1 FROM {catalogue} o WHERE {schema} = 'public'::regnamespace AND NOT ({lacks})",  # noqa: S608
        f"GRANT {right} ON ALL {kind} IN SCHEMA public TO {role}",
    )
    for role in (APP_ROLE, PLATFORM_ROLE, LIMITED_ROLE)
    for catalogue, schema, lacks, right, kind in (
        (
            "pg_class", "o.relkind = 'S' AND o.relnamespace",
            f"has_sequence_privilege('{role}', o.oid, 'USAGE') AND has_sequence_privilege('{role}', o.oid, 'SELECT')",
            "USAGE, SELECT", "SEQUENCES",
        ),
        (
            "pg_proc", "o.prorettype <> 'trigger'::regtype AND o.pronamespace",
            f"has_function_privilege('{role}', o.oid, 'EXECUTE')", "EXECUTE", "FUNCTIONS",
        ),
    )
]  # fmt: skip


_KEPT = f"""
CREATE SCHEMA IF NOT EXISTS kept;
CREATE TABLE IF NOT EXISTS kept.pass (key bytea NOT NULL);
{fingerprints.TABLE};
REVOKE ALL ON SCHEMA kept FROM PUBLIC;
"""


def _keep_pass(cursor: CursorWrapper) -> None:
    """Store the key of passes where only the owner can read it; a new secret key replaces it at the next migration."""
    cursor.execute("SELECT to_regclass('kept.pass') IS NULL OR to_regclass('kept.fingerprint') IS NULL")
    if cursor.fetchone()[0]:
        cursor.execute(_KEPT)
    cursor.execute("SELECT key FROM kept.pass")
    if [bytes(key) for (key,) in cursor.fetchall()] != [pass_key()]:
        cursor.execute("DELETE FROM kept.pass")
        cursor.execute("INSERT INTO kept.pass (key) VALUES (%s)", [pass_key()])
