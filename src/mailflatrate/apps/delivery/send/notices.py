"""The letter of a notice, prepared for the sender in a thread that may use the ORM."""

from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.delivery.editions import notice_mail, test_mail
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.send.writers import NoticeWriter
from mailflatrate.apps.gate.notices import notice_facts
from mailflatrate.base import tenancy


def notice_writer(account_id: int, notice_id: int, delivery_id: int) -> NoticeWriter:
    """The writer for one notice. Raises EditionUnusable for a test of an edition that cannot become a letter."""
    with tenancy.account(account_id):
        notice = Notice.objects.get(id=notice_id)
        address_dead = Delivery.objects.filter(
            notice__recipient=notice.recipient, state=DeliveryState.BOUNCED, bounce="hard"
        ).exists()
        make = test_mail if notice.kind == NoticeKind.TEST else notice_mail
        return NoticeWriter(make(account_id, notice, delivery_id), notice_facts(notice, address_dead=address_dead))
