"""Campaigns that stop automatically, and one that no forged report stops: the runs of `bench/measures.py`, small.

STORY_RECIPIENTS sets another size; 20,000 is the acceptance's.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from copies import Copies
from prepared_database import prepared_cluster

BENCH = Path(__file__).parents[2] / "bench"
PEOPLE = os.environ.get("STORY_RECIPIENTS", "2000")


@pytest.fixture(scope="module")
def runs(copies: Copies) -> dict[str, Any]:
    environment = os.environ | {"PREPARED_CLUSTER": str(prepared_cluster())}
    done = copies.run(BENCH / "measures.py", "--recipients", PEOPLE, "--copies", environment=environment)
    assert done.returncode in (0, 1), done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)["runs"]
    return found


@pytest.mark.slow
def test_a_list_of_which_six_percent_are_dead_stops_at_the_canary(runs: dict[str, Any]) -> None:
    """R-88: nobody beyond the first 5 % gets anything."""
    assert runs["dead"]["problems"] == []
    assert runs["dead"]["state"] == "paused"
    assert runs["dead"]["arrived"] <= runs["dead"]["canary"] <= int(PEOPLE) // 20


@pytest.mark.slow
@pytest.mark.parametrize("name", ["complaints", "one_provider"])
def test_complaints_stop_a_running_mailing_within_ten_seconds(runs: dict[str, Any], name: str) -> None:
    """R-86: also where only one of the providers reports anything (R-85)."""
    assert runs[name]["problems"] == []
    assert runs[name]["seconds_from_crossing_to_last_message"] <= 10


@pytest.mark.slow
def test_no_forged_report_and_no_single_one_changes_anything(runs: dict[str, Any]) -> None:
    """R-87."""
    assert runs["forged"]["problems"] == []
