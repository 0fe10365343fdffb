"""Scoped reads of campaigns."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet, Sum

from mailflatrate.apps.accounts.models import Imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.media import WHOLE, media_url
from mailflatrate.apps.campaigns.models import (
    BrandKit,
    Campaign,
    CampaignComment,
    CampaignReview,
    CampaignState,
    CampaignTemplate,
    CampaignVersion,
    Edition,
    Media,
    MediaFile,
    ReleaseAnswer,
    ReleaseRequest,
    SavedBlock,
)
from mailflatrate.apps.campaigns.shared_blocks import shared_ids
from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.models import Contact, MailingList
from mailflatrate.apps.segments.audience import Audience
from mailflatrate.apps.segments.follow_up import FollowUp
from mailflatrate.base import clock, tenancy
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import BlockStyle
from mailflatrate.mail.identifiers.mailing_id import parse_mailing_id
from mailflatrate.rules.campaigns.campaign_states import EDITABLE, NOT_BEGUN
from mailflatrate.rules.vetting.probation import EARLY_REVIEW_DAYS

ATTRIBUTE_SAMPLE = 5_000
NEWEST_ALIKE = 3
"""How many earlier campaigns tell what is usual if there was none for 90 days (R-07)."""


def campaigns(*, state: str = "", search: str = "", label: str = "") -> QuerySet[Campaign]:
    """Newest first, without messages of automations. `search`: part of a name, a label, or a mailing ID."""
    rows = Campaign.objects.filter(automation_id=None).select_related("sender").order_by("-created_at", "-id")
    if state:
        rows = rows.filter(state=state)
    if label:
        rows = rows.filter(labels__contains=[label])
    if search:
        parsed_id = parse_mailing_id(search)
        by_id = Q(mailing_id=parsed_id) if parsed_id else Q(mailing_id__icontains=search)
        rows = rows.filter(Q(name__icontains=search) | Q(labels__contains=[search]) | by_id)
    return rows


@tenancy.read_once
def newest_imprint() -> Imprint | None:
    return Imprint.objects.order_by("-version").first()


def newest_edition(campaign_id: int) -> Edition | None:
    return Edition.objects.filter(campaign_id=campaign_id).order_by("-number").first()


def audience_lists(campaign: Campaign) -> list[MailingList]:
    """Return the campaign's lists in the chosen order, without archived ones."""
    by_id = {row.id: row for row in MailingList.objects.filter(id__in=campaign.list_ids, archived_at=None)}
    return [by_id[list_id] for list_id in campaign.list_ids if list_id in by_id]


def audience_of(campaign: Campaign) -> Audience:
    return Audience(
        list_ids=campaign.list_ids,
        conditions=campaign.conditions,
        excluded_list_ids=campaign.excluded_list_ids,
        excluded_segments=[segment["conditions"] for segment in campaign.excluded_segments],
        excluded_mailing_ids=campaign.excluded_mailing_ids,
        follow_up=_follow_up_of(campaign),
    )


def _follow_up_of(campaign: Campaign) -> FollowUp | None:
    if campaign.follow_up_of is None:
        return None
    began = Campaign.objects.filter(id=campaign.follow_up_of).values_list("started_at", flat=True).first()
    goal = campaign.follow_up_goal or {}
    return FollowUp(campaign.follow_up_of, began or clock.now(), goal.get("event", ""), goal.get("link", ""))


def attribute_names() -> frozenset[str]:
    """Return the contact attributes an author may use: the account's fields, and those of its most recent contacts."""
    return frozenset(field.key for field in fields()) | _attributes_in_use()


@tenancy.read_once
def _attributes_in_use() -> frozenset[str]:
    newest = Contact.objects.order_by("-id").values("attributes")[:ATTRIBUTE_SAMPLE]
    sql, parameters = newest.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT jsonb_object_keys(attributes) FROM ({sql}) sample",  # noqa: S608  Django's own SQL
            parameters,
        )
        return frozenset(row[0] for row in cursor.fetchall())


@dataclass(frozen=True, slots=True)
class History:
    """Messages of automations don't count as campaigns. `alike`: see `_alike`. `sent_last_day`: every message."""

    campaigns: int
    last_at: datetime | None
    sent_last_day: int
    alike: list[int]
    sender_domain_ids: frozenset[int]
    list_ids: frozenset[int]


def campaigns_sent() -> int:
    return Campaign.objects.filter(started_at__isnull=False, automation_id=None).count()


