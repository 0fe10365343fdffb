"""Showing a draft to the operator's team while it is being written."""

from dataclasses import dataclass
from functools import partial

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignReview
from mailflatrate.apps.campaigns.queries import newest_draft_review
from mailflatrate.apps.gate import draft_review
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.ui.posts import perform
from mailflatrate.rules.roles import Permission

SHOWN = gettext_lazy("Our team will look at it. Keep writing: they'll see the draft as it is then.")
WITHDRAWN = gettext_lazy("Our team no longer has this draft.")


@dataclass(frozen=True, slots=True)
class DraftReview:
    """`answer` is the last one; `unchanged`: the draft is what the reviewer saw."""

    waits: bool
    answer: CampaignReview | None
    unchanged: bool


def draft_review_of(request: StudioRequest, campaign: Campaign, present_hash: str) -> DraftReview | None:
    """None if campaigns need no review, and for messages of automations, which are shown together."""
    if not request.account.supervised or campaign.automation_id is not None:
        return None
    answer = newest_draft_review(campaign.id)
    unchanged = answer is not None and answer.content_hash == present_hash
    return DraftReview(draft_review.waits_as_draft(campaign), answer, unchanged)


@studio(
    "POST campaigns/<int:campaign_id>/draft-review/",
    "campaign-draft-review",
    Permission.DRAFT,
    limited=True,
    logs="campaign.draft_review_asked",
)
def ask(request: StudioRequest, campaign_id: int) -> HttpResponse:
    find_campaign(campaign_id)
    withdraws = request.POST.get("withdraw") == "yes"
    act = draft_review.withdraw_draft if withdraws else draft_review.ask_draft_review
    message = str(WITHDRAWN if withdraws else SHOWN)
    here = reverse("studio:campaign-edit", args=[campaign_id])
    return perform(request, partial(act, campaign_id, by=request.user), message, here, refused=CampaignError)
