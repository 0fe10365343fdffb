"""The demonstration as a process of its own, for the tests that look at a whole run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from free_ports import free_port
from mailflatrate.settings.postgres import EmbeddedPostgres
from support.processes import children_of

PORTS = ("WEB", "PUBLIC", "INBOUND_SMTP", "INBOUND_LMTP", "TEST_INBOX")
ROOT = Path(__file__).parents[2]
COMMAND = ("-m", "mailflatrate.entrypoints.cli.main", "demo", "--json")
PREPARED = """
import sys
from pathlib import Path
from mailflatrate.entrypoints.cli.demo import run_demo
sys.exit(run_demo(Path(sys.argv[1]), once=False, as_json=True))
"""
"""What the command does once it has emptied its folder, with which it would delete the database that is there."""


@dataclass(frozen=True)
class Demo:
    """The running demonstration: where it is, where it keeps its data, and what its table said."""

    base: str
    folder: Path
    numbers: dict[str, Any]


@contextmanager
def running_demo(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Demo]:
    """`mailflatrate demo` in a folder of its own; it ends with the block. DEMO_AT names one that runs already.

    In a folder with a database it uses that one.
    """
    if "DEMO_AT" in os.environ:
        yield Demo(os.environ["DEMO_AT"], folder, {})
        return
    ports = {f"MAILFLATRATE_{name}_PORT": free_port() for name in PORTS}  # another demonstration may be running
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment |= {name: str(port) for name, port in ports.items()}
    environment["MAILFLATRATE_PUBLIC_URL"] = f"https://localhost:{ports['MAILFLATRATE_PUBLIC_PORT']}"
    environment["MAILFLATRATE_DATA_DIR"] = str(folder)
    environment |= settings or {}
    process = subprocess.Popen(
        [sys.executable, *(("-c", PREPARED, str(folder)) if EmbeddedPostgres(folder).is_made else COMMAND)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        table = next((line for line in process.stdout if line.startswith("{")), None)
        assert table is not None, "the demonstration ended without its table"
        yield Demo(f"http://127.0.0.1:{ports['MAILFLATRATE_WEB_PORT']}", folder, json.loads(table))
    finally:
        children = children_of(process.pid)
        process.terminate()
        process.wait(60)
        process.stdout.close()
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()], "the demonstration left processes behind"
        assert EmbeddedPostgres(folder).pid is None, "the demonstration left its database behind"
