"""A worker's slots: a job leaves its own while relays are silent, and its chunk goes on within its route's limit."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from mailflatrate.apps.delivery.send.chunk import ChunkRun

LOOK_SECONDS = 1.0

log = structlog.get_logger(__name__)


def late_chunks(active: Mapping[int, ChunkRun | None]) -> set[int]:
    """Their contents are at a silent relay that the others of the pool don't wait for."""
    return {chunk_id for chunk_id, run in active.items() if run is not None and run.is_late}


async def wait_unless(task: asyncio.Task[None], may_leave: Callable[[], bool]) -> None:
    """Raises what ended the work. Canceling cancels it; work that was left must be waited for before the sender
    closes.
    """
    try:
        while not task.done():
            await asyncio.wait([task], timeout=LOOK_SECONDS)
            if not task.done() and may_leave():
                log.warning("chunk_waits_for_silent_relays")
                task.add_done_callback(_report)
                return
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
    task.result()


def _report(task: asyncio.Task[None]) -> None:
    """No job raises it; upkeep reads the outcomes in the journal and gives the chunk back."""
    if not task.cancelled() and (problem := task.exception()) is not None:
        log.error("chunk_failed", exc_info=problem)
