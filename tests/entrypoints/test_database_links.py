"""Every connection to the database has the limits of `settings/links.py`, no matter what opens it."""

import asyncio
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.utils import load_backend
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mailflatrate.apps.delivery.send.database import Connection, Database, DatabaseGone
from mailflatrate.entrypoints.cli.serve import services_environment
from mailflatrate.settings import links
from mailflatrate.settings.links import ProcessPurpose
from mailflatrate.settings.roles import APP_ROLE, app_url, owner_url
from mailflatrate.settings.schema import Settings, SettingsError, load_settings, read_settings
from support.waiting import wait_until_async

TWO_HOSTS = "postgresql://boss:se%40cret@10.0.0.1:5432,10.0.0.2:5433/mail?sslmode=require"
LIMITS = {"connect_timeout": "3", "tcp_user_timeout": "8000", "target_session_attrs": "read-write"}


@pytest.fixture(autouse=True)
def purpose_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_purpose", ProcessPurpose.ADMINISTRATION)
    monkeypatch.setattr(links, "_reached", None)
    monkeypatch.setattr(links, "_lost", None)


def test_a_url_with_two_hosts_and_ports_is_read_and_completed() -> None:
    settings = Settings(database_url=TWO_HOSTS, app_database_url=TWO_HOSTS.replace("boss", "mailflatrate_app"))
    for written, user in ((owner_url(settings), "boss"), (app_url(settings), "mailflatrate_app")):
        found = conninfo_to_dict(written)
        assert (found["host"], found["port"]) == ("10.0.0.1,10.0.0.2", "5432,5433")
        assert (found["user"], found["password"], found["sslmode"]) == (user, "se@cret", "require")
        assert {name: found[name] for name in LIMITS} == LIMITS
        assert int(str(found["keepalives_idle"])) + 3 * int(str(found["keepalives_interval"])) <= 8


def test_the_host_that_was_reached_last_is_asked_first(database: str) -> None:
    async def reach() -> tuple[str, int]:
        async with await psycopg.AsyncConnection.connect(app_url(load_settings())) as link:
            links.note_reached(link)
            return link.info.host, link.info.port

    host, port = asyncio.run(reach())
    for hosts, ports, ordered in (
        (f"10.0.0.1,{host}", f"5432,{port}", (f"{host},10.0.0.1", f"{port},5432")),
        (f"10.0.0.1,{host}", str(port), (f"{host},10.0.0.1", f"{port},{port}")),
        (f"{host},10.0.0.1", f"{port},5432", (f"{host},10.0.0.1", f"{port},5432")),
        ("10.0.0.1,10.0.0.2", "5432,5433", ("10.0.0.1,10.0.0.2", "5432,5433")),
    ):
        found = conninfo_to_dict(
            app_url(Settings(app_database_url=make_conninfo("dbname=mail", host=hosts, port=ports)))
        )
        assert (found["host"], found["port"]) == ordered


def test_the_host_of_a_broken_connection_is_asked_last(database: str) -> None:
    """It may be dead, and would take the whole time that a connection may take each time it is asked."""

    async def lose_and_find() -> tuple[str, str, dict[str, object], dict[str, object]]:
        async with await psycopg.AsyncConnection.connect(app_url(load_settings())) as link:
            host, port = link.info.host, str(link.info.port)
            given = {"host": f"{host},10.0.0.1,10.0.0.2", "port": f"{port},5432,5433"}
            links.note_reached(link)
            links.note_lost(link)
            lost = links.in_order(given)
            links.note_reached(link)
            return host, port, lost, links.in_order(given)

    host, port, lost, found = asyncio.run(lose_and_find())
    assert lost == {"host": f"10.0.0.1,10.0.0.2,{host}", "port": f"5432,5433,{port}"}
    assert found == {"host": f"{host},10.0.0.1,10.0.0.2", "port": f"{port},5432,5433"}
    assert links.in_order({"host": host, "port": port}) == {}


