"""What an operator types first, and what is wrong around it: one good line and status 2, never a traceback."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prepared_database import write_secrets

CLOSED = "postgresql://owner:secret@127.0.0.1:{port}/mailflatrate"


def run(*command: str, data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment |= {"MAILFLATRATE_DATA_DIR": str(data), **settings}
    write_secrets(data)
    program = [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", *command]
    return subprocess.run(program, env=environment, capture_output=True, text=True, timeout=120, check=False)


def is_one_good_line(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert said in line
    assert len(line) < 800


@pytest.fixture
def closed() -> Iterator[int]:
    """A port at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def server_of(database: str, name: str) -> str:
    """The owner's URL of a database of the tests' server."""
    return database.replace("/mailflatrate?", f"/{name}?")


@pytest.mark.slow
@pytest.mark.parametrize("command", [("migrate",), ("backup", "create", "{data}"), ("queues",)])
def test_a_stopped_server_is_one_line(command: tuple[str, ...], closed: int, tmp_path: Path) -> None:
    url = CLOSED.format(port=closed)
    done = run(*(word.format(data=tmp_path) for word in command), data=tmp_path, DATABASE_URL=url)
    is_one_good_line(done, "the database can't be reached")
    assert "secret" not in done.stderr


@pytest.mark.slow
def test_a_database_that_is_missing_is_one_line(database: str, tmp_path: Path) -> None:
    done = run("migrate", data=tmp_path, DATABASE_URL=server_of(database, "nowhere"))
    is_one_good_line(done, "the server has no such database or role")


def test_a_password_that_is_wrong_is_explained() -> None:
    import psycopg

    from mailflatrate.entrypoints.cli.failures import explain

    try:
        try:
            raise psycopg.OperationalError('connection failed: FATAL:  password authentication failed for user "x"')
        except psycopg.OperationalError as problem:
            raise RuntimeError("what Django makes of it") from problem
    except RuntimeError as error:
        line = explain(error)
    assert line is not None
    assert line.startswith("the database refuses the password")
    assert explain(RuntimeError("our own fault")) is None
    assert explain(psycopg.errors.DeadlockDetected("a statement's")) is None


@pytest.mark.slow
def test_inbound_on_a_taken_port_is_one_line(closed: int, tmp_path: Path, database: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ports = {"MAILFLATRATE_INBOUND_SMTP_PORT": str(port), "MAILFLATRATE_TEST_INBOX_PORT": "0"}
        done = run("inbound", data=tmp_path, DATABASE_URL=database, MAILFLATRATE_SMTPD_HOST="127.0.0.1", **ports)
    assert done.returncode == 2, done.stderr
    assert f"Port {port} (MAILFLATRATE_INBOUND_SMTP_PORT) is already in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_second_web_process_refuses_a_port_that_is_shared(tmp_path: Path, database: str) -> None:
    """Granian listens with SO_REUSEPORT, and so could anyone."""
    with socket.socket() as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        first.bind(("127.0.0.1", 0))
        first.listen()
        port = first.getsockname()[1]
        done = run("web", data=tmp_path, DATABASE_URL=database, MAILFLATRATE_WEB_PORT=str(port))
    assert done.returncode == 2, done.stderr
    assert f"Port {port} (MAILFLATRATE_WEB_PORT) is already in use" in done.stderr


@pytest.mark.slow
def test_a_service_says_what_it_waits_for(closed: int, tmp_path: Path) -> None:
    url = f"postgresql://mailflatrate_app:x@127.0.0.1:{closed},localhost:{closed}/mailflatrate"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment |= {"MAILFLATRATE_DATA_DIR": str(tmp_path), "MAILFLATRATE_APP_DATABASE_URL": url}
    write_secrets(tmp_path)
    program = [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "worker", "--queues", "house"]
    with subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as one:
        assert one.stdout is not None
        said: list[str] = []
        try:
            for line in one.stdout:
                said.append(line)
                if f"waiting for the database at 127.0.0.1:{closed}, localhost:{closed}" in line:
                    break
            else:
                pytest.fail("".join(said))
        finally:
            one.terminate()
            one.wait(30)
