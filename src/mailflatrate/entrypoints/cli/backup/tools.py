"""PostgreSQL's own programs: found in a version that fits the server, run without a password in sight."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import click
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mailflatrate.settings.postgres import BINARIES

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_SYSTEM = Path("/usr/lib/postgresql")
VERSION_SECONDS = 20
SHOWN_CHARACTERS = 1500
COPIED_BYTES = 1024 * 1024
# Where pg_restore sets its parameters, at the beginning of the script.
HEADER_LINES = 40
TIMEOUT = b"SET transaction_timeout = 0;\n"
FIRST_WITH_TIMEOUT = 17


def find_tool(name: str, server_major: int) -> Path:
    """Return the program of the lowest version that can read this server. Raises ClickException when there is none."""
    found = sorted((major, path) for path in _candidates(name) if (major := major_of(path)) is not None)
    fitting = [path for major, path in found if major >= server_major]
    if fitting:
        return fitting[0]
    seen = f"only found version {', '.join(str(major) for major, _ in found)}" if found else "found none"
    raise click.ClickException(
        f"{name} of PostgreSQL {server_major} or newer is needed; {seen}."
        f" Install postgresql-client-{server_major} on this host, or run the command where it is installed."
    )


def _candidates(name: str) -> Iterator[Path]:
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *map(str, sorted(_SYSTEM.glob("*/bin"))), str(BINARIES)]
    for folder in dict.fromkeys(folders):
        path = shutil.which(name, path=folder)
        if path:
            yield Path(path)


def major_of(path: Path) -> int | None:
    try:
        told = subprocess.run(
            [str(path), "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(told.stdout)
    return int(match[1]) if match else None


def run_tool(path: Path, conninfo: str, *arguments: str) -> None:
    """Run a program against a database. Raises ClickException with the end of what it said."""
    database, environment = _connection(conninfo)
    done = subprocess.run(
        [str(path), database, "--no-password", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", env=environment, check=False,
    )  # fmt: skip
    if done.returncode:
        raise click.ClickException(f"{path.name} failed: {done.stderr.strip()[-SHOWN_CHARACTERS:]}")


def restore_dump(pg_restore: Path, conninfo: str, dump: Path, server_major: int) -> None:
    """Restore a dump in one transaction, which is committed only when the whole dump was read. Raises ClickException.

    The script goes through psql, because pg_restore 17 and later set a parameter that older servers do not know.
    """
    database, environment = _connection(conninfo)
    psql = pg_restore.with_name("psql")
    options = ["--no-password", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    with tempfile.TemporaryFile() as problem, tempfile.TemporaryFile() as refusal:
        reader = subprocess.Popen(
            [str(pg_restore), "--no-owner", "--file=-", str(dump)], stdout=subprocess.PIPE, stderr=problem
        )
        writer = subprocess.Popen(
            [str(psql), database, *options], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=refusal,
            env=environment,
        )  # fmt: skip
        try:
            _feed(reader, writer, server_major)
        finally:
            for process in (reader, writer):
                process.kill()
                process.wait()
            for pipe in (reader.stdout, writer.stdin):
                with suppress(BrokenPipeError):
                    pipe.close()  # type: ignore[union-attr]  # both were asked for
        if writer.returncode or reader.returncode:
            said = _end_of(refusal) or _end_of(problem) or "it was ended by a signal"
            raise click.ClickException(f"the dump could not be restored, and nothing of it was kept: {said}")


def _feed(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes], server_major: int) -> None:
    assert reader.stdout is not None and writer.stdin is not None
    with suppress(BrokenPipeError):  # psql has given up, and says why
        writer.stdin.write(b"BEGIN;\n")
        for _ in range(HEADER_LINES):
            line = reader.stdout.readline()
            if line != TIMEOUT or server_major >= FIRST_WITH_TIMEOUT:
                writer.stdin.write(line)
        shutil.copyfileobj(reader.stdout, writer.stdin, COPIED_BYTES)
        if reader.wait() == 0:
            writer.stdin.write(b"COMMIT;\n")
        else:
            writer.kill()  # before it has read the end of its input
        writer.stdin.close()
    writer.wait()


def _end_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace").strip()[-SHOWN_CHARACTERS:]


def _connection(conninfo: str) -> tuple[str, dict[str, str]]:
    """The option that names a database, and an environment that holds its password: other users cannot read that."""
    parts = conninfo_to_dict(conninfo)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAILFLATRATE_", "PG"))}
    environment.pop("DATABASE_URL", None)
    if password := parts.pop("password", None):
        environment["PGPASSWORD"] = str(password)
    return f"--dbname={make_conninfo('', **parts)}", environment