@pytest.mark.parametrize("engine", ["mailflatrate.base.job_database.pages", "mailflatrate.base.job_database"])
def test_djangos_connections_ask_the_hosts_in_that_order_too(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = connection.settings_dict
    options = {**usual["OPTIONS"], "slots": 2, "slot_wait_seconds": 5}
    hosts = {"HOST": "10.0.0.1,10.0.0.2", "PORT": "5432,5433", "OPTIONS": options if "pages" not in engine else {}}
    wrapper = load_backend(engine).DatabaseWrapper({**usual, **hosts})
    for lost, ordered in ((None, "10.0.0.1,10.0.0.2"), (("10.0.0.1", "5432"), "10.0.0.2,10.0.0.1")):
        monkeypatch.setattr(links, "_lost", lost)
        assert wrapper.get_connection_params()["host"] == ordered


def test_what_a_url_says_itself_wins() -> None:
    settings = Settings(
        app_database_url="postgresql://a@db/mail?connect_timeout=30&options=-c%20statement_timeout%3D5s"
    )
    found = conninfo_to_dict(app_url(settings))
    assert found["connect_timeout"] == "30"
    assert str(found["options"]).endswith("statement_timeout=5s"), "the last one counts"


def test_a_url_that_cannot_be_read_names_its_variable() -> None:
    with pytest.raises(SettingsError, match="MAILFLATRATE_APP_DATABASE_URL"):
        app_url(Settings(app_database_url="postgresql://a@db/mail?no_such_word=1"))


def test_a_service_never_signs_in_as_the_owner() -> None:
    settings = Settings(database_url=TWO_HOSTS)
    links.serve_as(ProcessPurpose.PAGES)
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        owner_url(settings)
    assert "boss" not in app_url(settings)


def test_up_hands_its_children_the_applications_login_and_no_limits_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", TWO_HOSTS)
    monkeypatch.setenv("MAILFLATRATE_TOKEN_KEYS", "a:aa")
    handed = services_environment(Settings(database_url=TWO_HOSTS, data_dir=load_settings().data_dir))
    assert "DATABASE_URL" not in handed
    found = conninfo_to_dict(handed["MAILFLATRATE_APP_DATABASE_URL"])
    assert (found["user"], found["host"]) == (APP_ROLE, "10.0.0.1,10.0.0.2")
    assert not {"options", "application_name", "connect_timeout"} & set(found)
    assert handed["MAILFLATRATE_TOKEN_KEYS"] == "a:aa"


def test_with_the_applications_url_alone_no_embedded_server_is_meant() -> None:
    assert not read_settings({"MAILFLATRATE_APP_DATABASE_URL": "postgresql://a@db/mail"}).is_embedded
    assert read_settings({}).is_embedded


def test_secrets_are_read_from_files(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text("postgresql://a:b@db/mail\n")
    found = read_settings({"DATABASE_URL_FILE": str(path), "MAILFLATRATE_SECRET_KEY": "x"})
    assert found.database_url == "postgresql://a:b@db/mail"
    with pytest.raises(SettingsError, match="both set"):
        read_settings({"DATABASE_URL_FILE": str(path), "DATABASE_URL": "postgresql://c@db/mail"})
    with pytest.raises(SettingsError, match="MAILFLATRATE_TOKEN_KEYS_FILE"):
        read_settings({"MAILFLATRATE_TOKEN_KEYS_FILE": str(tmp_path / "absent")})
    with pytest.raises(SettingsError, match="unknown setting MAILFLATRATE_DEBUG_FILE"):
        read_settings({"MAILFLATRATE_DEBUG_FILE": str(path)})


def test_the_server_knows_the_limits_of_every_kind_of_connection(database: str) -> None:
    assert database
    asked = ("statement_timeout", "idle_in_transaction_session_timeout", "client_connection_check_interval")

    def shown(link: psycopg.Connection[tuple[object, ...]]) -> list[object]:
        return [link.execute(f"SHOW {name}").fetchone()[0] for name in asked]  # type: ignore[index]

    connection.ensure_connection()
    assert shown(connection.connection) == ["1h", "1h", "10s"]
    links.serve_as(ProcessPurpose.SENDING)
    with psycopg.connect(app_url(load_settings())) as link:
        assert shown(link) == ["1min", "1min", "10s"]


def test_a_call_of_the_engine_that_is_not_answered_ends_at_its_deadline(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is stuck keeps the connection open and says nothing: the deadline ends the call, not the server."""
    assert database

    async def hang(link: Connection) -> None:
        await link.execute("SELECT pg_sleep(60)")

    async def ask(link: Connection) -> object:
        return (await (await link.execute("SELECT 1")).fetchone() or [None])[0]

    async def calls() -> None:
        engine = Database("test")
        monkeypatch.setattr(engine, "_call_seconds", 0.5)
        began = time.monotonic()
        with pytest.raises(DatabaseGone, match=r"0\.5 seconds"):
            await engine.run(1, hang)
        assert time.monotonic() - began < 30
        monkeypatch.setattr(engine, "_call_seconds", 20)
        assert await engine.run(1, ask) == 1, "the next call has a connection of its own"
        hanging = asyncio.create_task(engine.run(1, hang))
        await wait_until_async(lambda: engine.busy_since is not None, "a call under way")
        began = time.monotonic()
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        assert time.monotonic() - began < 30, "a cancelled call does not wait for the server"
        await engine.close()

    asyncio.run(calls())
