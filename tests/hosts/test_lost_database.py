"""The host of the database vanishes without a reset: sending goes on when another one is there, and everything ends."""

from typing import Any

import pytest

from network import missing


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing())
def test_sending_goes_on_after_a_promotion_and_sigterm_ends_every_process_whatever_hangs(
    scenarios: dict[str, Any], people: int
) -> None:
    """Nobody is lost, nobody gets it twice; sending, pages, listener and workers end within 15 seconds of SIGTERM.

    Twice that is for a machine that is busy with other tests.
    """
    found = scenarios["promoted_then_stopped"]
    assert found["problems"] == [], found
    assert found["states"] == {"sent": people}
    assert (found["lost"], found["twice"], found["unknown"]) == (0, 0, 0)
    assert set(found["seconds_to_end"]) == {"sender1", "sender2", "house", "web", "inbound"}
    assert max(found["seconds_to_end"].values()) <= 30
