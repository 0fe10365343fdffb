"""A campaign after its release: its figures, its upcoming waves, and the edition that was sent."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.local_time import Wave, waves_of
from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.campaigns.queries import newest_edition
from mailflatrate.apps.delivery.ab_test import decisions_of
from mailflatrate.apps.delivery.models import AbTest, DeliveryState
from mailflatrate.apps.delivery.queries import Progress, campaign_progress, waves_ahead
from mailflatrate.apps.inbound.models import FeedbackKind
from mailflatrate.apps.inbound.queries import feedback_counts
from mailflatrate.apps.tracking.counts import ClickCounts
from mailflatrate.apps.tracking.queries import clicks_by_campaign
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.rates import Rate, bounce_rate, complaint_rate, delivered_percent, percent_of
from mailflatrate.rules.campaigns.campaign_states import AWAITING


@dataclass(frozen=True, slots=True)
class LiveReport:
    progress: Progress
    feedback: dict[FeedbackKind, int]
    open_total: int
    clicks: int | None
    """Clicks by people; None if the campaign's click tracking was off."""

    @property
    def bounced_total(self) -> int:
        return self.progress.bounced_hard + self.progress.bounced_soft + self.progress.bounced_other

    @property
    def delivered_percent(self) -> float | None:
        return delivered_percent(
            {
                DeliveryState.SENT: self.progress.sent,
                DeliveryState.BOUNCED: self.bounced_total,
                DeliveryState.IN_DOUBT: self.progress.in_doubt,
            }
        )

    @property
    def results(self) -> int:
        return self.handed_over + self.progress.in_doubt

    @property
    def click_percent(self) -> float | None:
        """Return clicks by people per hundred delivered messages; None if they weren't tracked, or nothing arrived."""
        return None if self.clicks is None else percent_of(self.clicks, self.progress.sent)

    @property
    def handed_over(self) -> int:
        """Return how many messages a server accepted or refused: the basis of the rates."""
        return self.progress.sent + self.bounced_total

    @property
    def complaints(self) -> Rate:
        """Return complaints relative to delivered messages (R-86)."""
        return complaint_rate(self.feedback[FeedbackKind.COMPLAINT], self.progress.sent)

    @property
    def hard_bounces(self) -> Rate:
        """Return hard bounces relative to messages handed over (R-88)."""
        return bounce_rate(self.progress.bounced_hard, self.handed_over)

    @property
    def unsubscribed(self) -> int:
        return self.feedback[FeedbackKind.UNSUBSCRIBE]

    @property
    def unsubscribed_percent(self) -> float:
        return 100 * self.unsubscribed / self.progress.sent if self.progress.sent else 0.0


def live_of(campaign: Campaign, counts: ClickCounts | None = None) -> LiveReport:
    progress = campaign_progress(campaign.id)
    clicks = None
    if campaign.track_clicks:
        clicks = counts.people(campaign.id) if counts else clicks_by_campaign([campaign.id])[campaign.id]
    return LiveReport(
        progress=progress,
        feedback=feedback_counts(campaign.id),
        open_total=progress.pending + progress.deferred,
        clicks=clicks,
    )


def waves_context(waves: list[Wave]) -> dict[str, Any]:
    unknown = sum(wave.people - wave.known for wave in waves)
    most = max((wave.people for wave in waves), default=0)
    return {"waves": waves, "waves_most": most, "waves_unknown": unknown}


def waves_to_come(campaign: Campaign) -> list[Wave]:
    if campaign.local_at is None:
        return []
    if campaign.state in AWAITING:
        return waves_of(campaign, campaign.local_at, clock.now())
    return [Wave(at, people, people) for at, people in waves_ahead(campaign.id)]


def sent_edition(campaign: Campaign, variant: int | None = None) -> Edition | None:
    """Return the released edition, or else the newest; of variants the requested one, the winner or the first."""
    editions = {row.edition.variant: row.edition for row in decisions_of(campaign.id) if row.edition}
    if not editions:
        return newest_edition(campaign.id)
    chosen = AbTest.objects.filter(campaign_id=campaign.id).values_list("winner", flat=True).first()
    number = variant if variant is not None else chosen or 0
    return editions.get(number) or editions[min(editions)]


def goal_words(campaign: Campaign) -> str:
    if campaign.follow_up_of is None:
        return ""
    goal = campaign.follow_up_goal or {}
    name = Campaign.objects.filter(id=campaign.follow_up_of).values_list("name", flat=True).first() or ""
    if event := goal.get("event"):
        sentence = _("Follow-up to “%(name)s”: only people who got it and haven't caused the event “%(event)s” since.")
        return sentence % {"name": name, "event": event}
    if link := goal.get("link"):
        sentence = _(
            "Follow-up to “%(name)s”: only people who got it, agreed to click tracking and haven't clicked %(link)s."
        )
        return sentence % {"name": name, "link": link}
    sentence = _("Follow-up to “%(name)s”: only people who got it, agreed to click tracking and haven't clicked.")
    return sentence % {"name": name}
