"""Databases that have forgotten, or never knew: nobody is lost, nobody gets it twice, and sending resumes."""

from typing import Any

import pytest

from network import missing

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]
CONNECTIONS = 5 + 2


@pytest.mark.parametrize(
    "name",
    [
        "old_primary_returns",
        "snapshot_put_back",
        "unknown_host_lost",
        "unknown_host_alive",
        "clock_behind",
        "crash_then_host_lost",
    ],
)
def test_nobody_is_lost_and_nobody_gets_it_twice(scenarios: dict[str, Any], name: str) -> None:
    found = scenarios[name]
    assert found["problems"] == [], found
    assert (found["lost"], found["twice"]) == (0, 0)
    assert found["unknown"] <= (CONNECTIONS if name == "crash_then_host_lost" else 0)
