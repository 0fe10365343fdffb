"""Tables without an account whose rows only the application's own code may write, whoever else speaks SQL (ADR 0010).

A job in the queue is run by the workers as if the application had asked for it, and a counter that someone sets back
opens the limit again. Neither table has an account to compare with, so triggers ask for a pass. They are applied with
the policies after each migration.
"""

from mailflatrate.base.tenancy.apply import Made
from mailflatrate.base.tenancy.scope import SETTING
from mailflatrate.settings.roles import APP_ROLE, ERASER_ROLE, PLATFORM_ROLE

SEARCH_PATH = "pg_catalog, public, pg_temp"
_ROLES = f"('{APP_ROLE}', '{PLATFORM_ROLE}', '{ERASER_ROLE}')"
_REFUSE = "RAISE EXCEPTION '% of % needs a pass', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'"

# Foreign keys that cascade run as the owner of the table. An account may withdraw its own waiting jobs, and no more:
# with a key or a lock of its choice a new row could hold up the jobs of others.
_JOB_HELD = f"""
CREATE OR REPLACE FUNCTION public.job_held() RETURNS trigger LANGUAGE plpgsql SET search_path = {SEARCH_PATH} AS $$
DECLARE
    owner text;
BEGIN
    IF current_user IN {_ROLES} AND NOT public.job_open() AND NOT public.platform_open() THEN
        IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'procrastinate_jobs' THEN
            owner := to_jsonb(OLD) #>> '{{args,account_id}}';
        ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'procrastinate_events' THEN
            owner := (SELECT j.args ->> 'account_id' FROM public.procrastinate_jobs j
                WHERE j.id = (to_jsonb(OLD) ->> 'job_id')::bigint);
        END IF;
        IF owner IS NULL OR owner IS DISTINCT FROM current_setting('{SETTING}', true) OR NOT public.account_open() THEN
            {_REFUSE};
        END IF;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""  # noqa: S608  # made of constants
_PLATFORM_HELD = f"""
CREATE OR REPLACE FUNCTION public.platform_held() RETURNS trigger LANGUAGE plpgsql SET search_path = {SEARCH_PATH} AS $$
BEGIN
    IF current_user IN {_ROLES} AND NOT public.platform_open() THEN
        {_REFUSE};
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
HELD_FUNCTIONS = (
    Made("function", "public.job_held()", _JOB_HELD),
    Made("function", "public.platform_held()", _PLATFORM_HELD),
)
_TRIGGER = """
CREATE OR REPLACE TRIGGER {name} BEFORE {events} ON "{table}" FOR EACH ROW {when} EXECUTE FUNCTION public.{function}();
"""
_ANY = "INSERT OR UPDATE OR DELETE"
_HELD = (
    ("procrastinate_jobs", "aa_job_held", _ANY, "", "job_held"),
    ("procrastinate_events", "aa_job_held", "UPDATE OR DELETE", "", "job_held"),
    ("procrastinate_periodic_defers", "aa_job_held", _ANY, "", "job_held"),
    ("procrastinate_workers", "aa_job_held", _ANY, "", "job_held"),
    ("worker_process", "aa_job_held", _ANY, "", "job_held"),
    ("signup_counter", "aa_kept", "DELETE", "", "platform_held"),
    ("signup_counter", "aa_grows", "UPDATE", "WHEN (NEW.count < OLD.count)", "platform_held"),
    ("confirmation_mark", "aa_kept", "DELETE", "", "platform_held"),
)


def held_triggers() -> dict[str, list[Made]]:
    """The triggers of each table."""
    found: dict[str, list[Made]] = {}
    for table, name, events, when, function in _HELD:
        statement = _TRIGGER.format(table=table, name=name, events=events, when=when, function=function)
        found.setdefault(table, []).append(Made("trigger", f'{name} ON "{table}"', statement))
    return found
