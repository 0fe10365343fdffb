"""The runs of `bench/hosts.py`, small: made once for all tests, because all begin with the same database."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from copies import Copies
from prepared_database import prepared_cluster

BENCH = Path(__file__).parents[2] / "bench"
TIMED = ("sending went on late", "a process ended late")
"""The bench's to judge, on a machine that does nothing else."""


@pytest.fixture(scope="session")
def people() -> int:
    """How many get the campaign."""
    return 1000


GROUPS = (
    "promoted_then_stopped,late_journal,old_primary_returns",
    "unknown_host_lost,snapshot_put_back",
    "unknown_host_alive,clock_behind,crash_then_host_lost",
)
"""They run side by side, because they mostly wait: for leases, for hosts that don't come back, for silence."""


@pytest.fixture(scope="session")
def scenarios(people: int) -> dict[str, Any]:
    """What each scenario found, and the end of what all of them logged."""
    environment = os.environ | {"PREPARED_CLUSTER": str(prepared_cluster())}

    def run(names: str) -> dict[str, Any]:
        with Copies() as copies:
            arguments = ("--recipients", str(people), "--only", names, "--copies", "--small")
            done = copies.run(BENCH / "hosts.py", *arguments, environment=environment)
        assert done.stdout, done.stderr[-4000:]
        found: dict[str, Any] = json.loads(done.stdout)["scenarios"]
        for each in found.values():
            each |= {"problems": [name for name in each["problems"] if name not in TIMED], "log": done.stderr[-4000:]}
        return found

    with ThreadPoolExecutor(len(GROUPS)) as pool:
        return {name: found for group in pool.map(run, GROUPS) for name, found in group.items()}
