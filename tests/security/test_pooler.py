"""Pages behind a pooler in transaction mode: accounts stay apart although all share one or two server processes.

The strangers are other accounts whose transactions run in the same server process right before and after, and a client
of the pooler with the application role's password that leaves things behind for whoever comes next.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from copies import Copies
from mailflatrate.settings import links
from mailflatrate.settings.links import ProcessPurpose
from mailflatrate.settings.roles import app_url, uses_pooler
from mailflatrate.settings.schema import Settings, SettingsError, read_settings
from support.customers import Customer, customer_with_list
from support.pooler import pooler, why_not
from support.served import served

PREPARE = """
import json, sys, threading
from mailflatrate.entrypoints.boot import boot
from mailflatrate.settings.links import ProcessPurpose
boot(ProcessPurpose.PAGES)
from django.db import connection, transaction
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.roles import ACCOUNT_SETTING, PASS_SETTING
import psycopg
accounts, url = [int(each) for each in sys.argv[1].split(",")], sys.argv[2]
SEEN = "SELECT coalesce(array_agg(DISTINCT account_id), '{}') FROM mailing_list"

def seen():
    with connection.cursor() as cursor:
        cursor.execute(SEEN)
        return cursor.fetchone()[0]

def value(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]
"""


@pytest.fixture(params=[1, 2])
def pooled(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a pooler with one or two connections to the server."""
    if why_not():
        pytest.skip(why_not())
    with pooler(database, tmp_path, request.param) as url:
        yield url


