"""PostgreSQL's own programs: finds a version that fits the server, and runs it without exposing the password."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mailflatrate.settings.postgres import BINARIES

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_SYSTEM = Path("/usr/lib/postgresql")
VERSION_SECONDS = 20


def find_tool(name: str, server_major: int) -> Path:
    """Return the program of the lowest version that can read this server. Raises ClickException when there is none."""
    versions = sorted((major, path) for path in _candidates(name) if (major := _major(path)) is not None)
    fitting = [path for major, path in versions if major >= server_major]
    if fitting:
        return fitting[0]
    seen = f"found only version {', '.join(str(major) for major, _ in versions)}" if versions else "found none"
    raise click.ClickException(
        f"This needs {name} from PostgreSQL {server_major} or newer; {seen}. Install "
        f"postgresql-client-{server_major} on this host, or run the command on a host that has it."
    )


def _candidates(name: str) -> Iterator[Path]:
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *map(str, sorted(_SYSTEM.glob("*/bin"))), str(BINARIES)]
    for folder in dict.fromkeys(folders):
        path = shutil.which(name, path=folder)
        if path:
            yield Path(path)


def _major(path: Path) -> int | None:
    try:
        finished = subprocess.run(
            [str(path), "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(finished.stdout)
    return int(match[1]) if match else None


def run_tool(path: Path, conninfo: str, *arguments: str) -> None:
    """The password is in the environment, which other users can't read. Raises ClickException with the output's end."""
    parts = conninfo_to_dict(conninfo)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAILFLATRATE_", "PG"))}
    environment.pop("DATABASE_URL", None)
    if password := parts.pop("password", None):
        environment["PGPASSWORD"] = str(password)
    done = subprocess.run(
        [str(path), f"--dbname={make_conninfo('', **parts)}", "--no-password", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"{path.name} failed: {done.stderr.strip()[-1500:]}")
