"""Every write to deliveries outside a sender's own batches; one transaction each.

`campaigns` has what customers and rules do, `canary` and `retries` what comes due, `claim_end` what a sender hands
back, `lost_host` what happens to the claims of a host that is gone.
"""

from mailflatrate.apps.delivery.actions.campaigns import (
    cancel_campaign,
    cancel_rest,
    defer_planning,
    hold_campaign,
    pause_campaign,
    release_hold,
    resume_campaign,
    send_unsent,
    stop_unusable,
    wake_campaign,
    wake_chunk,
    wake_transactional,
)
from mailflatrate.apps.delivery.actions.canary import release_canary
from mailflatrate.apps.delivery.actions.claim_end import finish_chunk
from mailflatrate.apps.delivery.actions.lost_host import abandon_chunk, end_unknown, reopen_lost_claim
from mailflatrate.apps.delivery.actions.retries import collect_retries

__all__ = [
    "abandon_chunk",
    "cancel_campaign",
    "cancel_rest",
    "collect_retries",
    "defer_planning",
    "end_unknown",
    "finish_chunk",
    "hold_campaign",
    "pause_campaign",
    "release_canary",
    "release_hold",
    "reopen_lost_claim",
    "resume_campaign",
    "send_unsent",
    "stop_unusable",
    "wake_campaign",
    "wake_chunk",
    "wake_transactional",
]
