"""A/B tests and languages on the pages: the text being edited, a test's rule and status, picking the winner."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.translations import possible_languages, with_language, without_language
from mailflatrate.apps.campaigns.variants import all_variants, people_each, variant_count, with_one_more, without
from mailflatrate.apps.delivery.ab_test import by_person, choose_variant
from mailflatrate.apps.delivery.models import AbTest
from mailflatrate.apps.stats.queries import variant_figures
from mailflatrate.entrypoints.presenters.language import language_name, text_name
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import whole_number
from mailflatrate.entrypoints.ui.posts import refuse, see_other, succeed
from mailflatrate.rules.campaigns.ab_test import LEAST_CLICKS, MOST_VARIANTS, VARIANT_LETTERS
from mailflatrate.rules.limits import value as limit
from mailflatrate.rules.roles import Permission

SMALL_GROUP = 200
"""Fewer people than this for a variant hardly ever tell two of them apart."""


@dataclass(frozen=True, slots=True)
class VariantEditing:
    """`more_languages` could be added, as codes and names; `first` is the text that a translation is of."""

    campaign_id: int
    tabs: list[dict[str, Any]]
    present: int
    may_add: bool
    people_each: int
    least_clicks: int
    brake_percent: float
    is_small: bool
    more_languages: list[tuple[str, str]]
    first: Campaign

    @property
    def letter(self) -> str:
        return VARIANT_LETTERS[self.present]

    @property
    def shown(self) -> dict[str, Any]:
        return self.tabs[self.present]

    @property
    def draft_key(self) -> str:
        """Return the name under which the browser stores unsaved text; each variant and language has its own."""
        own = self.shown["language"] if self.first.translations else str(self.present)
        return f"{self.campaign_id}.{own}" if self.present else str(self.campaign_id)


def tabs_of(campaign: Campaign, present: int) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "name": text_name(campaign, number),
            "subject": text.subject,
            "active": number == present,
            "language": text.language,
            "is_written": bool(text.subject.strip() and text.content.strip()),
        }
        for number, text in enumerate(all_variants(campaign))
    ]


def asked_variant(request: StudioRequest, campaign: Campaign) -> int:
    number = whole_number((request.POST if request.method == "POST" else request.GET).get("variant"))
    return number if number < variant_count(campaign) else 0


def writing_of(campaign: Campaign, present: int, recipients: int) -> VariantEditing:
    count, group_size = variant_count(campaign), people_each(campaign, recipients)
    return VariantEditing(
        campaign_id=campaign.id,
        tabs=tabs_of(campaign, present),
        present=present,
        may_add=count < MOST_VARIANTS,
        people_each=group_size,
        least_clicks=LEAST_CLICKS,
        brake_percent=limit("unsubscribe_stop"),
        is_small=group_size < SMALL_GROUP,
        more_languages=[(code, language_name(code)) for code in possible_languages(campaign)],
        first=campaign,
    )


def change_variants(request: StudioRequest, campaign: Campaign, order: str) -> HttpResponse:
    """Apply `add:<number>`, which copies that variant, or `drop:<number>`."""
    here = reverse("studio:campaign-edit", args=[campaign.id])
    verb, _colon, text = order.partition(":")
    number = whole_number(text)
    if verb == "add":
        variants = with_one_more(campaign, number)
        try:
            changed = drafts.update_campaign(campaign.id, {"variants": variants}, by=request.user)
        except CampaignInputError as problem:
            return refuse(request, str(problem), here)
        return see_other(f"{here}?variant={len(changed.variants)}#step-content")
    if verb == "drop":
        drafts.update_campaign(campaign.id, without(campaign, number), by=request.user)
    return see_other(here)


def change_languages(request: StudioRequest, campaign: Campaign, order: str, number: int) -> HttpResponse:
    """Apply `add:<code>`, which begins with a copy of the text `number`, or `drop:<code>`."""
    here = reverse("studio:campaign-edit", args=[campaign.id])
    verb, _colon, code = order.partition(":")
    try:
        if verb == "add":
            values: dict[str, Any] = {"translations": with_language(campaign, code, number)}
        else:
            values = without_language(campaign, code) if verb == "drop" else {}
        changed = drafts.update_campaign(campaign.id, values, by=request.user)
    except CampaignInputError as problem:
        return refuse(request, str(problem), here)
    number = len(changed.translations) if verb == "add" else 0
    return see_other(f"{here}?variant={number}#step-content")


@studio(
    "POST campaigns/<int:campaign_id>/choose/",
    "campaign-choose",
    Permission.RELEASE,
    limited=True,
    logs="campaign.variant_chosen",
)
def choose(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    ab_test = AbTest.objects.filter(campaign_id=campaign.id).first()
    number, back = request.POST.get("variant", ""), reverse("studio:campaign", args=[campaign_id])
    try:
        if ab_test is None or not number.isdecimal():
            raise CampaignError(_("This variant doesn't exist."))
        choose_variant(campaign_id, by_person(whole_number(number)), variant_figures(ab_test), by=request.user)
    except CampaignError as problem:
        return refuse(request, str(problem), back)
    words = _("Variant %(letter)s goes to everyone else.")
    return succeed(request, words % {"letter": VARIANT_LETTERS[whole_number(number)]}, back)
