"""Reads of what came back."""

from datetime import datetime
from itertools import accumulate

from django.db import connection
from django.db.models import Count, QuerySet

from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, PostboxMessage, RawMail, RawMailState
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

TOGETHER = 100
TOGETHER_OCTETS = 16 * 1024 * 1024

_WAITING = """
SELECT id, octet_length(raw) FROM raw_mail
WHERE state = 'new' AND id > %s AND id %% %s = %s ORDER BY id LIMIT %s
"""


def waiting_in(lane: int, lanes: int, *, after_id: int) -> list[int]:
    """The next messages of a lane to read together, by id; no more than fit into memory (but one at least)."""
    with tenancy.platform(PlatformReason.MAIL_IN), connection.cursor() as cursor:
        cursor.execute(_WAITING, [after_id, lanes, lane, TOGETHER])
        rows = cursor.fetchall()
    octets = list(accumulate(row[1] for row in rows))
    return [row[0] for row, so_far in zip(rows, octets, strict=True) if so_far <= TOGETHER_OCTETS] or [
        row[0] for row in rows[:1]
    ]


def is_any_left(before: datetime) -> bool:
    """Whether a message that came before this moment was not read yet."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        return RawMail.objects.filter(state=RawMailState.NEW, received_at__lt=before).exists()


def feedback_counts(campaign_id: int) -> dict[FeedbackKind, int]:
    """How often each thing came back about a campaign."""
    rows = Feedback.objects.filter(campaign_id=campaign_id).values("kind").annotate(number=Count("id"))
    found = {FeedbackKind(row["kind"]): row["number"] for row in rows}
    return {kind: found.get(kind, 0) for kind in FeedbackKind}


def feedback_of_contact(contact_id: int) -> QuerySet[Feedback]:
    """Everything that came back about one person, newest first."""
    return Feedback.objects.filter(contact_id=contact_id).select_related("campaign").order_by("-at")


def postbox_messages(*, search: str = "", before_id: int | None = None) -> QuerySet[PostboxMessage]:
    """What the postbox received for this account, newest first; keyset by `before_id`."""
    found = PostboxMessage.objects.defer("raw").order_by("-id")
    if search:
        found = (
            found.filter(envelope_to__icontains=search)
            | found.filter(subject__icontains=search)
            | found.filter(mailing_id__icontains=search)
        )
    return found.filter(id__lt=before_id) if before_id else found
