"""The runs of `bench/hosts.py`, small: made once for all tests, because all begin with the same database."""

import json
import os
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


@pytest.fixture(scope="session")
def scenarios(people: int, copies: Copies) -> dict[str, Any]:
    """What each scenario found, and the end of what all of them logged."""
    names = "promoted_then_stopped,late_journal"
    arguments = ("--recipients", str(people), "--only", names, "--copies")
    environment = os.environ | {"PREPARED_CLUSTER": str(prepared_cluster())}
    done = copies.run(BENCH / "hosts.py", *arguments, environment=environment)
    assert done.stdout, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)["scenarios"]
    for run in found.values():
        run |= {"problems": [each for each in run["problems"] if each not in TIMED], "log": done.stderr[-4000:]}
    return found
