"""The end of an account's supervision, once enough campaigns approved by reviewers were really sent (R-06, R-90)."""

from django.db.models import Exists, OuterRef, QuerySet

from mailflatrate.apps.accounts.models import Account, AccountStatus, AccountStatusChange
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.models import Campaign, CampaignReview, Edition
from mailflatrate.base import audit, jobs, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.limits import value


def campaign_starts(campaign: Campaign) -> None:
    if current_account().supervised:
        jobs.defer("gate.end_supervision", jobs.JobQueue.PLAN, account_id=campaign.account_id, campaign_id=campaign.id)


def end_supervision(account_id: int, campaign_id: int) -> None:
    """With the third approved campaign since an operator last asked for a review, or the first one after a pause."""
    with tenancy.platform(PlatformReason.ACCOUNT_STATUS):
        account = Account.objects.select_for_update().get(id=account_id)
        reviews, needed = _sent_as_approved(account_id), int(value("supervised_campaigns"))
        changes = AccountStatusChange.objects.filter(account_id=account_id)
        began = (
            changes.filter(before__in=[AccountStatus.APPROVED, AccountStatus.PAUSED, AccountStatus.SUSPENDED])
            .order_by("-id")
            .first()
        )
        if began is not None:
            reviews = reviews.filter(reviewed_at__gte=began.at)
            needed = needed if began.before == AccountStatus.APPROVED else 1
        asked = AuditEntry.objects.filter(
            account_id=account_id, action="account.limits_set", details__supervised=True
        ).order_by("-id")  # fmt: skip
        last, now = asked.first(), reviews.filter(campaign_id=campaign_id)
        if last is not None:
            now = now.filter(reviewed_at__gte=last.at)
        if not account.supervised or not now.exists() or _decisions(reviews) < needed:
            return
        Account.objects.filter(id=account_id).update(supervised=False)
        audit.record(
            "account.supervision_ended",
            by=audit.machine("gate.end_supervision"),
            account_id=account_id,
            subject=f"campaign:{campaign_id}",
            details={"reviews": needed},
        )


def _decisions(reviews: QuerySet[CampaignReview]) -> int:
    rows = reviews.values_list("campaign__automation_id", "campaign_id")
    return len({(automation_id, None if automation_id else campaign_id) for automation_id, campaign_id in rows})


def _sent_as_approved(account_id: int) -> QuerySet[CampaignReview]:
    sent = Edition.objects.filter(
        campaign_id=OuterRef("campaign_id"), content_hash=OuterRef("content_hash"), campaign__started_at__isnull=False
    )
    return CampaignReview.objects.filter(Exists(sent), account_id=account_id, approved=True)
