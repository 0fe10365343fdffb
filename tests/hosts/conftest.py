"""The runs of `bench/hosts.py`, small: made once for all tests, because all begin with the same database."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prepared_database import prepared_cluster

BENCH = Path(__file__).parents[2] / "bench"
TIMED = "sending went on late"
"""The bench's to judge, on a machine that does nothing else."""


@pytest.fixture(scope="session")
def people() -> int:
    """How many get the campaign."""
    return 1000


@pytest.fixture(scope="session")
def scenarios(people: int) -> dict[str, Any]:
    """What each scenario found, and the end of what all of them logged."""
    names = "promoted_then_stopped,late_journal"
    command = [sys.executable, "hosts.py", "--recipients", str(people), "--only", names, "--copies"]
    environment = os.environ | {"PREPARED_CLUSTER": str(prepared_cluster())}
    done = subprocess.run(command, cwd=BENCH, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)["scenarios"]
    for run in found.values():
        run |= {"problems": [each for each in run["problems"] if each != TIMED], "log": done.stderr[-4000:]}
    return found
