"""Comments on a campaign: write, resolve, withdraw. The people concerned get an email."""

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_people
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.apps.accounts.queries import members
from mailflatrate.apps.accounts.rights import member_may
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignComment, CommentPlace
from mailflatrate.apps.campaigns.queries import release_request
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.rules.roles import Permission, may
from mailflatrate.settings import load_settings

LONGEST = 2000
MOST_COMMENTS = 500


def write_comment(
    campaign_id: int, text: str, *, by: User, about: CommentPlace = CommentPlace.WHOLE, thread_id: int | None = None
) -> CampaignComment:
    """A reply reopens a settled thread. Raises CampaignError for empty or overlong text; DoesNotExist."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise CampaignError(_("Write a comment first."))
    if len(text) > LONGEST:
        raise CampaignError(_("A comment can have up to %(most)d characters.") % {"most": LONGEST})
    campaign = Campaign.objects.select_for_update().get(id=campaign_id)
    if CampaignComment.objects.filter(campaign=campaign).count() >= MOST_COMMENTS:
        raise CampaignError(_("This campaign has reached its limit of %(most)d comments.") % {"most": MOST_COMMENTS})
    thread = CampaignComment.objects.get(id=thread_id, campaign=campaign, thread=None) if thread_id else None
    row = CampaignComment.objects.create(
        campaign=campaign,
        thread=thread,
        about=thread.about if thread else about,
        text=text,
        author=by,
        written_at=clock.now(),
    )
    if thread is not None and thread.resolved_at is not None:
        _settle(thread, None)
    facts = {
        "person": row.author,
        "campaign": campaign.name,
        "about": CommentPlace(row.about).label,
        "text": Passage(row.text),
        "url": f"{load_settings().public_url}/studio/campaigns/{campaign.id}/comments/#comment-{row.id}",
    }
    tell_people(NoticeKind.TEAM, _concerned(campaign, by), "campaigns/mail/comment", facts)
    return row


def settle_thread(comment_id: int, *, by: User, settled: bool) -> None:
    thread = CampaignComment.objects.select_for_update().get(id=comment_id, thread=None)
    _settle(thread, by if settled else None)


def take_back_comment(comment_id: int, *, by: User) -> None:
    """Authors take back their own, managers of the team any; only the text goes. Raises CampaignError."""
    row = CampaignComment.objects.select_for_update().get(id=comment_id)
    if row.deleted_at is not None:
        return
    if row.author_id != by.id and not member_may(by, Permission.TEAM):
        raise CampaignError(_("Only the author, owners and admins can delete a comment."))
    row.text, row.deleted_at, row.deleted_by = "", clock.now(), by
    row.save(update_fields=["text", "deleted_at", "deleted_by"])
    audit.record(
        "comment.deleted",
        by=audit.person(by),
        account_id=tenancy.current_account_id(),
        subject=f"campaign:{row.campaign_id}",
        details={"comment": row.id, "author": row.author_id},
    )


def _settle(thread: CampaignComment, by: User | None) -> None:
    thread.resolved_by, thread.resolved_at = by, clock.now() if by else None
    thread.save(update_fields=["resolved_by", "resolved_at"])


def _concerned(campaign: Campaign, by: User) -> list[User]:
    active = members().filter(user__is_active=True).exclude(user=by)
    people = {row.user_id: row for row in active if row.sees(campaign.named_list_ids)}
    asked = release_request(campaign.id)
    ids = {campaign.created_by_id, campaign.edited_by_id, asked.asked_by_id if asked else None}
    ids |= set(CampaignComment.objects.filter(campaign=campaign).values_list("author_id", flat=True))
    users = [row.user for user_id, row in people.items() if user_id in ids]
    return users or [row.user for row in people.values() if may(row.role, Permission.RELEASE)]
