"""A PgBouncer of its own in transaction mode, in front of the tests' database."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from free_ports import free_port
from mailflatrate.settings.postgres import SYSTEM_USER
from mailflatrate.settings.roles import APP_ROLE
from support.waiting import wait_until

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIGURATION = """
[databases]
{name} = host={host} port={port} dbname={name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
logfile = {folder}/log
"""


def why_not() -> str:
    """Return why no PgBouncer can be started here; empty where one can."""
    return "" if PROGRAM else "PgBouncer is not installed: apt-get install pgbouncer"


@contextmanager
def pooler(database: str, folder: Path, size: int) -> Iterator[str]:
    """Start one with `size` connections to the server; give the URL for the application role."""
    assert PROGRAM
    target, listen = conninfo_to_dict(database), free_port()
    configuration = folder / "pgbouncer.ini"
    name = target["dbname"]
    configuration.write_text(
        CONFIGURATION.format(
            name=name, host=target["host"], port=target.get("port") or 5432, listen=listen, folder=folder, size=size
        )
    )
    (folder / "users").write_text(f'"{APP_ROLE}" ""\n')
    identity = ["-u", SYSTEM_USER] if os.geteuid() == 0 else []  # it refuses to run as root
    if identity:
        shutil.chown(folder, SYSTEM_USER)
        for above in folder.parents:
            above.chmod(above.stat().st_mode | 0o001)
    process = subprocess.Popen([PROGRAM, "-q", *identity, str(configuration)], stderr=subprocess.DEVNULL)
    url = f"postgresql://{APP_ROLE}@127.0.0.1:{listen}/{name}"
    try:
        wait_until(lambda: _answers(url, process, folder), "an answer of PgBouncer")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str, process: "subprocess.Popen[bytes]", folder: Path) -> bool:
    log = folder / "log"
    assert process.poll() is None, log.read_text() if log.exists() else "PgBouncer ended at once"
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
