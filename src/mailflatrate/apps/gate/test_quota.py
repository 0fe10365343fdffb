"""How many test messages an account sends, and one address gets, in 24 hours; and queuing them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.base import clock, jobs, tenancy

MOST_MESSAGES_A_DAY: Final = 200
MOST_TO_ONE_A_DAY: Final = 50
# Tests of one account are counted one after the other; otherwise two would each count what was sent before both.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


@tenancy.needs_account
def keep_within_the_day(recipients: Sequence[str]) -> None:
    """For the account and each address, in 24 hours; holds until the transaction ends. Raises CampaignError."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [f"test messages {tenancy.current_account_id()}"])
    since = clock.now() - timedelta(days=1)
    rows = Notice.objects.filter(kind=NoticeKind.TEST, created_at__gt=since).values_list("recipient", flat=True)
    sent = Counter([*rows, *recipients])
    if sent.total() > MOST_MESSAGES_A_DAY:
        words = _("An account can send up to %(most)d test messages in 24 hours. Continue tomorrow.")
        raise CampaignError(words % {"most": MOST_MESSAGES_A_DAY})
    full = next((address for address in recipients if sent[address] > MOST_TO_ONE_A_DAY), None)
    if full is not None:
        words = _("%(address)s can get up to %(most)d test messages in 24 hours. Continue tomorrow.")
        raise CampaignError(words % {"address": full, "most": MOST_TO_ONE_A_DAY})


@dataclass(frozen=True, slots=True)
class TestContent:
    edition_id: int | None = None
    sample_contact_id: int | None = None
    template_version_id: int | None = None
    text_sealed: str = ""

    __test__ = False  # not a test of pytest's


@tenancy.needs_account
def queue_test(recipient: str, content: TestContent) -> Notice:
    notice = Notice.objects.create(
        kind=NoticeKind.TEST,
        recipient=recipient,
        edition_id=content.edition_id,
        sample_contact_id=content.sample_contact_id,
        template_version_id=content.template_version_id,
        text_sealed=content.text_sealed,
    )
    jobs.defer(
        "delivery.send_notice",
        jobs.JobQueue.EXPRESS,
        priority=10,
        account_id=tenancy.current_account_id(),
        notice_id=notice.id,
    )
    return notice
