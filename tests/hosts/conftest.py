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


SCENARIOS = (
    "crash_then_host_lost",
    "late_journal",
    "unknown_host_lost",
    "unknown_host_alive",
    "clock_behind",
    "old_primary_returns",
    "snapshot_put_back",
    "promoted_then_stopped",
)
"""They run at the same time, because they mostly wait: for leases, for hosts that don't come back, for silence."""


@pytest.fixture(scope="session")
def scenarios(people: int, copies: Copies) -> dict[str, Any]:
    """What each scenario found, and the end of what it logged."""
    environment = os.environ | {"PREPARED_CLUSTER": str(prepared_cluster())}

    def run(name: str) -> Any:
        arguments = ("--recipients", str(people), "--only", name, "--copies", "--small")
        done = copies.run(BENCH / "hosts.py", *arguments, environment=environment)
        assert done.stdout, done.stderr[-4000:]
        found = json.loads(done.stdout)["scenarios"][name]
        return found | {
            "problems": [each for each in found["problems"] if each not in TIMED],
            "log": done.stderr[-4000:],
        }

    with ThreadPoolExecutor(len(SCENARIOS)) as pool:
        return dict(zip(SCENARIOS, pool.map(run, SCENARIOS), strict=True))