def history_before(campaign: Campaign) -> History:
    earlier = Campaign.objects.filter(started_at__isnull=False).exclude(id=campaign.id)
    pairs = earlier.values_list("list_ids", "sender__domain_id").order_by()
    campaigns = earlier.filter(automation_id=None)
    today = earlier.filter(started_at__gt=clock.now() - timedelta(days=1))
    return History(
        campaigns=campaigns.count(),
        last_at=campaigns.aggregate(at=Max("started_at"))["at"],
        sent_last_day=today.aggregate(people=Sum("planned_count"))["people"] or 0,
        alike=_alike(campaign, earlier),
        sender_domain_ids=frozenset(domain_id for _ids, domain_id in pairs if domain_id is not None),
        list_ids=frozenset(list_id for ids, _domain_id in pairs for list_id in ids),
    )


def _alike(campaign: Campaign, earlier: QuerySet[Campaign]) -> list[int]:
    """Recipients of earlier campaigns of its kind (to whole lists, or to a part), of 90 days, or else the newest. If
    there are none of the kind, all count; those that reached no one tell nothing.
    """
    reached = earlier.filter(planned_count__gt=0, automation_id=None)
    kinds = [reached.filter(_WHOLE) if _is_whole(campaign) else reached.exclude(_WHOLE), reached]
    since = clock.now() - timedelta(days=90)
    for rows in (kind.order_by("-started_at").values_list("planned_count", flat=True) for kind in kinds):
        if alike := list(rows.filter(started_at__gt=since)) or list(rows[:NEWEST_ALIKE]):
            return alike
    return []


_NARROWING = ("conditions", "excluded_list_ids", "excluded_segments", "excluded_mailing_ids")
_WHOLE = Q(follow_up_of=None, **{name: [] for name in _NARROWING})


def _is_whole(campaign: Campaign) -> bool:
    return campaign.follow_up_of is None and not any(getattr(campaign, name) for name in _NARROWING)


def approved_review(campaign_id: int, content_hash: str) -> CampaignReview | None:
    """The newest review of exactly this content, if it approved. One of a draft counts for a week, for its findings."""
    newest = CampaignReview.objects.filter(campaign_id=campaign_id, content_hash=content_hash).order_by("-id").first()
    if newest is None or not newest.approved:
        return None
    return None if newest.early and newest.reviewed_at < clock.now() - timedelta(days=EARLY_REVIEW_DAYS) else newest


def release_request(campaign_id: int) -> ReleaseRequest | None:
    requests = ReleaseRequest.objects.filter(campaign_id=campaign_id, answer=ReleaseAnswer.OPEN)
    return requests.select_related("asked_by").first()


def request_sent_back(campaign_id: int) -> ReleaseRequest | None:
    requests = ReleaseRequest.objects.filter(campaign_id=campaign_id).select_related("asked_by", "answered_by")
    newest = requests.order_by("-id").first()
    return newest if newest is not None and newest.answer == ReleaseAnswer.SENT_BACK else None


def second_release(campaign: Campaign, content_hash: str) -> ReleaseRequest | None:
    """Return a second person's release of exactly this content, unless that person is the last editor."""
    requests = ReleaseRequest.objects.filter(
        campaign=campaign, content_hash=content_hash, answer=ReleaseAnswer.RELEASED
    ).select_related("asked_by", "answered_by")
    return next((row for row in requests.order_by("-id") if row.answered_by_id != campaign.edited_by_id), None)


def waiting_requests(user_id: int) -> list[ReleaseRequest]:
    """Return the requests, oldest first, that this person could approve."""
    requests = ReleaseRequest.objects.filter(answer=ReleaseAnswer.OPEN, campaign__state=CampaignState.DRAFT)
    requests = requests.exclude(asked_by_id=user_id).select_related("campaign", "asked_by").order_by("id")
    return [row for row in requests[:20] if row.campaign.edited_by_id != user_id]


def may_approve(campaign: Campaign, request: ReleaseRequest, user_id: int) -> bool:
    """Neither the requester nor the last editor may; they must already be allowed to write."""
    return user_id not in (request.asked_by_id, campaign.edited_by_id)


def campaigns_to_review() -> QuerySet[Campaign]:
    early = Q(state=CampaignState.DRAFT, review_asked_at__isnull=False)
    return Campaign.objects.filter(Q(state=CampaignState.REVIEW) | early)


def newest_draft_review(campaign_id: int) -> CampaignReview | None:
    return CampaignReview.objects.filter(campaign_id=campaign_id, early=True).order_by("-id").first()


def sent_back(campaign_id: int) -> CampaignReview | None:
    newest = CampaignReview.objects.filter(campaign_id=campaign_id).order_by("-id").first()
    return newest if newest is not None and not newest.approved else None


@dataclass(frozen=True, slots=True)
class MediaUse:
    """`is_out`: in a campaign that is no longer a draft. `kind`: campaign, template, block or brand."""

    kind: str
    id: int
    name: str
    is_out: bool = False