@pytest.fixture
def single(database: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a pooler with one connection to the server, which all clients share."""
    if why_not():
        pytest.skip(why_not())
    with pooler(database, tmp_path, 1) as url:
        yield url


@pytest.fixture(scope="module")
def strangers(database: str) -> list[Customer]:
    return [customer_with_list("Anna"), customer_with_list("Carla")]


def as_pages(script: str, url: str, customers: list[Customer]) -> Any:
    """Run a script in a process that connects as the pages do; return what it printed as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", PREPARE + script, ",".join(str(each.account_id) for each in customers), url],
        env=os.environ | {"MAILFLATRATE_POOLER_DATABASE_URL": url, "MAILFLATRATE_LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MANY_THREADS = """
found, statements = [], [0]

def note(what, got, wanted):
    statements[0] += 1
    if got != wanted:
        found.append([what, str(got), str(wanted)])

def work(number):
    mine, other = accounts[number % 2], accounts[(number + 1) % 2]
    for turn in range(12):
        note("no scope before", seen(), [])
        with tenancy.account(mine):
            note("own rows", seen(), [mine])
            note("own model", sorted(set(MailingList.objects.values_list("account_id", flat=True))), [mine])
            with tenancy.platform(PlatformReason.METRICS):
                note("all rows", set(seen()) >= set(accounts), True)
            note("own rows after the platform", seen(), [mine])
            with tenancy.account(other):
                note("the other account's rows", seen(), [other])
            note("own rows again", seen(), [mine])
            note("time limit", value("SELECT current_setting('statement_timeout')"), "1min")
        try:
            with tenancy.platform(PlatformReason.METRICS):
                seen()
                if turn % 2:
                    raise LookupError
                value("SELECT 1 / 0")
        except Exception:
            pass
        note("no scope after a failure", seen(), [])
        with transaction.atomic():
            note("a transaction without a scope", seen(), [])
        note("role", value("SELECT current_user"), "mailflatrate_app")
        note("account", value("SELECT current_setting('mailflatrate.account_id', true)"), "")
        note("job", value("SELECT current_setting('mailflatrate.job', true)"), "")
        with tenancy.account(mine):
            jobs.wake("test.woken", jobs.JobQueue.HOUSE, once=f"pooled-{mine}-{number}", account_id=mine)
        with tenancy.access():
            note("a page may change access", value("SELECT access_open()"), True)
        note("only there", value("SELECT access_open()"), False)

def guarded(number):
    try:
        work(number)
    except BaseException as problem:
        found.append([number, repr(problem), ""])

threads = [threading.Thread(target=guarded, args=(number,)) for number in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
servers = value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mailflatrate pages'")
woken = value("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'test.woken'")
print(json.dumps({"found": found[:10], "statements": statements[0], "servers": servers, "woken": woken}))
"""


@pytest.mark.slow
def test_many_threads_see_only_their_own_account(pooled: str, strangers: list[Customer], database: str) -> None:
    told = as_pages(MANY_THREADS, pooled, strangers)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'test.woken'")
    assert told["found"] == []
    assert told["statements"] == 16 * 12 * 15
    assert told["servers"] <= 2, "sixteen threads share the connections of the pooler"
    assert told["woken"] == 16


LEFT_BEHIND = """
stranger = psycopg.connect(url, autocommit=True, prepare_threshold=None)

def leave(*statements):
    for statement in statements:
        stranger.execute(statement)

leave(
    "CREATE TEMP TABLE mailing_list AS SELECT 666000000000::bigint AS account_id",
    "CREATE TEMP VIEW campaign AS SELECT 666000000000::bigint AS account_id",
    f"SELECT set_config('mailflatrate.account_id', '{other}', false)",
)
shadow = stranger.execute("SELECT account_id FROM mailing_list").fetchone()[0]
leave(
    "SELECT set_config('role', 'mailflatrate_platform', false)",
    "SELECT set_config('search_path', 'pg_temp, public', false)",
    "SELECT set_config('statement_timeout', '1', false)",
)
report = {"same": value("SELECT pg_backend_pid()") == stranger.execute("SELECT pg_backend_pid()").fetchone()[0]}
report["shadow"], report["outside"] = shadow, seen()
report["role"] = value("SELECT current_user")
report["account"] = value("SELECT current_setting('mailflatrate.account_id', true)")
report["limit"] = value("SELECT current_setting('statement_timeout')")
with tenancy.account(mine):
    report["inside"] = seen()
    report["model"] = list(MailingList.objects.values_list("account_id", flat=True).distinct())
with tenancy.platform(PlatformReason.METRICS):
    report["platform"] = 666000000000 in seen()
stranger.close()
told["left"] = report
"""

TAKEN = """
taken = {}
with tenancy.account(mine):
    taken["account"] = value("SELECT current_setting(%s, true)", ACCOUNT_SETTING)
    again = value("SELECT account_open()")
with tenancy.platform(PlatformReason.METRICS):
    taken["platform"] = value("SELECT current_setting(%s, true)", PASS_SETTING)
    pid = value("SELECT pg_backend_pid()")
stranger = psycopg.connect(url, autocommit=True, prepare_threshold=None)
report = {"valid": again, "same": stranger.execute("SELECT pg_backend_pid()").fetchone()[0] == pid}
with stranger.transaction():
    stranger.execute("SELECT set_config('mailflatrate.account_id', %s, true)", [str(mine)])
    stranger.execute("SELECT set_config(%s, %s, true)", [ACCOUNT_SETTING, taken["account"]])
    report["account"] = stranger.execute(SEEN).fetchone()[0]
with stranger.transaction():
    stranger.execute("SELECT set_config('role', 'mailflatrate_platform', true)")
    stranger.execute("SELECT set_config(%s, %s, true)", [PASS_SETTING, taken["platform"]])
    report["platform"] = stranger.execute(SEEN).fetchone()[0]
    report["open"] = stranger.execute("SELECT platform_open()").fetchone()[0]
stranger.close()
told["taken"] = report
"""

NEEDS_SESSION = """
connection.close()
from mailflatrate.base.session_lock import session_lock
from mailflatrate.settings.roles import server_of
report = {}

def refused(name, work):
    try:
        work()
    except Exception as problem:
        report[name] = type(problem).__name__

def lock():
    with session_lock(4711):
        pass

refused("lock", lock)
connection.ensure_connection()
refused("cursor", lambda: connection.create_cursor("held"))
refused("pass", lambda: server_of(connection.connection))
with tenancy.account(accounts[0]):
    report["iterated"] = [each.account_id for each in MailingList.objects.iterator(chunk_size=1)]
    server_of(connection.connection)
with connection.cursor() as cursor:
    cursor.executemany("SELECT %s", [[1], [2]])
report["prepared"] = value("SELECT count(*) FROM pg_prepared_statements")
told["session"] = report
"""

BEGIN = """
told = {}
mine, other = accounts
"""


@pytest.fixture(scope="module")
def shared_server(database: str, tmp_path_factory: pytest.TempPathFactory, strangers: list[Customer]) -> Any:
    """What pages and a stranger see who share one server process, by what the stranger tries."""
    if why_not():
        pytest.skip(why_not())
    with pooler(database, tmp_path_factory.mktemp("pooler"), 1) as url:
        script = "\n".join([BEGIN, TAKEN, NEEDS_SESSION, LEFT_BEHIND, "print(json.dumps(told))"])
        return as_pages(script, url, strangers)


def test_what_a_client_leaves_behind_changes_nothing_for_the_next(
    shared_server: Any, strangers: list[Customer]
) -> None:
    mine = strangers[0].account_id
    assert shared_server["left"] == {
        "same": True,
        "shadow": 666_000_000_000,  # no account has this number
        "outside": [],
        "role": "mailflatrate_app",
        "account": "",
        "limit": "1min",
        "inside": [mine],
        "model": [mine],
        "platform": False,
    }


def test_a_pass_ends_with_its_transaction(shared_server: Any) -> None:
    """An injection could read a pass; the next client of the same server process can't use it."""
    expected = {"valid": True, "same": True, "account": [], "platform": [], "open": False}
    assert shared_server["taken"] == expected


def test_what_needs_a_session_is_refused(shared_server: Any, strangers: list[Customer]) -> None:
    assert shared_server["session"] == {
        "lock": "OperationalError",
        "cursor": "NotSupportedError",
        "pass": "RuntimeError",
        "iterated": [strangers[0].account_id],
        "prepared": 0,
    }


@pytest.mark.slow
def test_web_processes_serve_each_customer_their_own_pages(single: str, database: str, copies: Copies) -> None:
    """Over HTTP and side by side: the other customer's list is on no page."""
    names = ["Pooled tulips", "Pooled roses"]
    customers = [Customer.registered(f"Company of {name}").with_list(name).signed_in() for name in names]
    cookies = [{"Cookie": f"sessionid={each.client.cookies['sessionid'].value}"} for each in customers]
    with served(copies, tls=False, POOLER_DATABASE_URL=single) as web:

        def visit(number: int) -> str:
            mine, other = number % 2, (number + 1) % 2
            page = web.ask("/studio/lists/", headers=cookies[mine])
            if page.status != 200 or names[mine].encode() not in page.body or names[other].encode() in page.body:
                return f"{page.status}: {page.body[:300]!r}"
            strange = web.ask(f"/studio/lists/{customers[other].list_id}/", headers=cookies[mine])
            return "" if strange.status == 404 else f"a stranger's list: {strange.status}"

        with ThreadPoolExecutor(8) as threads:
            assert [problem for problem in threads.map(visit, range(24)) if problem] == []
        assert web.ask("/readyz/web").status == 200
        assert web.ask("/studio/lists/").status == 302


URL = "postgresql://mailflatrate_app:secret@127.0.0.1:6432/mailflatrate"
DIRECT = "postgresql://mailflatrate_app:secret@db1/mailflatrate"


@pytest.mark.parametrize("purpose", ProcessPurpose)
def test_only_pages_use_the_pooler(purpose: ProcessPurpose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_purpose", purpose)
    settings = Settings(app_database_url=DIRECT, pooler_database_url=URL)
    found = conninfo_to_dict(app_url(settings))
    assert uses_pooler(settings) == (purpose is ProcessPurpose.PAGES)
    assert found["host"] == ("127.0.0.1" if purpose is ProcessPurpose.PAGES else "db1")
    assert ("options" in found) == (purpose is not ProcessPurpose.PAGES), "a pooler refuses settings of a session"
    assert found["tcp_user_timeout"] == "8000"


def test_its_url_may_be_in_a_file_and_names_itself_when_it_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "url"
    file.write_text(f"{URL}?no_such_word=1\n")
    settings = read_settings({"MAILFLATRATE_POOLER_DATABASE_URL_FILE": str(file)})
    monkeypatch.setattr(links, "_purpose", ProcessPurpose.PAGES)
    with pytest.raises(SettingsError, match="MAILFLATRATE_POOLER_DATABASE_URL") as problem:
        app_url(settings)
    assert "secret" not in str(problem.value)
