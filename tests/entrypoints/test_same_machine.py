"""A database counts as being on this machine only if the process that serves the session is found here."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from mailflatrate.settings.same_machine import SESSION, is_served_here


def session_of(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[object, ...]:
    row = connection.execute(SESSION).fetchone()
    assert row is not None
    return row


@contextmanager
def tcp_pair(client: str, server: str) -> Iterator[socket.socket]:
    """The client's end of a connection between two addresses of this machine."""
    with (
        closing(socket.create_server((server, 0))) as listener,
        closing(socket.create_connection(listener.getsockname(), source_address=(client, 0))) as end,
    ):
        yield end


def test_the_server_of_a_session_is_found_whether_old_or_new(database: str) -> None:
    with psycopg.connect(database) as connection:
        pid, age = session_of(connection)
        assert is_served_here(connection.fileno(), (pid, age))
        with tcp_pair("127.0.0.1", "127.0.0.1") as wire:
            assert is_served_here(wire.fileno(), (pid, age)), "an address to itself doesn't leave the machine"


def test_a_server_elsewhere_is_not_taken_for_one_here(database: str) -> None:
    """A tunnel and a pooler are unix sockets or loopback addresses, too; what the server says gives them away."""
    with psycopg.connect(database) as connection:
        pid, age = session_of(connection)
        wire = connection.fileno()
        assert not is_served_here(wire, (2**22 + 1, age)), "no such process"
        assert not is_served_here(wire, (pid, float(str(age)) + 3600)), "another process of that number"
        assert not is_served_here(wire, (os.getpid(), process_age())), "not a database"
        assert not is_served_here(wire, None)
        with tcp_pair("127.0.0.1", "127.0.0.2") as between_two:
            assert not is_served_here(between_two.fileno(), (pid, age)), "as from one container to another"


def process_age() -> float:
    started = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return float(Path("/proc/uptime").read_text().split()[0]) - started


def test_a_pooler_in_between_hides_nothing(database: str, tmp_path: Path) -> None:
    """Through another socket of this machine the server is still found, since it speaks for itself."""
    path = conninfo_to_dict(database)
    target = f"{path['host']}/.s.PGSQL.{path.get('port', 5432)}"
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(tmp_path / ".s.PGSQL.5432"))
        listener.listen()
        threading.Thread(target=forward_one, args=(listener, target), daemon=True).start()
        with psycopg.connect(database, host=str(tmp_path), port=5432) as connection:
            assert is_served_here(connection.fileno(), session_of(connection))


def forward_one(listener: socket.socket, target: str) -> None:
    """Pass one connection on, octet for octet."""
    here, _ = listener.accept()
    with closing(here), closing(socket.socket(socket.AF_UNIX)) as there:
        there.connect(target)
        back = threading.Thread(target=pump, args=(there, here), daemon=True)
        back.start()
        pump(here, there)
        back.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("row", [(0, 0.0), (-1, 1.0)])
def test_nonsense_is_no_proof(database: str, row: tuple[int, float]) -> None:
    with psycopg.connect(database) as connection:
        assert not is_served_here(connection.fileno(), row)
