"""The processor time of a block as a multiple of a loop's in the same process: no bound depends on the machine."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

TURNS = 200_000


def seconds_of_a_million_turns() -> float:
    """Return the processor time of a million turns of a plain loop: 0.08 s where the bounds were written."""
    best = float("inf")
    for _ in range(3):
        began, total = time.process_time(), 0
        for turn in range(TURNS):
            total += len(str(turn))
        best = min(best, time.process_time() - began)
    return best * 1_000_000 / TURNS


@contextmanager
def costs_at_most(million_turns: float) -> Iterator[None]:
    """Check that the block takes this process no more time than so many million turns of a loop.

    The bounds leave room for a busy machine. What they refuse takes ten times as much, or grows with the square.
    """
    began = time.process_time()
    yield
    spent = time.process_time() - began
    allowed = million_turns * seconds_of_a_million_turns()
    assert spent < allowed, f"{spent:.2f} s of processor time, and {allowed:.2f} s are allowed on this machine"
