"""A worker's slots, which jobs hold only while their relays answer.

A chunk whose job has ended goes on in its process, with its claim, its heartbeat and its place in its route: each
route's limit of chunks still holds, so those beside the slots stay few.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from mailflatrate.apps.delivery.send.chunk import ChunkRun

LOOK_SECONDS = 1.0

log = structlog.get_logger(__name__)


def late_chunks(active: Mapping[int, ChunkRun | None]) -> set[int]:
    """Return the chunks with contents at a silent relay that the others of its pool don't wait for."""
    return {chunk_id for chunk_id, run in active.items() if run is not None and run.is_late}


async def wait_unless(task: asyncio.Task[None], may_leave: Callable[[], bool]) -> None:
    """Return when the work on a chunk ends, or when it may be left to itself. Raises what ended it meanwhile.

    Canceling this cancels the work; work that was left must be waited for before its sender closes.
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
    """Log a failure that no job raises; upkeep reads the outcomes in the journal and gives the chunk back."""
    if not task.cancelled() and (problem := task.exception()) is not None:
        log.error("chunk_failed", exc_info=problem)
