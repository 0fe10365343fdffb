"""Faults during a campaign: the runs of `bench/faults.py`, small, compared with what the sink received."""

import json
import os
from pathlib import Path

import pytest

from copies import Copies
from prepared_database import prepared_cluster

BENCH = Path(__file__).parents[2] / "bench"
PEOPLE = 400


@pytest.mark.slow
def test_nobody_is_lost_and_nobody_gets_it_twice(copies: Copies) -> None:
    """Killed senders, SIGTERM, no database, no relay, 450, 452, a pause, people who leave, a test of variants between
    whose parts everything dies: every invariant holds."""
    environment = os.environ | {"PREPARED_CLUSTER": str(prepared_cluster())}
    done = copies.run(BENCH / "faults.py", "--recipients", str(PEOPLE), "--copies", environment=environment)
    assert done.stdout, done.stderr[-4000:]
    found = json.loads(done.stdout)
    problems = {name: run["problems"] for name, run in found["runs"].items() if run["problems"]}
    assert problems == {}, done.stderr[-4000:]
    states = {name: run["states"] for name, run in found["runs"].items()}
    for name in ("term", "relay_start", "tenth", "disk_full", "pause"):
        assert states[name] == {"sent": PEOPLE}, name
    by_variant = found["runs"]["trial"]["by_variant"]
    assert len(by_variant) == 3
    assert by_variant[0] < by_variant[2]  # the rest got one of them
    assert found["runs"]["unsubscribe"]["later_than_a_second"] == 0
    assert states["unsubscribe"]["withheld"] > 0
