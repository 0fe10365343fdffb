"""Why the work on a chunk ends early."""

from enum import Enum


class ChunkHalt(Enum):
    """Why a chunk ends before its last row."""

    STOPPING = "the process stops"
    CAMPAIGN = "the campaign or the account does not send any more"
    CLAIM_LOST = "another sender took the chunk over"
    RELAY = "the relay does not answer"
    BROKEN = "a part of the work failed"
