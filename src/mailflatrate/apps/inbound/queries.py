"""Reads of what came back."""

from datetime import UTC, datetime

from django.db.models import Count, QuerySet

from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, PostboxMessage, RawMail, RawMailState
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

SWEEP_LIMIT = 1_000


def unread_since(moment: int) -> list[int]:
    """Ids of messages that came before `moment` (Unix seconds) and were not read yet."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        before = datetime.fromtimestamp(moment, UTC)
        found = RawMail.objects.filter(state=RawMailState.NEW, received_at__lt=before).order_by("received_at")
        return list(found.values_list("id", flat=True)[:SWEEP_LIMIT])


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
