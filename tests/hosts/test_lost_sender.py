"""A sender host dies and its journal comes back late: no message is lost, no one gets it twice."""

from typing import Any

import pytest

from network import missing

CONNECTIONS = 5 + 2


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing())
def test_what_the_marks_and_the_journals_know(scenarios: dict[str, Any]) -> None:
    """Unknown results are at most the open connections of the lost host, and the late journal leaves fewer."""
    found = scenarios["late_journal"]
    assert found["problems"] == [], found
    assert (found["lost"], found["twice"]) == (0, 0)
    assert found["unknown_before_replay"] <= CONNECTIONS
    assert found["unknown"] <= found["unknown_before_replay"]
