"""A sender host dies and its journal comes back late: no message is lost, no one gets it twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from network import missing

BENCH = Path(__file__).parents[2] / "bench"
PEOPLE = 1500
CONNECTIONS = 5 + 2
TIMED = {"sending went on late"}  # the bench's to judge, on a machine that does nothing else


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing())
def test_what_the_marks_and_the_journals_know() -> None:
    """Unknown results are at most the open connections of the lost host, and the late journal leaves fewer."""
    command = [sys.executable, "hosts.py", "--recipients", str(PEOPLE), "--only", "late_journal"]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-4000:]
    found = json.loads(done.stdout)["scenarios"]["late_journal"]
    assert set(found["problems"]) <= TIMED, (found, done.stderr[-4000:])
    assert (found["lost"], found["twice"]) == (0, 0)
    assert found["unknown_before_replay"] <= CONNECTIONS
    assert found["unknown"] <= found["unknown_before_replay"]
