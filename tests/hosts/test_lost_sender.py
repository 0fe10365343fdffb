"""A sender host dies, a replica is promoted too early, a backup is restored: nobody is lost, nobody gets it twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from network import missing

BENCH = Path(__file__).parents[2] / "bench"
PEOPLE = 1500
CONNECTIONS = 5 + 2


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing())
def test_what_the_marks_and_the_journals_know() -> None:
    """Unknown results are at most the open connections of the lost host, and the late journal leaves fewer."""
    names = "late_journal,promote_behind,restore_backup"
    command = [sys.executable, "hosts.py", "--recipients", str(PEOPLE), "--only", names]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-4000:]
    found = json.loads(done.stdout)["scenarios"]
    for name in names.split(","):
        assert found[name]["problems"] == [], (name, found[name], done.stderr[-4000:])
        assert (found[name]["lost"], found[name]["twice"]) == (0, 0), name
    assert found["late_journal"]["unknown_before_replay"] <= CONNECTIONS
    assert found["late_journal"]["unknown"] <= found["late_journal"]["unknown_before_replay"]
    assert (found["promote_behind"]["unknown"], found["restore_backup"]["unknown"]) == (0, 0)
    assert found["restore_backup"]["sent_again"] == 0
    assert found["restore_backup"]["refused_to_resume"] >= 1, "not before every sender replayed its journals"
