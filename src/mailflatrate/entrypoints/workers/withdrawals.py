"""The worker's part in the withdrawals log: register its place, and replay it into a promoted database (ADR 0028)."""

import asyncio

import structlog
from django.db import InterfaceError, OperationalError, connections

from mailflatrate.apps.privacy.withdrawals import promotion
from mailflatrate.settings.schema import load_settings

CHECK_SECONDS = 2.0
AGAIN_SECONDS = 0.5
NOTE_SECONDS = 60.0

log = structlog.get_logger(__name__)


async def mind_withdrawals() -> None:
    """Check in a loop, until canceled, whether to replay the withdrawals log."""
    loop = asyncio.get_running_loop()
    note_at = loop.time()
    while True:
        pause = CHECK_SECONDS
        try:
            is_due = loop.time() >= note_at
            await loop.run_in_executor(None, _replay_due, is_due)
            if is_due:
                note_at = loop.time() + NOTE_SECONDS
        except (OperationalError, InterfaceError) as problem:  # a promoted replica may be there in a moment
            log.warning("withdrawals_not_replayed", problem=str(problem)[:200])
            pause = AGAIN_SECONDS
        except Exception:  # sending stays held meanwhile, and other jobs must not stop for it
            log.exception("withdrawals_not_replayed")
        await asyncio.sleep(pause)


def _replay_due(is_due: bool) -> None:
    try:
        settings = load_settings()
        if is_due:
            promotion.note_place(settings)
        promotion.replay_if_promoted(settings)
    finally:
        connections.close_all()
