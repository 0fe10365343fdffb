"""Each service notice is one delivery in a chunk of its own."""

from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.delivery import wake
from mailflatrate.apps.delivery.models import Chunk, Delivery
from mailflatrate.apps.gate.notices import notice_decision
from mailflatrate.base import tenancy


def queue_notice(account_id: int, notice_id: int) -> None:
    """A repeated call does nothing."""
    with tenancy.account(account_id):
        notice = Notice.objects.select_for_update().get(id=notice_id)
        if Delivery.objects.filter(notice=notice).exists():
            return
        decision = notice_decision(notice)
        chunk = Chunk.objects.create(campaign_id=None, number=0, size=1)
        Delivery.objects.create(
            chunk=chunk,
            notice=notice,
            decision=decision,
            edition_id=notice.edition_id,
            rules_version=decision.rules_version,
            granted_at=decision.decided_at,
        )
        wake.wake_chunk(account_id, chunk.id)
