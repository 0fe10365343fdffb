"""The database's functions that check passes (ADR 0010): made for a server process or, behind a pooler (ADR 0044), for
one of its transactions, which is checked only if the first form doesn't match.
"""

from mailflatrate.base.tenancy.apply import SqlObject
from mailflatrate.settings import fingerprints
from mailflatrate.settings.roles import (
    ACCESS_SETTING,
    ACCOUNT_ID_SETTING,
    ACCOUNT_SETTING,
    DECISION_SETTING,
    JOB_SETTING,
    LIMITED_SETTING,
    MEMBER_SETTING,
    PASS_SETTING,
    PassKind,
)

_SETTINGS = {
    PassKind.PLATFORM: PASS_SETTING,
    PassKind.DECISION: DECISION_SETTING,
    PassKind.ACCESS: ACCESS_SETTING,
    PassKind.ACCOUNT: ACCOUNT_SETTING,
    PassKind.JOB: JOB_SETTING,
    PassKind.LIMITED: LIMITED_SETTING,
}
_ACCOUNT = f"current_setting('{ACCOUNT_ID_SETTING}', true) || ' ' || "
_SUBJECTS = {
    PassKind.ACCOUNT: _ACCOUNT,
    PassKind.LIMITED: f"{_ACCOUNT}current_setting('{MEMBER_SETTING}', true) || ' ' || ",
}
# Process ids are reused, but not with the same start time: a pass that was seen once dies with its connection.
_PROCESS = "s.pid || ' ' || (extract(epoch FROM s.backend_start) * 1000000)::bigint"
_TRANSACTION = f"{_PROCESS} || ' ' || (extract(epoch FROM now()) * 1000000)::bigint"
# The owner looks it up, because the wider roles may not see when a process started.
_OWN_SERVER = f"""
CREATE OR REPLACE FUNCTION public.own_server() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT {_PROCESS} FROM pg_stat_get_activity(pg_backend_pid()) s
$$;
"""  # noqa: S608  # made of constants
# In PL/pgSQL, which keeps its plan: every statement under a policy asks, and a function in SQL is planned each time.
_OPEN = """
CREATE OR REPLACE FUNCTION public.{kind}_open() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT {for_process} = current_setting('{setting}', true)
        FROM kept.pass p, pg_stat_get_activity(pg_backend_pid()) s)
    THEN
        RETURN true;
    END IF;
    RETURN coalesce((
        SELECT {for_transaction} = current_setting('{setting}', true)
        FROM kept.pass p, pg_stat_get_activity(pg_backend_pid()) s), false);
END $$;
"""
_EXPECTED = "encode(sha256(p.key || sha256(p.key || convert_to('{kind} ' || {subject}{name}, 'UTF8'))), 'hex')"


def pass_functions() -> list[SqlObject]:
    """Also return those they need: to name the server process and to compare the installation's keys."""
    return [
        SqlObject("function", "public.own_server()", _OWN_SERVER),
        SqlObject("function", "public.key_fingerprints()", fingerprints.FUNCTION),
        *(SqlObject("function", f"public.{kind.value}_open()", _open(kind)) for kind in _SETTINGS),
    ]


def _open(kind: PassKind) -> str:
    subject = _SUBJECTS.get(kind, "")
    for_process, for_transaction = (
        _EXPECTED.format(kind=kind.value, subject=subject, name=name) for name in (_PROCESS, _TRANSACTION)
    )
    return _OPEN.format(
        kind=kind.value, setting=_SETTINGS[kind], for_process=for_process, for_transaction=for_transaction
    )
