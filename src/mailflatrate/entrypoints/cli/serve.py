"""`mailflatrate up | web | worker | inbound | database`: the processes of a host, together or one by one."""

import contextlib
import errno
import os
import resource
import signal
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import click

from mailflatrate.entrypoints.boot import boot
from mailflatrate.entrypoints.boot.first_setup import announce
from mailflatrate.entrypoints.boot.keys import demand_keys
from mailflatrate.entrypoints.boot.lifecycle import report_served_life
from mailflatrate.entrypoints.cli.setup import bring_up_to_date
from mailflatrate.entrypoints.workers.supervisor import Supervisor
from mailflatrate.settings import links
from mailflatrate.settings.links import ProcessPurpose
from mailflatrate.settings.logs import GRANIAN
from mailflatrate.settings.postgres import DatabaseInUse, EmbeddedPostgres
from mailflatrate.settings.roles import app_login
from mailflatrate.settings.schema import Settings, load_settings

HOUSE_QUEUES = "plan,import,inbound,house"
HEADER_MILLISECONDS = 10_000
MOST_CONNECTIONS = 4096  # open at once in a process; idle and slow ones cost a file and some memory, no thread
SPARE_FILES = 512


class PortTaken(click.ClickException):
    """Raised for a port that is in use; the command ends with status 2."""

    exit_code = 2


def demand_free(host: str, port: int, setting: str) -> None:
    """Raises ClickException. Web servers share a port: a forgotten old process would serve half of all requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(
                f"Port {port} ({setting}) is already in use. Stop the program that uses it, or choose another port."
            ) from None


def begin_service(purpose: ProcessPurpose) -> Settings:
    """Compare the installation's keys before Django is loaded, which takes seconds. Raises SettingsError."""
    links.serve_as(purpose)
    demand_keys(load_settings())
    return boot(purpose)


@contextlib.contextmanager
def owned_database(settings: Settings) -> Iterator[None]:
    """Own the embedded database for the block; do nothing if DATABASE_URL names another one."""
    if not settings.is_embedded:
        yield
        return
    try:
        with EmbeddedPostgres(settings.data_dir).owned():
            yield
    except DatabaseInUse as error:
        raise click.ClickException(str(error)) from error


def processes(settings: Settings, environment: dict[str, str]) -> Supervisor:
    supervisor = Supervisor(environment)
    supervisor.add("web", "web")
    if settings.public_port:
        supervisor.add("public", "web", "--tls")
    supervisor.add("worker", "worker", "--queues", HOUSE_QUEUES)
    for number in range(1, settings.sender_processes + 1):
        supervisor.add(f"sender-{number}", "worker", "--queues", "send", "--name", f"sender-{number}")
    if settings.inbound_smtp_port or settings.inbound_lmtp_port or settings.test_inbox_port:
        supervisor.add("inbound", "inbound")
    return supervisor


