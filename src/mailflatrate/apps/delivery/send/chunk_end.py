"""The common end of a chunk: all rows have a result, and other chunks are open. Two statements on the sender's own
connection; `actions.finish_chunk` does every other case.
"""

import structlog

from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.delivery.send.chunk import ChunkRun
from mailflatrate.apps.delivery.send.claims import Claim
from mailflatrate.apps.delivery.send.database import Connection
from mailflatrate.base.metrics.names import CHUNKS

log = structlog.get_logger(__name__)

# Campaigns are locked before their chunks everywhere, so that of two chunks ending at once one sees the other. The lock
# has a statement of its own: the next one then sees what the previous holder committed. A campaign that is locked isn't
# waited for, because checks of other chunks queue behind this one.
_LOCK = """
SELECT state FROM campaign WHERE id = %(campaign_id)s AND account_id = %(account_id)s FOR NO KEY UPDATE SKIP LOCKED
"""
_END = """
WITH ended AS (
    UPDATE chunk c SET state = 'done', claimed_by = ''
    WHERE c.id = %(chunk_id)s AND c.account_id = %(account_id)s AND c.state = 'sending'
      AND c.claimed_by = %(claimed_by)s AND c.campaign_id = %(campaign_id)s AND c.number > 0
      AND NOT EXISTS (SELECT 1 FROM delivery d
          WHERE d.chunk_id = c.id AND d.account_id = c.account_id AND d.state = 'pending')
      AND EXISTS (SELECT 1 FROM chunk o WHERE o.campaign_id = c.campaign_id AND o.account_id = c.account_id
          AND o.state IN ('ready', 'sending') AND o.id <> c.id)
      AND NOT EXISTS (SELECT 1 FROM retry r WHERE r.campaign_id = c.campaign_id AND r.account_id = c.account_id)
      AND NOT EXISTS (SELECT 1 FROM plan p
          WHERE p.campaign_id = c.campaign_id AND p.account_id = c.account_id AND p.per_turn IS NOT NULL)
    RETURNING c.id
), unmarked AS (
    DELETE FROM begun b USING ended WHERE b.chunk_id = ended.id AND b.account_id = %(account_id)s
)
SELECT count(*) FROM ended
"""


async def end_if_nothing_follows(connection: Connection, claim: Claim, claimed_by: str) -> bool:
    """In the current transaction. False, and unchanged, for the canary, the last open chunk, waiting rows, retries,
    turns, and a campaign not being sent or locked elsewhere.
    """
    parameters = {
        "account_id": claim.account_id,
        "campaign_id": claim.campaign_id,
        "chunk_id": claim.chunk_id,
        "claimed_by": claimed_by,
    }
    campaign = await (await connection.execute(_LOCK, parameters)).fetchone()
    if campaign is None or campaign[0] != "sending":
        return False
    row = await (await connection.execute(_END, parameters)).fetchone()
    return row is not None and row[0] == 1


def log_chunk(run: ChunkRun, seconds: float) -> None:
    counts = run.counted.by_state()
    sent = counts.get(DeliveryState.SENT, 0)
    halt = run.halt.name.lower() if run.halt else ""
    CHUNKS.inc()
    log.info("chunk_done", **counts, seconds=round(seconds, 2), per_second=round(sent / max(seconds, 0.01)), halt=halt)
    for wave in run.counted.waves():
        log.warning(
            "deferral_wave", provider=wave.provider, deferred=wave.deferred, attempted=wave.attempted, reply=wave.reply
        )
