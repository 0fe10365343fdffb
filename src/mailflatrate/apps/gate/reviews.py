"""Review of a campaign by an operator before it is sent (R-06, R-07)."""

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.apps.campaigns import states
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignReview, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.campaigns.recipients import count_recipients
from mailflatrate.apps.gate import actions as gate
from mailflatrate.apps.gate.draft_review import waits_as_draft
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.campaigns.campaign_states import CampaignMover
from mailflatrate.settings import load_settings


def review_campaign(
    account_id: int,
    campaign_id: int,
    *,
    approved: bool,
    by: User,
    shown_hash: str,
    text: str = "",
    note: str = "",
    tells: bool = True,
    shown_people: int | None = None,
) -> None:
    """`shown_hash`: the content that the reviewer saw. An approved campaign passes the gate once more and is sent, now
    or when due; an approved draft remains one, and the approval counts for exactly this content, its findings and
    `shown_people`. `tells`: the customer gets a notice, with `text`. Raises CampaignError.
    """
    if not (by.is_staff and by.is_active):
        raise CampaignError(_("Only the operator's team can review a campaign."))
    if not approved and not text.strip():
        raise CampaignError(_("Give the reason. The customer will read it."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        with tenancy.account(account_id):
            campaign = states.locked(campaign_id)
            present = content_hash(campaign, newest_imprint())
            early = waits_as_draft(campaign)
            review = _review_of(campaign, present, shown_people, early=early)
        if campaign.state != CampaignState.REVIEW and not early:
            raise CampaignError(_("This campaign is no longer waiting for review."))
        if present != shown_hash:
            raise CampaignError(_("The campaign or its imprint has changed in the meantime. Review it again."))
        review.approved, review.reviewed_by, review.reviewed_at = approved, by, clock.now()
        review.text, review.note = text.strip(), note.strip()
        review.save(force_insert=True)
        audit.record(
            "campaign.approved" if approved else "campaign.sent_back",
            by=audit.person(by),
            account_id=account_id,
            subject=f"campaign:{campaign.id}",
            reason=text.strip(),
            details={"hash": present, "why": review.why},
        )
        with tenancy.account(account_id):
            goes = not early and _carry_out(campaign, review)
        if early:
            Campaign.objects.filter(id=campaign.id).update(review_asked_at=None)
        if tells:
            _tell(campaign, review, goes=goes)


def _tell(campaign: Campaign, review: CampaignReview, *, goes: bool) -> None:
    facts = {
        "campaign": campaign.name,
        "early": review.early,
        "approved": review.approved,
        "goes": goes,
        "reason": Passage(review.text),
        "url": f"{load_settings().public_url}/studio/campaigns/{campaign.id}/",
    }
    tell_owners(campaign.account_id, NoticeKind.ACCOUNT_STATUS, "gate/mail/reviewed", facts)


def _review_of(campaign: Campaign, content: str, people: int | None, *, early: bool) -> CampaignReview:
    present = count_recipients(campaign).recipients
    return CampaignReview(
        account_id=campaign.account_id, campaign=campaign, content_hash=content, early=early,
        asked_at=campaign.review_asked_at, why=_reasons(campaign, early=early), seen=drafts.values_of(campaign),
        recipients=present if people is None else min(people, present),
    )  # fmt: skip


def _reasons(campaign: Campaign, *, early: bool) -> list[dict[str, object]]:
    if early:
        findings = [remark.as_json() for remark in gate.check_campaign(campaign.id)]
    else:
        newest = campaign.decisions.order_by("-id").first()
        findings = newest.findings if newest else []
    return [finding for finding in findings if not finding["passed"] and finding["severity"] == "review"]


def _carry_out(campaign: states.LockedCampaign, review: CampaignReview) -> bool:
    """Apply a review. True if the campaign is sent; False if it returned to draft: rejected, or another rule failed."""
    if not review.approved:
        drafts.return_to_draft(campaign, CampaignMover.OPERATOR, reason=review.text)
        return False
    if gate.release_reviewed(campaign).allowed:
        return True
    drafts.return_to_draft(campaign, CampaignMover.OPERATOR, reason=_("One of the checks is open again."))
    return False
