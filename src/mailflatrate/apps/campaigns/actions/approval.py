"""Rows of campaign approval by a second person. `gate.approval` asks the rules and notifies the people concerned."""

from datetime import datetime

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.models import Campaign, ReleaseAnswer, ReleaseRequest
from mailflatrate.base import audit, clock, tenancy


def record_request(
    campaign: Campaign,
    content_hash: str,
    *,
    by: User,
    note: str,
    wanted_at: datetime | None,
    on_own_clocks: bool = False,
    at_best_hour: bool = False,
) -> ReleaseRequest:
    """Record that `by` requests release of this content; it replaces an earlier request for other content."""
    waiting = ReleaseRequest.objects.filter(campaign=campaign, answer=ReleaseAnswer.OPEN)
    waiting.update(answer=ReleaseAnswer.OVERTAKEN, answered_at=clock.now())
    row = ReleaseRequest.objects.create(
        campaign=campaign,
        content_hash=content_hash,
        note=note,
        wanted_at=wanted_at,
        on_own_clocks=on_own_clocks,
        at_best_hour=at_best_hour,
        asked_by=by,
        asked_at=clock.now(),
    )
    _log("release.asked", row, by)
    return row


def record_answer(row: ReleaseRequest, answer: ReleaseAnswer, *, by: User, text: str = "") -> None:
    """Final. The database refuses the requester, the last editor, and anyone who did not tick the policy."""
    row.answer, row.answered_by, row.answered_at, row.text = answer, by, clock.now(), text
    row.save(update_fields=["answer", "answered_by", "answered_at", "text"])
    _log("release.given" if answer is ReleaseAnswer.RELEASED else "release.sent_back", row, by, text)


def _log(action: str, row: ReleaseRequest, by: User, reason: str = "") -> None:
    audit.record(
        action,
        by=audit.person(by),
        account_id=tenancy.current_account_id(),
        subject=f"campaign:{row.campaign_id}",
        reason=reason,
        details={"request": row.id, "content": row.content_hash},
    )