def media(*, search: str = "", folder: str = "") -> QuerySet[Media]:
    rows = Media.objects.order_by("-id")
    if folder:
        rows = rows.filter(folder=folder)
    return rows.filter(name__icontains=search) | rows.filter(alt__icontains=search) if search else rows


def media_folders() -> list[tuple[str, int]]:
    rows = Media.objects.exclude(folder="").values("folder").annotate(count=Count("id")).order_by("folder")
    return [(row["folder"], row["count"]) for row in rows]


def media_octets() -> int:
    return Media.objects.aggregate(whole=Sum("octets"))["whole"] or 0


def media_uses(media_id: int) -> list[MediaUse]:
    campaigns = Campaign.objects.filter(media_ids__contains=[media_id]).order_by("-id")
    uses = [MediaUse("campaign", row.id, row.name, row.state not in EDITABLE) for row in campaigns]
    templates = CampaignTemplate.objects.filter(media_ids__contains=[media_id]).order_by("name")
    uses += [MediaUse("template", row.id, row.name) for row in templates]
    blocks = SavedBlock.objects.filter(media_ids__contains=[media_id]).order_by("name")
    uses += [MediaUse("block", row.id, row.name) for row in blocks]
    uses += [
        MediaUse("brand", row.id, "") for row in BrandKit.objects.filter(Q(logo_id=media_id) | Q(logo_dark_id=media_id))
    ]
    return uses


def saved_blocks() -> QuerySet[SavedBlock]:
    return SavedBlock.objects.order_by("name")


def uses_of_blocks() -> dict[int, list[Campaign]]:
    """Return the campaigns that name a shared row and aren't being sent yet, oldest first, by the row's ID."""
    rows = Campaign.objects.filter(state__in=NOT_BEGUN).order_by("id")
    uses: dict[int, list[Campaign]] = {}
    for row in rows.filter(Q(content__contains="<mj-include") | ~Q(variants=[]) | ~Q(translations=[])):
        further = [version["content"] for version in (*row.variants, *row.translations)]
        for block_id in shared_ids("\n".join([row.content, *further])):
            uses.setdefault(block_id, []).append(row)
    return uses


def templates(*, search: str = "") -> QuerySet[CampaignTemplate]:
    rows = CampaignTemplate.objects.order_by("name")
    return rows.filter(Q(name__icontains=search) | Q(subject__icontains=search)) if search else rows


@tenancy.read_once
def brand_kit() -> BrandKit | None:
    return BrandKit.objects.select_related("logo", "logo_dark").first()


def brand_style() -> BrandStyle:
    kit = brand_kit()
    if kit is None:
        brand = BrandStyle(primary=current_account().colour)
        return BrandStyle(primary=brand.primary, imprint=BlockStyle(background_color=brand.page))
    logo, dark = _logo_file(kit.logo), _logo_file(kit.logo_dark)
    return BrandStyle(
        primary=kit.primary, ink=kit.ink, sheet=kit.sheet, page=kit.page, heading_font=kit.heading_font,
        body_font=kit.body_font, logo_url=media_url(kit.logo, WHOLE, logo.ending) if kit.logo and logo else "",
        logo_width=logo.width // 2 if logo else 0, imprint=BlockStyle(kit.imprint_ink, kit.imprint_ground),
        dark_logo_url=media_url(kit.logo_dark, WHOLE, dark.ending) if kit.logo_dark and dark else "",
        dark_logo_width=dark.width // 2 if dark else 0, button_shape=kit.button_shape, link_style=kit.link_style,
    )  # fmt: skip


def _logo_file(logo: Media | None) -> MediaFile | None:
    return MediaFile.objects.filter(media=logo, slot=WHOLE).first() if logo else None


@dataclass(frozen=True, slots=True)
class Thread:
    first: CampaignComment
    answers: list[CampaignComment]


def comment_threads(campaign_id: int) -> list[Thread]:
    rows = CampaignComment.objects.filter(campaign_id=campaign_id).order_by("id")
    threads: dict[int, Thread] = {}
    for row in rows.select_related("author", "deleted_by", "resolved_by"):
        if row.thread_id is None:
            threads[row.id] = Thread(row, [])
        else:
            threads[row.thread_id].answers.append(row)
    return list(threads.values())


def versions(campaign_id: int) -> QuerySet[CampaignVersion]:
    """Return the history of a draft, newest first; set-aside content appears at the time it was saved."""
    return (
        CampaignVersion.objects.filter(campaign_id=campaign_id).select_related("saved_by").order_by("-saved_at", "-id")
    )
