"""Workers and senders that are killed while people go through an automation: `bench/journey_kills.py`, small."""

import json
import os
from pathlib import Path

import pytest

from copies import Copies
from prepared_database import prepared_cluster

BENCH = Path(__file__).parents[2] / "bench"
PEOPLE = 300


@pytest.mark.slow
def test_everyone_ends_in_one_state_and_gets_each_message_once(copies: Copies) -> None:
    environment = os.environ | {"PREPARED_CLUSTER": str(prepared_cluster())}
    arguments = ("--enrolments", str(PEOPLE), "--kills", "4", "--copies")
    done = copies.run(BENCH / "journey_kills.py", *arguments, environment=environment)
    assert done.returncode in (0, 1), done.stderr[-4000:]
    found = json.loads(done.stdout)
    assert found["problems"] == [], done.stderr[-4000:]
    assert found["people"] == PEOPLE and sum(found["messages"].values()) == PEOPLE * 2