def services_environment(settings: Settings) -> dict[str, str]:
    """The application role's credentials are in it, but not the database owner's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_URL")}
    kept.pop("MAILFLATRATE_APP_DATABASE_URL_FILE", None)
    return {**kept, "MAILFLATRATE_APP_DATABASE_URL": app_login(settings)}


@click.command()
def up_command() -> None:
    """Run every process of this host under one supervisor, the embedded database included."""
    settings = load_settings()
    for port, setting in (
        (settings.web_port, "MAILFLATRATE_WEB_PORT"),
        (settings.public_port, "MAILFLATRATE_PUBLIC_PORT"),
    ):
        if port:
            demand_free(settings.web_host, port, setting)
    if settings.is_embedded and not EmbeddedPostgres(settings.data_dir).is_made:
        click.echo(f"First start: creating the database in {settings.data_dir} takes about a minute.", err=True)
    with owned_database(settings):
        boot()
        bring_up_to_date(settings)
        supervisor = processes(settings, services_environment(settings))
        if settings.is_embedded:
            supervisor.before_each(EmbeddedPostgres(settings.data_dir).revive)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.stop())
        click.echo(f"mailflatrate is running at http://{settings.web_host}:{settings.web_port}/", err=True)
        supervisor.watch()


@click.command()
def database_command() -> None:
    """Run the embedded database in the foreground, for hosts that start the other processes separately."""
    settings = load_settings()
    if not settings.is_embedded:
        raise click.ClickException("DATABASE_URL already names a server, so there is no embedded database to run.")
    with owned_database(settings), contextlib.suppress(KeyboardInterrupt):
        click.echo(EmbeddedPostgres(settings.data_dir).url)
        signal.pause()


@click.command()
@click.option("--tls", is_flag=True, help="Serve the links in messages on the TLS port.")
def web_command(tls: bool) -> None:
    """Serve the pages."""
    settings = begin_service(ProcessPurpose.PAGES)
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    from mailflatrate.entrypoints.web.tls import certificate

    cert, key = certificate(settings) if tls else (None, None)
    connections = _room_for_connections()
    if not tls:
        announce(settings)
        report_served_life("127.0.0.1" if settings.web_host == "0.0.0.0" else settings.web_host, settings.web_port)  # noqa: S104
    port = settings.public_port if tls else settings.web_port
    demand_free(settings.web_host, port, "MAILFLATRATE_PUBLIC_PORT" if tls else "MAILFLATRATE_WEB_PORT")
    server = Server(
        "mailflatrate.entrypoints.web.asgi:make_application",
        factory=True,
        address=settings.web_host,
        port=port,
        interface=Interfaces.ASGINL,
        workers=1 if tls else settings.web_workers,
        backlog=1024,
        backpressure=connections,
        http=HTTPModes.http1,  # with HTTP/2 allowed, Granian waits without end for the first octet of a connection
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        websockets=False,
        ssl_cert=cert,
        ssl_key=key,
        log_access=False,
        log_dictconfig=GRANIAN,
        log_level=LogLevels(settings.log_level.lower()),
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        **(_reload() if settings.debug and find_spec("watchfiles") else {}),
    )
    server.serve()


def _reload() -> dict[str, Any]:
    from mailflatrate.locale.build import FOLDER

    return {
        "reload": True,
        "reload_paths": [FOLDER.parent],
        "reload_ignore_dirs": ["static", "templates"],
        # What a start itself writes, also under the name that a file has until it is complete.
        "reload_ignore_patterns": [r"\.(mo|pyc)(\.\d+)?$"],
        "reload_tick": 50,
    }


def _room_for_connections() -> int:
    """Raise this process's limit of open files to the maximum; return the number of connections that leaves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = MOST_CONNECTIONS + SPARE_FILES
    room = descriptors if hard == resource.RLIM_INFINITY else min(descriptors, hard)
    if soft != resource.RLIM_INFINITY and soft < room:
        resource.setrlimit(resource.RLIMIT_NOFILE, (room, hard))
    return max(128, min(MOST_CONNECTIONS, room - SPARE_FILES))


@click.command()
@click.option("--queues", default=f"send,{HOUSE_QUEUES}", help="Comma-separated queues to serve.")
@click.option("--concurrency", type=int, help="Number of jobs to run at once.")
@click.option("--name", default="worker", help="Name shown in the list of workers.")
def worker_command(queues: str, concurrency: int | None, name: str) -> None:
    """Run background jobs."""
    lanes = queues.split(",")
    settings = begin_service(ProcessPurpose.SENDING if lanes == ["send"] else ProcessPurpose.JOBS)
    from mailflatrate.entrypoints.workers.worker import run_worker

    at_once = concurrency or (settings.sender_chunks_at_once if lanes == ["send"] else 4)
    run_worker(lanes, at_once, name)


@click.command()
def inbound_command() -> None:
    """Listen for returned mail (SMTP and LMTP), and run the test inbox."""
    settings = begin_service(ProcessPurpose.LISTENING)
    for name in ("inbound_smtp_port", "inbound_lmtp_port", "test_inbox_port", "submission_port"):
        if port := getattr(settings, name):
            demand_free(settings.smtpd_host, port, f"MAILFLATRATE_{name.upper()}")
    from mailflatrate.entrypoints.smtpd.listeners import run_listeners

    run_listeners()
