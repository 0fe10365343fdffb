"""`migrate` beside readers and senders: what is up to date is not touched, what was changed by hand is put right."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connections

from mailflatrate.base.tenancy import apply
from mailflatrate.base.tenancy.apply import rights_of
from mailflatrate.base.tenancy.policies import apply_policies
from mailflatrate.entrypoints.cli.setup import MIGRATING, bring_up_to_date
from mailflatrate.settings.roles import APP_ROLE, PLATFORM_ROLE
from mailflatrate.settings.schema import load_settings
from support.waiting import stays, wait_until

TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
HANGS = "20s"
"""Only a statement that waits for what doesn't end takes so long."""

Link = psycopg.Connection[tuple[object, ...]]


@contextmanager
def everything_in_use(database: str, mode: str) -> Iterator[None]:
    """A transaction that holds every table, as a dump (ACCESS SHARE) or a sender (ROW EXCLUSIVE) holds some."""
    with psycopg.connect(database) as owner:
        names = ", ".join(f'public."{name}"' for (name,) in owner.execute(TABLES).fetchall())
        owner.execute(f"LOCK TABLE {names} IN {mode} MODE")
        yield
        owner.rollback()


@pytest.mark.parametrize("mode", ["ACCESS SHARE", "ROW EXCLUSIVE"])
def test_an_up_to_date_database_is_not_locked_by_migrate(
    database: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader on `contact`, a dump, and a sender that writes keep their locks; migrate ends beside them.

    It has one try at each lock, which it would not get as long as they keep theirs.
    """
    monkeypatch.setattr(apply, "TRIES", 1)
    with everything_in_use(database, mode):
        bring_up_to_date(load_settings())


def test_nothing_is_changed_the_second_time(database: str) -> None:
    assert database
    apply_policies(connections["owner"])
    assert apply_policies(connections["owner"]) == []


@pytest.mark.parametrize(
    ("by_hand", "named", "question", "wanted"),
    [
        (
            "ALTER POLICY tenant ON contact USING (true)", "contact",
            "SELECT qual <> 'true' FROM pg_policies WHERE tablename = 'contact' AND policyname = 'tenant'", True,
        ),
        (
            "ALTER POLICY tenant ON contact TO PUBLIC", "contact",
            "SELECT roles::text FROM pg_policies WHERE tablename = 'contact' AND policyname = 'tenant'",
            f"{{{APP_ROLE}}}",
        ),
        (
            "ALTER TABLE contact DISABLE ROW LEVEL SECURITY", "contact",
            "SELECT relrowsecurity FROM pg_class WHERE oid = 'contact'::regclass", True,
        ),
        ("DROP POLICY platform ON campaign", "campaign",
         "SELECT count(*) FROM pg_policies WHERE tablename = 'campaign'", 3),
        ("DROP POLICY eraser ON feedback; CREATE POLICY eraser ON feedback USING (true)", "feedback",
         "SELECT qual <> 'true' FROM pg_policies WHERE tablename = 'feedback' AND policyname = 'eraser'", True),
        (
            f"GRANT DELETE, TRUNCATE ON delivery TO {APP_ROLE}", "delivery",
            f"SELECT has_table_privilege('{APP_ROLE}', 'delivery', 'DELETE')", False,
        ),
        (
            f"GRANT UPDATE (reply_code) ON attempt TO {PLATFORM_ROLE}", "attempt",
            f"SELECT has_column_privilege('{PLATFORM_ROLE}', 'attempt', 'reply_code', 'UPDATE')", False,
        ),
        (f"REVOKE INSERT ON contact FROM {APP_ROLE}", "contact",
         f"SELECT has_table_privilege('{APP_ROLE}', 'contact', 'INSERT')", True),
        (
            "CREATE OR REPLACE FUNCTION public.platform_open() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "public.platform_open()", "SELECT prosecdef FROM pg_proc WHERE proname = 'platform_open'", True,
        ),
        ("ALTER TABLE procrastinate_jobs DISABLE TRIGGER aa_job_held", "procrastinate_jobs",
         "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'aa_job_held'"
         " AND tgrelid = 'procrastinate_jobs'::regclass",
         "O"),
        ("DROP TRIGGER aa_kept ON signup_counter", "signup_counter",
         "SELECT count(*) FROM pg_trigger WHERE tgname = 'aa_kept' AND tgrelid = 'signup_counter'::regclass", 1),
    ],
)  # fmt: skip
def test_what_was_changed_by_hand_is_put_right_and_nothing_else(
    database: str, by_hand: str, named: str, question: str, wanted: object
) -> None:
    apply_policies(connections["owner"])
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(by_hand)
        assert owner.execute(question).fetchone() != (wanted,), "the attack works without the cure"
        assert apply_policies(connections["owner"]) == [named]
        assert owner.execute(question).fetchone() == (wanted,)
    assert apply_policies(connections["owner"]) == []


def test_a_table_in_use_is_waited_for_in_short_turns(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions queued behind migrate wait for one turn, not for the reader that migrate waits for."""
    monkeypatch.setattr(apply, "LOCK_SECONDS", 1)
    monkeypatch.setattr(apply, "PAUSE_SECONDS", 0.5)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DROP POLICY platform ON contact")
    done: list[list[str]] = []

    def migrate() -> None:
        done.append(apply_policies(connections["owner"]))
        connections["owner"].close()

    with psycopg.connect(database) as reader, psycopg.connect(database, autocommit=True) as other:
        reader.execute("SELECT count(*) FROM contact")
        migrating = threading.Thread(target=migrate)
        migrating.start()
        waiting = "SELECT FROM pg_locks WHERE relation = 'contact'::regclass AND NOT granted"
        wait_until(lambda: other.execute(waiting).fetchone() is not None, "migrate in the queue for the table")

        other.execute("SELECT set_config('statement_timeout', %s, false)", [HANGS])

        def reads() -> bool:
            return other.execute("SELECT count(*) FROM contact").fetchone() is not None

        stays(reads, "readers wait for one turn, not for the reader", seconds=2.5, pause=0.2)
        reader.rollback()
        migrating.join()
    assert done == [["contact"]]


def test_two_hosts_do_not_migrate_at_once(database: str) -> None:
    """The second one waits until the first one is through, and says so."""
    ended = threading.Event()

    def migrate() -> None:
        bring_up_to_date(load_settings())
        connections.close_all()
        ended.set()

    with psycopg.connect(database, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        waiting = threading.Thread(target=migrate)
        waiting.start()
        assert not ended.wait(2.5)
    waiting.join()
    assert ended.is_set()


def test_rights_are_read_from_the_words_of_a_grant() -> None:
    assert rights_of("SELECT, INSERT (id, kind), UPDATE (a)") == {
        "SELECT",
        "INSERT (id)",
        "INSERT (kind)",
        "UPDATE (a)",
    }
    assert rights_of("") == set()
