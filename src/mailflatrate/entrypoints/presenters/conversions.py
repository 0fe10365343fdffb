"""A campaign's conversions and revenue as a report, a file and the API say them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.variants import all_variants
from mailflatrate.apps.lists.models import ConversionGoal
from mailflatrate.apps.tracking.conversion_figures import (
    CampaignConversions,
    ConversionCounts,
    campaign_conversions,
    conversions_by_campaign,
)
from mailflatrate.apps.tracking.conversion_goal import goal_of_account
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.language import language_name
from mailflatrate.rules.campaigns.ab_test import VARIANT_LETTERS
from mailflatrate.rules.contacts.money import Money

DAY = timedelta(days=1)
SHOWN_DAYS = 60
_SMALL = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class ConversionPart:
    label: str
    counts: ConversionCounts
    revenue: str
    follow_up_id: int | None = None


@dataclass(frozen=True, slots=True)
class ConversionReport:
    """`days`: (when each day began, its conversions, its revenue in words)."""

    goal: ConversionGoal
    found: CampaignConversions
    revenue: str
    per_delivered: str
    parts: Sequence[ConversionPart]
    chart: dict[str, Any]
    days: Sequence[tuple[datetime, ConversionCounts, str]]

    @property
    def sentences(self) -> list[str]:
        return goal_sentences(self.goal)

    @property
    def total(self) -> ConversionCounts:
        """Return the campaign's conversions, without those of its follow-up."""
        return self.found.total


def money_words(amounts: Sequence[Money]) -> str:
    """Return amounts as people read them, each currency apart; empty without any."""
    return " · ".join(f"{number_format(money.amount, force_grouping=True)} {money.currency}" for money in amounts)


def per_message(amounts: Sequence[Money], delivered: int) -> tuple[Money, ...]:
    """Return the revenue for each delivered message, with four decimals; none before the first is delivered."""
    if not delivered:
        return ()
    return tuple(Money(money.currency, (money.amount / delivered).quantize(_SMALL, ROUND_HALF_UP)) for money in amounts)


def conversion_report(campaign: Campaign, delivered: int) -> ConversionReport | None:
    """Return the conversions of a campaign that has begun; None if the account counts none."""
    goal = goal_of_account()
    if goal is None or campaign.started_at is None:
        return None
    conversions = campaign_conversions(campaign.id)
    parts = [*_texts(campaign, conversions), *_follow_up(campaign)]
    last = min(SHOWN_DAYS - 1, max((clock.now() - campaign.started_at) // DAY, max(conversions.by_day, default=0)))
    begins = [campaign.started_at + number * DAY for number in range(last + 1)]
    counts = [conversions.by_day.get(number, ConversionCounts()) for number in range(last + 1)]
    chart = {
        "times": [int(at.timestamp()) for at in begins],
        "series": [{"label": _("Conversions"), "values": [count.conversions for count in counts]}],
        "unit": "",
        "from_zero": True,
    }
    return ConversionReport(
        goal=goal,
        found=conversions,
        revenue=money_words(conversions.total.revenue),
        per_delivered=money_words(per_message(conversions.total.revenue, delivered)),
        parts=parts,
        chart=chart,
        days=[
            (at, count, money_words(count.revenue))
            for at, count in zip(begins, counts, strict=True)
            if count.conversions or count.refunds
        ],
    )


def _texts(campaign: Campaign, conversions: CampaignConversions) -> list[ConversionPart]:
    texts = all_variants(campaign)
    if len(texts) == 1:
        return []
    names = [language_name(text.language) for text in texts] if campaign.translations else list(VARIANT_LETTERS)
    counts = [conversions.by_variant.get(number, ConversionCounts()) for number in range(len(texts))]
    return [ConversionPart(name, count, money_words(count.revenue)) for name, count in zip(names, counts, strict=False)]


def _follow_up(campaign: Campaign) -> list[ConversionPart]:
    later = Campaign.objects.filter(follow_up_of=campaign.id, started_at__isnull=False).only("id", "name").first()
    if later is None:
        return []
    counts = conversions_by_campaign([later.id])[later.id]
    label = _("Follow-up: %(name)s") % {"name": later.name}
    return [ConversionPart(label, counts, money_words(counts.revenue), later.id)]


def goal_sentences(goal: ConversionGoal) -> list[str]:
    facts = {"event": goal.event_type.name, "days": goal.window_days}
    sentences = [
        _(
            "A conversion is an event “%(event)s” up to %(days)d days after the person clicked a link in the campaign. "
            "Who clicked is known only of people who agreed to that. Everyone else is left out, so the true number "
            "is higher."
        )
        % facts
    ]
    if goal.coupon_property:
        sentences.append(
            _(
                "An event that names a coupon code counts for the campaign that gave the code, without any click. Each "
                "code counts once."
            )
        )
    sentences.append(
        _(
            "Each event counts for one campaign: the one that gave the coupon code, otherwise the one that was clicked "
            "last. Events are counted half an hour after they arrive."
        )
    )
    if goal.amount_property:
        sentences.append(
            _(
                "Revenue is added up for each currency and never converted. A refund is subtracted from the campaign "
                "that the person's purchase before it counted for."
            )
        )
    sentences.append(
        _(
            "If people withdraw their consent or are erased, the numbers stay, but nothing links them to these "
            "people any longer."
        )
    )
    return sentences
