"""Campaigns as rows of a table: numbers for many at once, never one query each."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import DeliveryState, Tally
from mailflatrate.apps.lists.models import ConversionGoal, MailingList
from mailflatrate.apps.tracking.conversion_figures import ConversionCounts, conversions_by_campaign
from mailflatrate.apps.tracking.queries import clicks_by_campaign
from mailflatrate.entrypoints.presenters.conversions import money_words
from mailflatrate.entrypoints.presenters.rates import delivered_percent
from mailflatrate.entrypoints.studio.common import TONES
from mailflatrate.rules.campaigns.campaign_states import UNCOUNTED, UNDER_WAY


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One campaign with its numbers; None where there is nothing to count yet. `goal` is the account's, if any."""

    campaign: Campaign
    tone: str
    list_names: str
    recipients: int | None
    delivered: int | None
    delivered_percent: float | None
    settled: int
    clicks: int | None
    goal: ConversionGoal | None
    conversions: ConversionCounts | None

    @property
    def revenue(self) -> str:
        return money_words(self.conversions.revenue) if self.conversions else ""

    @property
    def under_way(self) -> bool:
        return self.campaign.state in UNDER_WAY


def campaign_rows(campaigns: Sequence[Campaign]) -> list[CampaignRow]:
    ids = [campaign.id for campaign in campaigns]
    tallies: dict[int, dict[str, int]] = defaultdict(dict)
    grouped = Tally.objects.filter(campaign_id__in=ids).values("campaign_id", "state").annotate(number=Sum("count"))
    for row in grouped:
        tallies[row["campaign_id"]][row["state"]] = row["number"]
    clicks = clicks_by_campaign(ids)
    goal = ConversionGoal.objects.first()
    earned = conversions_by_campaign(ids) if goal else {}
    list_ids = {list_id for campaign in campaigns for list_id in campaign.list_ids}
    names = dict(MailingList.objects.filter(id__in=list_ids).values_list("id", "name"))
    rows = []
    for campaign in campaigns:
        tally, counted = tallies[campaign.id], campaign.state not in UNCOUNTED
        rows.append(
            CampaignRow(
                campaign=campaign,
                tone=TONES[CampaignState(campaign.state)],
                list_names=", ".join(names[list_id] for list_id in campaign.list_ids if list_id in names),
                recipients=campaign.planned_count if counted else None,
                delivered=tally.get(DeliveryState.SENT, 0) if counted else None,
                delivered_percent=delivered_percent(tally) if counted else None,
                settled=sum(number for state, number in tally.items() if state != DeliveryState.DEFERRED),
                clicks=clicks[campaign.id] if counted and campaign.track_clicks else None,
                goal=goal,
                conversions=earned.get(campaign.id) if counted else None,
            )
        )
    return rows
