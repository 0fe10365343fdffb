"""The host of the database vanishes without a reset: sending goes on when another one is there, and everything ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from network import missing

BENCH = Path(__file__).parents[2] / "bench"
PEOPLE = 1500
TIMED = {"sending went on late"}  # the bench's to judge, on a machine that does nothing else


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing())
def test_sending_goes_on_after_a_promotion_and_sigterm_ends_every_process_whatever_hangs() -> None:
    """Nobody is lost, nobody gets it twice; sending, pages, listener and workers end within 15 seconds of SIGTERM."""
    command = [sys.executable, "hosts.py", "--recipients", str(PEOPLE), "--only", "promoted_then_stopped"]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-4000:]
    found = json.loads(done.stdout)["scenarios"]["promoted_then_stopped"]
    assert set(found["problems"]) <= TIMED, done.stderr[-4000:]
    assert found["states"] == {"sent": PEOPLE}
    assert (found["lost"], found["twice"], found["unknown"]) == (0, 0, 0)
    assert set(found["seconds_to_end"]) == {"sender1", "sender2", "house", "web", "inbound"}
    assert max(found["seconds_to_end"].values()) <= 20, "15 seconds, and what a busy machine takes"
